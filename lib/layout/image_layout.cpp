#include "layout/image_layout.h"

#include <set>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "hallmark/reference.h"
#include "oci/manifest.h"
#include "oci/media_type.h"

namespace hallmark::layout {
Result<bool> ImageLayout::has_manifest(const Digest& digest) const {
  HM_TRY(const std::optional<Region> region, place_.blob(digest));
  return region.has_value();
}

Result<bool> ImageLayout::has_blob(const Descriptor& descriptor) const {
  HM_TRY(const std::optional<Region> region, place_.blob(descriptor.digest));
  HM_DO(time_->expect_left(name()));
  return region && region->size == descriptor.size && holds(*region, descriptor.digest);
}

Result<const Descriptor*> ImageLayout::entry_of(const Catalogue& listed, std::string_view tag) const {
  HM_TRY(const Descriptor* found, listed.find(tag));
  if (found != nullptr) return found;
  return fail(Outcome::not_found,
              name() + ": no such tag: " + base::printable(tag) + "; there are: " + listed.image_tags());
}

Result<Descriptor> ImageLayout::read_descriptor(std::string_view tag) {
  HM_TRY(const Listed listed, catalogues_.current());
  HM_TRY(const Descriptor* entry, entry_of(*listed, tag));
  return *entry;
}

Result<Content> ImageLayout::read_manifest(std::string_view tag_or_digest) {
  if (const auto digest = Digest::parse(tag_or_digest)) return documents_.read(*digest, {});
  HM_TRY(const Listed listed, catalogues_.current());
  HM_TRY(const Descriptor* entry, entry_of(*listed, tag_or_digest));
  HM_TRY(Content content, documents_.read(entry->digest, entry->media_type));
  if (content.bytes.size() == entry->size) return content;
  return fail(Outcome::malformed, name() + "@" + entry->digest.text() + " has " + std::to_string(content.bytes.size()) +
                                      " bytes, index.json says " + std::to_string(entry->size));
}

Result<void> ImageLayout::read_blob(const Descriptor& descriptor, const BlobSink& sink) const {
  HM_TRY(const std::optional<Region> region, place_.blob(descriptor.digest));
  const auto what = name() + "@" + descriptor.digest.text();
  if (!region) return fail(Outcome::not_found, what + ": no such blob");
  return stream(*region, what, [&](BytesView piece) -> Result<void> {
    HM_DO(time_->expect_left(name()));
    return sink(piece);
  });
}

Result<Referrers> ImageLayout::referrers(const Digest& subject) {
  HM_TRY(const Listed listed, catalogues_.current());
  return referrers_.of(subject, listed);
}

Result<std::vector<std::string>> ImageLayout::tags() {
  HM_TRY(const Listed listed, catalogues_.current());
  return listed->tags();
}

Result<Descriptor> ImageLayout::only_image() {
  HM_TRY(const Listed listed, catalogues_.current());
  std::set<Digest> seen;
  std::vector<const Descriptor*> images;
  for (const auto& entry : listed->entries()) {
    const auto name = entry.annotations.find("org.opencontainers.image.ref.name");
    if (name != entry.annotations.end() && is_companion_tag(name->second)) continue;
    const auto kind = entry.annotations.find("kind");
    if (kind != entry.annotations.end() && (kind->second.ends_with("/sigs") || kind->second.ends_with("/atts")))
      continue;
    if (!is_document(entry.media_type) || !seen.insert(entry.digest).second) continue;
    if (const auto card = documents_.card(entry.digest); card && (*card)->subject) continue;
    images.push_back(&entry);
  }
  HM_DO(time_->expect_left(name()));
  if (images.size() == 1) return *images.front();
  const std::string count = images.empty() ? "no image" : std::to_string(images.size()) + " images";
  return fail(Error(Outcome::usage, name() + " holds " + count + "; its tags are: " + listed->image_tags())
                  .with_hint("add :TAG or @DIGEST to name one"));
}

Result<void> ImageLayout::expect_writable() const {
  if (writable_ != nullptr) return {};
  return fail(Outcome::usage, name() + " was opened for reading only");
}

Result<void> ImageLayout::put_blob(const Descriptor& descriptor, BlobSource& source) {
  HM_DO(expect_writable());
  return writable_->put_blob(descriptor, source);
}

// Manifests come before the index that lists them, and are images of their own until then.
Result<void> ImageLayout::drop_children(EditableCatalogue& catalogue, const oci::Index& index) {
  std::set<Digest> children;
  for (const auto& child : index.manifests) {
    if (!catalogue.lists(child.digest)) continue;
    HM_TRY(const std::shared_ptr<const Card> card, documents_.card(child.digest));
    if (!card->subject) children.insert(child.digest);  // what refers to an image is found by its entry
  }
  catalogue.drop_unnamed(children);
  return {};
}

// With the lock held: the blob first, so that index.json never lists what is not there.
Result<Descriptor> ImageLayout::publish(EditableCatalogue& catalogue, std::string_view media_type, BytesView bytes,
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
  HM_TRY(EditableCatalogue listed, catalogues_.to_edit());
  return publish(listed, media_type, bytes, tag);
}

Result<Descriptor> ImageLayout::attach(const Content& referrer, const Descriptor& subject) {
  HM_TRY(const Descriptor written, put_manifest(referrer.descriptor.media_type, referrer.bytes, std::nullopt));
  HM_TRY(const std::shared_ptr<const Card> card, documents_.card(written.digest));
  HM_TRY(const Listed listed, catalogues_.current());
  if (card->subject == subject.digest && listed->lists(written.digest)) return card->descriptor;
  return fail(Outcome::internal, name() + "@" + written.digest.text() + " does not refer to " + subject.digest.text());
}

Result<Descriptor> ImageLayout::edit_tag(std::string_view tag, const TagEditor& editor) {
  HM_DO(expect_writable());
  if (!is_tag(tag)) return fail(Outcome::usage, "\"" + base::printable(tag) + "\" is not a tag");
  HM_TRY(const WritablePlace::Held held, writable_->lock());
  HM_TRY(EditableCatalogue listed, catalogues_.to_edit());
  HM_TRY(const Descriptor* entry, listed.find(tag));
  std::optional<Content> current;
  if (entry != nullptr) {
    HM_TRY(current, documents_.read_checked(entry->digest, entry->media_type));
  }
  HM_TRY(const std::optional<TagEdit> edit, editor(current));
  if (edit) return publish(listed, edit->media_type, edit->bytes, std::string(tag));
  if (entry != nullptr) return *entry;
  return fail(Outcome::internal, name() + ": nothing to write to the tag " + std::string(tag));
}

}  // namespace hallmark::layout
