#include "layout/image_layout.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "hallmark/reference.h"
#include "oci/manifest.h"
#include "oci/media_type.h"

namespace hallmark::layout {
namespace {

bool is_document(std::string_view type) {
  return oci::media_type::is_manifest(type) || oci::media_type::is_index(type);
}

// Tags of signatures and of referrers are no images: sha256-<hex>, sha256-<hex>.sig.
bool is_companion_tag(std::string_view tag) {
  const auto dash = tag.find('-');
  if (dash == std::string_view::npos) return false;
  const auto hex = tag.substr(dash + 1, tag.find('.') == std::string_view::npos ? tag.npos : tag.find('.') - dash - 1);
  return Digest::parse(std::string(tag.substr(0, dash)) + ":" + std::string(hex)).has_value();
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

Result<Catalogue> ImageLayout::catalogue() const {
  HM_TRY(const Bytes bytes, place_.index());
  return Catalogue::parse(bytes, name_ + ": index.json");
}

Result<bool> ImageLayout::has_manifest(const Digest& digest) const {
  HM_TRY(const std::optional<Region> region, place_.blob(digest));
  return region.has_value();
}

Result<bool> ImageLayout::has_blob(const Descriptor& descriptor) const {
  HM_TRY(const std::optional<Region> region, place_.blob(descriptor.digest));
  return region && region->size == descriptor.size;
}

Result<Content> ImageLayout::read(const Digest& digest, std::string_view media_type) const {
  HM_TRY(const std::optional<Region> region, place_.blob(digest));
  const auto what = name_ + "@" + digest.text();
  if (!region) return fail(Outcome::not_found, what + ": no such manifest");
  HM_TRY(Bytes bytes, read_whole(*region, what, limits::manifest_bytes));
  const auto size = bytes.size();
  return Content{{std::string(media_type), digest, size}, std::move(bytes)};
}

Result<Descriptor> ImageLayout::read_descriptor(std::string_view tag) const {
  HM_TRY(const Catalogue listed, catalogue());
  HM_TRY(std::optional<Descriptor> found, listed.find(tag));
  if (found) return *std::move(found);
  return fail(Outcome::not_found,
              name_ + ": no such tag: " + base::printable(tag) + "; there are: " + joined(listed.tags()));
}

Result<Content> ImageLayout::read_manifest(std::string_view tag_or_digest) const {
  if (const auto digest = Digest::parse(tag_or_digest)) return read(*digest, {});
  HM_TRY(const Descriptor entry, read_descriptor(tag_or_digest));
  HM_TRY(Content content, read(entry.digest, entry.media_type));
  if (content.bytes.size() == entry.size) return content;
  return fail(Outcome::malformed, name_ + "@" + entry.digest.text() + " has " + std::to_string(content.bytes.size()) +
                                      " bytes, index.json says " + std::to_string(entry.size));
}

Result<void> ImageLayout::read_blob(const Descriptor& descriptor, const BlobSink& sink) const {
  HM_TRY(const std::optional<Region> region, place_.blob(descriptor.digest));
  const auto what = name_ + "@" + descriptor.digest.text();
  if (!region) return fail(Outcome::not_found, what + ": no such blob");
  return stream(*region, what, sink);
}

// An archive packs thousands of manifests of 4 MiB into little.
Result<void> ImageLayout::count(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  cards_bytes_ += bytes;
  if (cards_bytes_ <= limits::listed_bytes) return {};
  return fail(Outcome::malformed, name_ + ": the manifests it lists have more than " +
                                      std::to_string(limits::listed_bytes >> 20) + " MiB together");
}

Result<std::shared_ptr<const ImageLayout::Card>> ImageLayout::card(const Digest& digest) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = cards_.find(digest); known != cards_.end()) return known->second;
  }
  HM_TRY(Content content, read(digest, {}));
  HM_DO(count(content.bytes.size()));
  if (!digest.matches(content.bytes)) {
    return fail(Outcome::malformed, name_ + "@" + digest.text() + " holds other bytes");
  }
  HM_TRY(const oci::Look look, oci::look_at(content.bytes, {}));
  Card card{{look.media_type, digest, content.bytes.size(), look.artifact_type}, std::nullopt};
  if (oci::media_type::is_manifest(look.media_type)) {
    HM_TRY(const oci::Manifest manifest, oci::Manifest::parse(content));
    if (card.descriptor.artifact_type.empty()) card.descriptor.artifact_type = manifest.config.media_type;
    card.descriptor.annotations = manifest.annotations;
    if (manifest.subject) card.subject = manifest.subject->digest;
  } else if (oci::media_type::is_index(look.media_type)) {
    HM_TRY(const oci::Index index, oci::Index::parse(content));
    card.descriptor.annotations = index.annotations;
    if (index.subject) card.subject = index.subject->digest;
  }
  auto shared = std::make_shared<const Card>(std::move(card));
  const std::lock_guard lock(mutex_);
  return cards_.emplace(digest, std::move(shared)).first->second;
}

