#include "layout/catalogue.h"

#include <algorithm>

#include "base/limits.h"
#include "base/try.h"
#include "hallmark/content_store.h"
#include "hallmark/reference.h"
#include "oci/manifest.h"
#include "oci/media_type.h"

namespace hallmark::layout {
namespace {

constexpr std::string_view kRefName = "org.opencontainers.image.ref.name";
constexpr std::string_view kContainerdName = "io.containerd.image.name";
constexpr std::string_view kCosignKind = "kind";
constexpr std::string_view kCosignPrefix = "dev.cosignproject.cosign/";

std::string_view annotation(const Descriptor& entry, std::string_view key) {
  const auto found = entry.annotations.find(std::string(key));
  return found == entry.annotations.end() ? std::string_view{} : std::string_view(found->second);
}

// "sigs", "atts", "image", "imageIndex"; empty where cosign did not write the entry.
std::string_view cosign_kind(const Descriptor& entry) {
  const auto kind = annotation(entry, kCosignKind);
  return kind.starts_with(kCosignPrefix) ? kind.substr(kCosignPrefix.size()) : std::string_view{};
}

// cosign gives the signatures the name of the image; their tag is another.
bool is_cosign_companion(const Descriptor& entry) {
  const auto kind = cosign_kind(entry);
  return kind == "sigs" || kind == "atts";
}

// The tag at the end of "registry.example/app:1.4", with or without a digest behind it; empty where there is none.
std::string_view tag_of_reference(std::string_view name) {
  name = name.substr(0, name.find('@'));
  const auto colon = name.rfind(':');
  if (colon == std::string_view::npos || name.find('/', colon) != std::string_view::npos) return {};
  const auto tag = name.substr(colon + 1);
  return is_tag(tag) ? tag : std::string_view{};
}

std::string_view tag_of_name(std::string_view name) { return is_tag(name) ? name : tag_of_reference(name); }

// How closely a tag fits an entry: 3 its very name, 2 the end of its name, 1 containerd's name, 0 not at all.
int fit(const Descriptor& entry, std::string_view tag) {
  if (is_cosign_companion(entry)) return 0;
  const auto name = annotation(entry, kRefName);
  if (name == tag) return 3;
  if (tag_of_reference(name) == tag) return 2;
  return tag_of_reference(annotation(entry, kContainerdName)) == tag ? 1 : 0;
}

}  // namespace

Result<Catalogue> Catalogue::parse(BytesView bytes, const std::string& what) {
  Catalogue catalogue;
  catalogue.what_ = what;
  const Content content{{std::string(oci::media_type::kIndex), Digest::of(bytes), bytes.size()},
                        Bytes(bytes.begin(), bytes.end())};
  auto index = oci::Index::parse(content);
  if (!index) return fail(index.error().within(what));
  HM_TRY(catalogue.document_, base::Json::parse(bytes, what));
  if (const auto* entries = catalogue.document_.find("manifests"); entries->is_array()) {
    catalogue.raw_ = *entries->as_array();
  }
  catalogue.entries_ = std::move(index->manifests);
  return catalogue;
}

Result<std::optional<Descriptor>> Catalogue::find(std::string_view tag) const {
  const Descriptor* best = nullptr;
  int best_fit = 0;
  bool tie = false;
  for (const auto& entry : entries_) {
    const int here = fit(entry, tag);
    if (here == 0 || here < best_fit) continue;
    tie = here == best_fit && (tie || entry.digest != best->digest);
    if (here > best_fit) best = &entry;
    best_fit = here;
  }
  if (tie) {
    return fail(Error(Outcome::malformed, what_ + ": the tag " + std::string(tag) + " names several manifests")
                    .with_hint("name the one you mean by its digest"));
  }
  if (best != nullptr) return *best;
  return cosign_entry(tag);
}

// `cosign save` lists the manifests of `sha256-<hex>.sig` and `.att` under the image's name, marked by their kind.
std::optional<Descriptor> Catalogue::cosign_entry(std::string_view tag) const {
  const auto dot = tag.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view kind = tag.substr(dot) == ".sig" ? "sigs" : tag.substr(dot) == ".att" ? "atts" : "";
  if (kind.empty()) return std::nullopt;  // every other entry has no kind, too
  for (const auto& image : entries_) {
    if (image.digest.tag() != tag.substr(0, dot) || is_cosign_companion(image)) continue;
    for (const auto& entry : entries_) {
      if (cosign_kind(entry) == kind && annotation(entry, kRefName) == annotation(image, kRefName)) return entry;
    }
  }
  return std::nullopt;
}

std::vector<std::string> Catalogue::tags() const {
  std::set<std::string> tags;
  for (const auto& entry : entries_) {
    if (is_cosign_companion(entry)) continue;
    auto tag = tag_of_name(annotation(entry, kRefName));
    if (tag.empty()) tag = tag_of_reference(annotation(entry, kContainerdName));
    if (!tag.empty()) tags.emplace(tag);
  }
  return {tags.begin(), tags.end()};
}

bool Catalogue::lists(const Digest& digest) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Descriptor& entry) { return entry.digest == digest; });
}

bool Catalogue::made_by_cosign() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Descriptor& entry) { return !cosign_kind(entry).empty(); });
}

void Catalogue::erase(std::size_t position) {
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(position));
  raw_.erase(raw_.begin() + static_cast<std::ptrdiff_t>(position));
}

void Catalogue::set_tag(const Descriptor& descriptor, std::string_view tag) {
  for (std::size_t i = entries_.size(); i-- > 0;) {
    const bool named = fit(entries_[i], tag) > 0;
    const bool bare = entries_[i].digest == descriptor.digest && annotation(entries_[i], kRefName).empty() &&
                      annotation(entries_[i], kContainerdName).empty();
    if (named || bare) erase(i);
  }
  Descriptor entry = descriptor;
  entry.annotations[std::string(kRefName)] = tag;
  raw_.push_back(oci::to_json(entry));
  entries_.push_back(std::move(entry));
}

void Catalogue::add(const Descriptor& descriptor) {
  if (lists(descriptor.digest)) return;
  raw_.push_back(oci::to_json(descriptor));
  entries_.push_back(descriptor);
}

void Catalogue::drop_unnamed(const std::set<Digest>& digests) {
  for (std::size_t i = entries_.size(); i-- > 0;) {
    const bool bare = annotation(entries_[i], kRefName).empty() && annotation(entries_[i], kContainerdName).empty();
    if (bare && digests.contains(entries_[i].digest)) erase(i);
  }
}

Result<std::string> Catalogue::dump() const {
  base::Json document = document_;
  document.set("manifests", raw_);
  std::string text = document.dump();
  if (entries_.size() <= limits::index_manifests && text.size() <= limits::manifest_bytes) return text;
  return fail(Outcome::usage, what_ + ": more than " + std::to_string(limits::index_manifests) +
                                  " manifests, or 4 MiB, do not fit into one layout");
}

}  // namespace hallmark::layout
