#include "layout/catalogue.h"

#include <algorithm>

#include "base/limits.h"
#include "base/try.h"
#include "hallmark/content_store.h"
#include "hallmark/reference.h"
#include "oci/manifest.h"
#include "oci/media_type.h"
#include "oci/parsed.h"

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

bool is_bare(const Descriptor& entry) {
  return annotation(entry, kRefName).empty() && annotation(entry, kContainerdName).empty();
}

std::string_view tag_of_name(std::string_view name) { return is_tag(name) ? name : tag_of_reference(name); }

// How closely a tag fits an entry.
constexpr int kContainerd = 1;  // the end of containerd's name
constexpr int kEndOfName = 2;
constexpr int kVeryName = 3;

bool fits(const Descriptor& entry, std::string_view tag) {
  if (is_cosign_companion(entry)) return false;
  const auto name = annotation(entry, kRefName);
  return name == tag || tag_of_reference(name) == tag || tag_of_reference(annotation(entry, kContainerdName)) == tag;
}

std::string joined(const std::vector<std::string>& tags) {
  std::string text;
  for (const auto& tag : tags) {
    if (is_companion_tag(tag)) continue;
    if (text.size() > 500) return text + ", …";
    text += (text.empty() ? "" : ", ") + tag;
  }
  return text.empty() ? "none" : text;
}

}  // namespace

bool is_companion_tag(std::string_view tag) {
  const auto dash = tag.find('-');
  if (dash == std::string_view::npos) return false;
  const auto hex = tag.substr(dash + 1, tag.find('.') == std::string_view::npos ? tag.npos : tag.find('.') - dash - 1);
  return Digest::parse(std::string(tag.substr(0, dash)) + ":" + std::string(hex)).has_value();
}

Result<Catalogue> Catalogue::parse(BytesView bytes, const std::string& what) {
  HM_TRY(const base::Json document, base::Json::parse(bytes, what));
  return of(document, what);
}

Result<Catalogue> Catalogue::of(const base::Json& document, const std::string& what) {
  auto index = oci::index_in(base::JsonReader(document, "index"), oci::media_type::kIndex);
  if (!index) return fail(index.error().within(what));
  Catalogue catalogue;
  catalogue.what_ = what;
  catalogue.entries_ = std::move(index->manifests);
  catalogue.look_up();
  return catalogue;
}

void Catalogue::name(std::string_view tag, std::size_t entry, int fit) {
  if (tag.empty()) return;
  const auto [known, fresh] = by_tag_.try_emplace(std::string(tag), Named{entry, fit});
  Named& best = known->second;
  if (fresh || fit < best.fit) return;
  if (fit > best.fit) {
    best = {entry, fit};
  } else if (entries_[entry].digest != entries_[best.entry].digest) {
    best.tie = true;
  }
}

void Catalogue::look_up() {
  by_tag_.clear();
  by_digest_.clear();
  by_kind_.clear();
  std::set<std::string> tags;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Descriptor& entry = entries_[i];
    by_digest_[entry.digest].push_back(i);
    const auto ref_name = annotation(entry, kRefName);
    if (const auto kind = cosign_kind(entry); !kind.empty())
      by_kind_.try_emplace({std::string(kind), std::string(ref_name)}, i);
    if (is_cosign_companion(entry)) continue;
    const auto containerd_tag = tag_of_reference(annotation(entry, kContainerdName));
    name(ref_name, i, kVeryName);
    name(tag_of_reference(ref_name), i, kEndOfName);
    name(containerd_tag, i, kContainerd);
    auto tag = tag_of_name(ref_name);
    if (tag.empty()) tag = containerd_tag;
    if (!tag.empty()) tags.emplace(tag);
  }
  tags_.assign(tags.begin(), tags.end());
  image_tags_ = joined(tags_);
}

Result<const Descriptor*> Catalogue::find(std::string_view tag) const {
  const auto named = by_tag_.find(tag);
  if (named == by_tag_.end()) return cosign_entry(tag);
  if (!named->second.tie) return &entries_[named->second.entry];
  return fail(Error(Outcome::malformed, what_ + ": the tag " + std::string(tag) + " names several manifests")
                  .with_hint("name the one you mean by its digest"));
}

// `cosign save` lists the manifests of `sha256-<hex>.sig` and `.att` under the image's name, marked by their kind.
const Descriptor* Catalogue::cosign_entry(std::string_view tag) const {
  const auto dot = tag.rfind('.');
  const auto dash = tag.find('-');
  if (by_kind_.empty() || dot == std::string_view::npos || dash > dot) return nullptr;
  const std::string kind = tag.substr(dot) == ".sig" ? "sigs" : tag.substr(dot) == ".att" ? "atts" : "";
  const auto image =
      Digest::parse(std::string(tag.substr(0, dash)) + ":" + std::string(tag.substr(dash + 1, dot - dash - 1)));
  const auto images = image ? by_digest_.find(*image) : by_digest_.end();
  if (kind.empty() || images == by_digest_.end()) return nullptr;
  for (const auto position : images->second) {
    const Descriptor& entry = entries_[position];
    if (is_cosign_companion(entry)) continue;
    const auto found = by_kind_.find({kind, std::string(annotation(entry, kRefName))});
    if (found != by_kind_.end()) return &entries_[found->second];
  }
  return nullptr;
}

Result<EditableCatalogue> EditableCatalogue::parse(BytesView bytes, const std::string& what) {
  HM_TRY(base::Json document, base::Json::parse(bytes, what));
  HM_TRY(Catalogue parsed, of(document, what));
  EditableCatalogue catalogue(std::move(parsed));
  catalogue.document_ = std::move(document);
  if (const auto* entries = catalogue.document_.find("manifests"); entries->is_array()) {
    catalogue.raw_ = *entries->as_array();
  }
  return catalogue;
}

void EditableCatalogue::erase(std::size_t position) {
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(position));
  raw_.erase(raw_.begin() + static_cast<std::ptrdiff_t>(position));
}

void EditableCatalogue::set_tag(const Descriptor& descriptor, std::string_view tag) {
  for (std::size_t i = entries_.size(); i-- > 0;) {
    const bool named = fits(entries_[i], tag);
    if (named || (entries_[i].digest == descriptor.digest && is_bare(entries_[i]))) erase(i);
  }
  Descriptor entry = descriptor;
  entry.annotations[std::string(kRefName)] = tag;
  raw_.push_back(oci::to_json(entry));
  entries_.push_back(std::move(entry));
  look_up();
}

void EditableCatalogue::add(const Descriptor& descriptor) {
  if (lists(descriptor.digest)) return;
  raw_.push_back(oci::to_json(descriptor));
  entries_.push_back(descriptor);
  look_up();
}

void EditableCatalogue::drop_unnamed(const std::set<Digest>& digests) {
  for (std::size_t i = entries_.size(); i-- > 0;) {
    if (is_bare(entries_[i]) && digests.contains(entries_[i].digest)) erase(i);
  }
  look_up();
}

Result<std::string> EditableCatalogue::dump() const {
  base::Json document = document_;
  document.set("manifests", raw_);
  std::string text = document.dump();
  if (entries_.size() <= limits::index_manifests && text.size() <= limits::manifest_bytes) return text;
  return fail(Outcome::usage, what() + ": more than " + std::to_string(limits::index_manifests) +
                                  " manifests, or 4 MiB, do not fit into one layout");
}

}  // namespace hallmark::layout
