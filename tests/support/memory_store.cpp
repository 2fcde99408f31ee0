#include "support/memory_store.h"

#include <algorithm>

#include "base/json.h"
#include "base/try.h"
#include "oci/manifest.h"

namespace hallmark::test {
namespace {

// What the descriptor of a listing would say of this document, read leniently: tests store broken ones on purpose.
struct Said {
  std::optional<Digest> subject;
  std::string artifact_type;
  Annotations annotations;
};

Said said_by(BytesView bytes) {
  Said said;
  const auto json = base::Json::parse(bytes, "manifest");
  if (!json) return said;
  if (const auto* subject = json->find("subject")) {
    if (const auto* digest = subject->find("digest"); digest != nullptr && digest->as_string() != nullptr) {
      if (auto parsed = Digest::parse(*digest->as_string())) said.subject = *std::move(parsed);
    }
  }
  if (const auto* type = json->find("artifactType"); type != nullptr && type->as_string() != nullptr) {
    said.artifact_type = *type->as_string();
  } else if (const auto* config = json->find("config")) {
    if (const auto* media = config->find("mediaType"); media != nullptr && media->as_string() != nullptr) {
      said.artifact_type = *media->as_string();
    }
  }
  if (const auto* annotations = json->find("annotations"); annotations != nullptr && annotations->is_object()) {
    for (const auto& [key, value] : *annotations->as_object()) {
      if (const auto* text = value.as_string()) said.annotations[key] = *text;
    }
  }
  return said;
}

Result<Bytes> read_all(BlobSource& source) {
  Bytes bytes(source.size());
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    HM_TRY(const std::size_t got, source.read(filled, std::span(bytes).subspan(filled)));
    if (got == 0) return fail(Outcome::malformed, "the source of a blob ended early");
    filled += got;
  }
  return bytes;
}

}  // namespace

Descriptor MemoryStore::add_blob(std::string_view media_type, BytesView bytes) {
  Descriptor descriptor{std::string(media_type), Digest::of(bytes), bytes.size()};
  const std::lock_guard lock(mutex_);
  blobs_[descriptor.digest.text()] = Bytes(bytes.begin(), bytes.end());
  return descriptor;
}

Descriptor MemoryStore::add_manifest(std::string_view media_type, std::string_view json, const std::string& tag) {
  const std::optional<std::string> name = tag.empty() ? std::nullopt : std::optional(tag);
  return store_manifest(media_type, as_bytes(json), name);
}

Descriptor MemoryStore::store_manifest(std::string_view media_type, BytesView bytes,
                                       const std::optional<std::string>& tag) {
  const Said said = said_by(bytes);
  Descriptor descriptor{std::string(media_type), Digest::of(bytes), bytes.size(), said.artifact_type};
  const std::string digest = descriptor.digest.text();
  const std::lock_guard lock(mutex_);
  manifests_.insert_or_assign(digest, Content{descriptor, Bytes(bytes.begin(), bytes.end())});
  if (tag) tags_[*tag] = digest;
  if (said.subject) {
    auto& listed = referrers_[said.subject->text()];
    const bool there = std::ranges::any_of(listed, [&](const auto& d) { return d.digest == descriptor.digest; });
    Descriptor entry = descriptor;
    entry.annotations = said.annotations;
    if (!there) listed.push_back(std::move(entry));
  }
  return descriptor;
}

void MemoryStore::remove(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  manifests_.erase(digest.text());
  blobs_.erase(digest.text());
}

void MemoryStore::remove_tag(const std::string& tag) {
  const std::lock_guard lock(mutex_);
  tags_.erase(tag);
}

void MemoryStore::corrupt(const Digest& digest, Bytes bytes) {
  const std::lock_guard lock(mutex_);
  if (const auto found = manifests_.find(digest.text()); found != manifests_.end()) {
    found->second.bytes = std::move(bytes);
  } else {
    blobs_[digest.text()] = std::move(bytes);
  }
}

std::size_t MemoryStore::blob_count() const {
  const std::lock_guard lock(mutex_);
  return blobs_.size();
}

std::size_t MemoryStore::manifest_count() const {
  const std::lock_guard lock(mutex_);
  return manifests_.size();
}

Reads MemoryStore::reads() const {
  const std::lock_guard lock(mutex_);
  return reads_;
}

void MemoryStore::reset_reads() {
  const std::lock_guard lock(mutex_);
  reads_ = {};
}

Result<void> MemoryStore::refused(std::string_view what, bool write) const {
  if (fail_on) {
    if (auto error = fail_on(what)) return fail(*std::move(error));
  }
  if (write && fail_write_on) {
    if (auto error = fail_write_on(what)) return fail(*std::move(error));
  }
  return {};
}

std::optional<Content> MemoryStore::stored(std::string_view tag_or_digest) const {
  const std::lock_guard lock(mutex_);
  std::string digest(tag_or_digest);
  if (const auto tag = tags_.find(tag_or_digest); tag != tags_.end()) digest = tag->second;
  const auto found = manifests_.find(digest);
  if (found == manifests_.end()) return std::nullopt;
  return found->second;
}

Result<bool> MemoryStore::has_manifest(const Digest& digest) {
  {
    const std::lock_guard lock(mutex_);
    ++reads_.existence;
  }
  HM_DO(refused(digest.text(), false));
  const std::lock_guard lock(mutex_);
  return manifests_.contains(digest.text());
}