// `cosign save` leaves bundles and their manifests among the blobs, unlisted.
Result<void> ImageLayout::add_unlisted(std::vector<Digest>& found) const {
  HM_TRY(const std::vector<Digest> all, place_.blobs());
  for (const auto& digest : all) {
    HM_TRY(const std::optional<Region> region, place_.blob(digest));
    if (!region || region->size > limits::payload_bytes) continue;
    HM_TRY(const Bytes bytes, read_whole(*region, name_ + "@" + digest.text(), limits::payload_bytes));
    if (as_text(bytes).find("\"subject\"") == std::string_view::npos) continue;
    if (const auto look = oci::look_at(bytes, {}); look && is_document(look->media_type)) found.push_back(digest);
  }
  return {};
}

// What could refer to `subject`: all that index.json lists, and what its fallback tag lists.
Result<std::vector<Digest>> ImageLayout::candidates(const Catalogue& catalogue, const Digest& subject) {
  std::vector<Digest> found;
  for (const auto& entry : catalogue.entries()) {
    if (is_document(entry.media_type)) found.push_back(entry.digest);
  }
  HM_TRY(const std::optional<Descriptor> fallback, catalogue.find(subject.tag()));
  if (fallback) {
    HM_TRY(const Content content, read(fallback->digest, fallback->media_type));
    if (!fallback->digest.matches(content.bytes)) {
      return fail(Outcome::malformed, name_ + "@" + fallback->digest.text() + " holds other bytes");
    }
    HM_TRY(const oci::Index index, oci::Index::parse(content));
    for (const auto& entry : index.manifests) found.push_back(entry.digest);
  }
  if (catalogue.made_by_cosign()) HM_DO(add_unlisted(found));
  return found;
}

Result<Referrers> ImageLayout::referrers(const Digest& subject) {
  HM_TRY(const Catalogue listed, catalogue());
  HM_TRY(const std::vector<Digest> digests, candidates(listed, subject));
  Referrers referrers;
  std::set<Digest> seen;
  for (const auto& digest : digests) {
    if (!seen.insert(digest).second) continue;
    auto read = card(digest);
    if (!read) {
      // It may have been a signature.
      if (!referrers.incomplete) referrers.incomplete = read.error();
      continue;
    }
    if ((*read)->subject == subject) referrers.descriptors.push_back((*read)->descriptor);
  }
  return referrers;
}

Result<std::vector<std::string>> ImageLayout::tags() const {
  HM_TRY(const Catalogue listed, catalogue());
  return listed.tags();
}

Result<Descriptor> ImageLayout::only_image() {
  HM_TRY(const Catalogue listed, catalogue());
  std::vector<Descriptor> images;
  for (const auto& entry : listed.entries()) {
    const auto name = entry.annotations.find("org.opencontainers.image.ref.name");
    if (name != entry.annotations.end() && is_companion_tag(name->second)) continue;
    const auto kind = entry.annotations.find("kind");
    if (kind != entry.annotations.end() && (kind->second.ends_with("/sigs") || kind->second.ends_with("/atts")))
      continue;
    if (!is_document(entry.media_type)) continue;
    if (const auto read = card(entry.digest); read && (*read)->subject) continue;
    const auto same = [&](const Descriptor& other) { return other.digest == entry.digest; };
    if (std::none_of(images.begin(), images.end(), same)) images.push_back(entry);
  }
  if (images.size() == 1) return images.front();
  const std::string count = images.empty() ? "no image" : std::to_string(images.size()) + " images";
  return fail(Error(Outcome::usage, name_ + " holds " + count + "; its tags are: " + joined(listed.tags()))
                  .with_hint("add :TAG or @DIGEST to name one"));
}

