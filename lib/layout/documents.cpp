#include "layout/documents.h"

#include <algorithm>

#include "base/limits.h"
#include "base/try.h"
#include "oci/manifest.h"
#include "oci/media_type.h"
#include "oci/parsed.h"

namespace hallmark::layout {
namespace {

// What a value takes, in time and memory, beside its bytes: "a":"" has six.
constexpr std::uint64_t kValueBytes = 64;

Result<Card> card_in(const base::Json& json, const Digest& digest, std::uint64_t size) {
  HM_TRY(const oci::Look look, oci::look_at(base::JsonReader(json, "manifest"), {}));
  Card card{{look.media_type, digest, size, look.artifact_type}, std::nullopt};
  if (oci::media_type::is_manifest(look.media_type)) {
    HM_TRY(oci::Manifest manifest, oci::manifest_in(base::JsonReader(json, "manifest"), {}));
    if (card.descriptor.artifact_type.empty()) card.descriptor.artifact_type = manifest.config.media_type;
    card.descriptor.annotations = std::move(manifest.annotations);
    if (manifest.subject) card.subject = manifest.subject->digest;
  } else if (oci::media_type::is_index(look.media_type)) {
    HM_TRY(oci::Index index, oci::index_in(base::JsonReader(json, "index"), {}));
    card.descriptor.annotations = std::move(index.annotations);
    if (index.subject) card.subject = index.subject->digest;
  }
  // Nobody asks for the card of what refers to nothing but to learn just that.
  if (!card.subject) card.descriptor.annotations.clear();
  return card;
}

}  // namespace

bool is_document(std::string_view type) {
  return oci::media_type::is_manifest(type) || oci::media_type::is_index(type);
}

Result<Region> Documents::region(const Digest& digest) const {
  HM_DO(time_->expect_left(name_));
  HM_TRY(const std::optional<Region> region, place_.blob(digest));
  if (!region) return fail(Outcome::not_found, named(digest) + ": no such manifest");
  return *region;
}

Result<Content> Documents::load(const Region& region, const Digest& digest, std::string_view media_type) const {
  HM_TRY(Bytes bytes, read_whole(region, named(digest), limits::manifest_bytes));
  const auto size = bytes.size();
  return Content{{std::string(media_type), digest, size}, std::move(bytes)};
}

Result<void> Documents::expect_same(const Content& content) const {
  if (content.descriptor.digest.matches(content.bytes)) return {};
  return fail(Outcome::malformed, named(content.descriptor.digest) + " holds other bytes");
}

Result<Content> Documents::read(const Digest& digest, std::string_view media_type) const {
  HM_TRY(const Region found, region(digest));
  return load(found, digest, media_type);
}

Result<Content> Documents::read_checked(const Digest& digest, std::string_view media_type) const {
  HM_TRY(Content content, read(digest, media_type));
  HM_DO(expect_same(content));
  return content;
}

Result<void> Documents::count(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  looked_through_ += bytes;
  if (looked_through_ <= limits::listed_bytes) return {};
  return fail(Outcome::malformed, name_ + ": the manifests to be looked through take more than " +
                                      std::to_string(limits::listed_bytes >> 20) + " MiB together");
}

// Counted before it is read, so that what is too much is not read at all.
Result<Content> Documents::look_through(const Region& region, const Digest& digest, std::string_view media_type) {
  if (region.size <= limits::manifest_bytes) HM_DO(count(region.size));
  HM_TRY(Content content, load(region, digest, media_type));
  HM_DO(expect_same(content));
  return content;
}

Documents::Shared Documents::known(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  const auto found = cards_.find(digest);
  return found == cards_.end() ? nullptr : found->second;
}

Result<void> Documents::count_values(const Content& content) {
  return count(kValueBytes * static_cast<std::uint64_t>(std::ranges::count(content.bytes, std::uint8_t{','})));
}

Result<base::Json> Documents::parse(const Content& content, const std::string& what) {
  HM_DO(count_values(content));
  return base::Json::parse(content.bytes, what);
}

Documents::Shared Documents::keep(Card card) {
  auto shared = std::make_shared<const Card>(std::move(card));
  const std::lock_guard lock(mutex_);
  return cards_.emplace(shared->descriptor.digest, shared).first->second;
}

Result<std::shared_ptr<const Card>> Documents::card(const Digest& digest) {
  if (auto card = known(digest)) return card;
  HM_TRY(const Region found, region(digest));
  HM_TRY(const Content content, look_through(found, digest, {}));
  HM_TRY(const base::Json json, parse(content, "manifest"));
  HM_TRY(Card card, card_in(json, digest, found.size));
  return keep(std::move(card));
}

Result<std::shared_ptr<const Card>> Documents::card_of_blob(const Digest& digest) {
  if (auto card = known(digest)) return card;
  HM_TRY(const Region found, region(digest));
  if (found.size > limits::payload_bytes) return nullptr;
  HM_TRY(const Content content, load(found, digest, {}));
  if (as_text(content.bytes).find("\"subject\"") == std::string_view::npos) return nullptr;  // a layer, a config
  HM_DO(count(found.size));
  HM_DO(count_values(content));
  const auto json = base::Json::parse(content.bytes, "manifest");
  if (!json) return nullptr;
  const auto look = oci::look_at(base::JsonReader(*json, "manifest"), {});
  if (!look || !is_document(look->media_type)) return nullptr;
  HM_DO(expect_same(content));
  HM_TRY(Card card, card_in(*json, digest, found.size));
  return keep(std::move(card));
}

Result<std::vector<Descriptor>> Documents::listing(const Descriptor& index) {
  HM_TRY(const Region found, region(index.digest));
  HM_TRY(const Content content, look_through(found, index.digest, index.media_type));
  HM_TRY(const base::Json json, parse(content, "index"));
  HM_TRY(oci::Index parsed, oci::index_in(base::JsonReader(json, "index"), index.media_type));
  return std::move(parsed.manifests);
}

}  // namespace hallmark::layout