Result<bool> MemoryStore::has_blob(const Descriptor& descriptor) {
  {
    const std::lock_guard lock(mutex_);
    ++reads_.existence;
  }
  HM_DO(refused(descriptor.digest.text(), false));
  const std::lock_guard lock(mutex_);
  return blobs_.contains(descriptor.digest.text());
}

Result<Referrers> MemoryStore::referrers(const Digest& subject, std::string_view) {
  Referrers listing;
  {
    const std::lock_guard lock(mutex_);
    ++reads_.referrers;
    if (const auto found = referrers_.find(subject.text()); found != referrers_.end()) {
      for (const auto& descriptor : found->second) {
        if (manifests_.contains(descriptor.digest.text())) listing.descriptors.push_back(descriptor);
      }
    }
  }
  HM_DO(refused("referrers:" + subject.text(), false));
  if (edit_referrers) edit_referrers(listing);
  listing.from_mirror = registry != nullptr && !listing.descriptors.empty();
  return listing;
}

Result<void> MemoryStore::put_blob(const Descriptor& descriptor, BlobSource& source) {
  HM_DO(refused(descriptor.digest.text(), true));
  HM_TRY(auto bytes, read_all(source));
  if (!descriptor.digest.matches(bytes)) {
    return fail(Outcome::malformed, "blob " + descriptor.digest.text() + " has other bytes");
  }
  const std::lock_guard lock(mutex_);
  ++reads_.writes;
  blobs_[descriptor.digest.text()] = std::move(bytes);
  return {};
}

Result<Descriptor> MemoryStore::put_manifest(std::string_view media_type, BytesView bytes,
                                             const std::optional<std::string>& tag) {
  HM_DO(refused(tag ? *tag : Digest::of(bytes).text(), true));
  {
    const std::lock_guard lock(mutex_);
    ++reads_.writes;
  }
  return store_manifest(media_type, bytes, tag);
}

Result<Descriptor> MemoryStore::attach(const Content& referrer, const Descriptor& subject) {
  HM_DO(refused("attach:" + subject.digest.text(), true));
  {
    const std::lock_guard lock(mutex_);
    ++reads_.writes;
  }
  return store_manifest(referrer.descriptor.media_type, referrer.bytes, std::nullopt);
}

Result<Descriptor> MemoryStore::edit_tag(std::string_view tag, const TagEditor& editor) {
  HM_DO(refused(tag, true));
  const std::lock_guard one_at_a_time(edits_);
  for (;;) {
    const auto before = stored(tag);
    HM_TRY(const auto edit, editor(before));
    if (!edit) {
      if (before) return before->descriptor;
      return fail(Outcome::internal, "an edit of nothing to nothing");
    }
    if (before_tag_write) before_tag_write(tag);
    const auto now = stored(tag);
    if (now.has_value() != before.has_value() || (now && now->bytes != before->bytes)) continue;  // the race was lost
    {
      const std::lock_guard lock(mutex_);
      ++reads_.writes;
    }
    return store_manifest(edit->media_type, edit->bytes, std::string(tag));
  }
}

Result<std::vector<std::string>> MemoryStore::tags() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [tag, digest] : tags_) names.push_back(tag);
  return names;
}

Result<Content> MemoryStore::read_manifest(std::string_view tag_or_digest) {
  {
    const std::lock_guard lock(mutex_);
    ++reads_.manifests;
    reads_.asked.emplace_back(tag_or_digest);
  }
  HM_DO(refused(tag_or_digest, false));
  std::optional<Content> content;
  if (manifest_instead) content = manifest_instead(tag_or_digest);
  if (!content) content = stored(tag_or_digest);
  if (!content) return fail(Outcome::not_found, "no manifest " + std::string(tag_or_digest) + " in " + name_);
  content->from_mirror = registry != nullptr && tag_or_digest.find(':') == std::string_view::npos;
  const std::lock_guard lock(mutex_);
  reads_.bytes += content->bytes.size();
  return *std::move(content);
}

Result<Descriptor> MemoryStore::read_descriptor(std::string_view tag) {
  {
    const std::lock_guard lock(mutex_);
    ++reads_.resolves;
  }
  HM_DO(refused(tag, false));
  auto content = stored(tag);
  if (!content) return fail(Outcome::not_found, "no tag " + std::string(tag) + " in " + name_);
  return content->descriptor;
}

Result<void> MemoryStore::read_blob(const Descriptor& descriptor, const BlobSink& sink) {
  {
    const std::lock_guard lock(mutex_);
    ++reads_.blobs;
    reads_.asked.push_back(descriptor.digest.text());
  }
  HM_DO(refused(descriptor.digest.text(), false));
  std::optional<Bytes> bytes;
  if (blob_instead) bytes = blob_instead(descriptor.digest);
  if (!bytes) {
    const std::lock_guard lock(mutex_);
    if (const auto found = blobs_.find(descriptor.digest.text()); found != blobs_.end()) bytes = found->second;
  }
  if (!bytes) return fail(Outcome::not_found, "no blob " + descriptor.digest.text() + " in " + name_);
  {
    const std::lock_guard lock(mutex_);
    reads_.bytes += bytes->size();
  }
  return sink(*bytes);
}

}  // namespace hallmark::test