Result<void> ImageLayout::expect_writable() const {
  if (writable_ != nullptr) return {};
  return fail(Outcome::usage, name_ + " was opened for reading only");
}

Result<void> ImageLayout::put_blob(const Descriptor& descriptor, BlobSource& source) {
  HM_DO(expect_writable());
  HM_TRY(const bool present, has_blob(descriptor));
  if (present) return {};
  return writable_->put_blob(descriptor, source);
}

// Manifests come before the index that lists them, and are images of their own until then.
Result<void> ImageLayout::drop_children(Catalogue& catalogue, const oci::Index& index) {
  std::set<Digest> children;
  for (const auto& child : index.manifests) {
    if (!catalogue.lists(child.digest)) continue;
    HM_TRY(const std::shared_ptr<const Card> read, card(child.digest));
    if (!read->subject) children.insert(child.digest);  // what refers to an image is found by its entry
  }
  catalogue.drop_unnamed(children);
  return {};
}

// With the lock held: the blob first, so that index.json never lists what is not there.
Result<Descriptor> ImageLayout::publish(Catalogue& catalogue, std::string_view media_type, BytesView bytes,
                                        const std::optional<std::string>& tag) {
  if (bytes.size() > limits::manifest_bytes)
    return fail(Outcome::usage, "a manifest of more than 4 MiB is not written");
  HM_TRY(const oci::Look look, oci::look_at(bytes, media_type));
  const Descriptor descriptor{look.media_type, Digest::of(bytes), bytes.size(), look.artifact_type};
  HM_DO(writable_->put_blob(descriptor.digest, bytes));
  if (tag) {
    catalogue.set_tag(descriptor, *tag);
  } else {
    catalogue.add(descriptor);
  }
  if (oci::media_type::is_index(descriptor.media_type) && !(tag && is_companion_tag(*tag))) {
    HM_TRY(const oci::Index index, oci::Index::parse({descriptor, Bytes(bytes.begin(), bytes.end())}));
    HM_DO(drop_children(catalogue, index));
  }
  HM_TRY(const std::string text, catalogue.dump());
  HM_DO(writable_->replace_index(as_bytes(text)));
  return descriptor;
}

Result<Descriptor> ImageLayout::put_manifest(std::string_view media_type, BytesView bytes,
                                             const std::optional<std::string>& tag) {
  HM_DO(expect_writable());
  if (tag && !is_tag(*tag)) return fail(Outcome::usage, "\"" + base::printable(*tag) + "\" is not a tag");
  HM_TRY(const WritablePlace::Held held, writable_->lock());
  HM_TRY(Catalogue listed, catalogue());
  return publish(listed, media_type, bytes, tag);
}

Result<Descriptor> ImageLayout::attach(const Content& referrer, const Descriptor& subject) {
  HM_TRY(const Descriptor written, put_manifest(referrer.descriptor.media_type, referrer.bytes, std::nullopt));
  HM_TRY(const std::shared_ptr<const Card> read, card(written.digest));
  HM_TRY(const Catalogue listed, catalogue());
  if (read->subject == subject.digest && listed.lists(written.digest)) return read->descriptor;
  return fail(Outcome::internal, name_ + "@" + written.digest.text() + " does not refer to " + subject.digest.text());
}

Result<Descriptor> ImageLayout::edit_tag(std::string_view tag, const TagEditor& editor) {
  HM_DO(expect_writable());
  if (!is_tag(tag)) return fail(Outcome::usage, "\"" + base::printable(tag) + "\" is not a tag");
  HM_TRY(const WritablePlace::Held held, writable_->lock());
  HM_TRY(Catalogue listed, catalogue());
  HM_TRY(const std::optional<Descriptor> entry, listed.find(tag));
  std::optional<Content> current;
  if (entry) {
    HM_TRY(current, read(entry->digest, entry->media_type));
    if (!entry->digest.matches(current->bytes)) {
      return fail(Outcome::malformed, name_ + "@" + entry->digest.text() + " holds other bytes");
    }
  }
  HM_TRY(const std::optional<TagEdit> edit, editor(current));
  if (edit) return publish(listed, edit->media_type, edit->bytes, std::string(tag));
  if (entry) return *entry;
  return fail(Outcome::internal, name_ + ": nothing to write to the tag " + std::string(tag));
}

}  // namespace hallmark::layout
