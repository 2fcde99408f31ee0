// MemoryStore: a ContentStore in memory for tests, which counts its reads and lies on demand.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/content_store.h"

namespace hallmark::test {

// How often each kind of call reached the store: a stand-in for requests.
struct Reads {
  std::size_t manifests = 0;       // by tag or digest, found or not
  std::size_t resolves = 0;        // of tags
  std::size_t blobs = 0;           // read
  std::size_t existence = 0;       // has_manifest, has_blob
  std::size_t referrers = 0;       // listings
  std::size_t writes = 0;          // put_blob, put_manifest, attach, edit_tag
  std::uint64_t bytes = 0;         // handed out
  std::vector<std::string> asked;  // tag or digest of each manifest or blob read, in order
  [[nodiscard]] std::size_t total() const { return manifests + resolves + blobs + existence + referrers; }
};

// Thread-safe; hooks are called without the store's lock held and must be thread-safe themselves.
class MemoryStore : public ContentStore {
 public:
  explicit MemoryStore(std::string name = "registry.example/shop/api") : name_(std::move(name)) {}

  // ---- Lies. `what` is the tag or digest asked for.
  // An error to answer with instead of the read, write or listing of `what`; nothing: the truth.
  std::function<std::optional<Error>(std::string_view what)> fail_on;
  // The same for put_blob, put_manifest, attach and edit_tag alone.
  std::function<std::optional<Error>(std::string_view what)> fail_write_on;
  // Other content in place of what is stored; the check of digest and size comes after it.
  std::function<std::optional<Content>(std::string_view what)> manifest_instead;
  std::function<std::optional<Bytes>(const Digest& what)> blob_instead;
  // Called on each listing just before it is returned: reorder, cut, lie about artifactType, set `incomplete`.
  std::function<void(Referrers&)> edit_referrers;
  // Called inside edit_tag after the current content was read and before the new one is stored: another writer.
  std::function<void(std::string_view tag)> before_tag_write;

  // This one is a mirror of that: a tag or a list found here is marked so, and that has the last word.
  ContentStore* registry = nullptr;

  // ---- What is there.
  Descriptor add_blob(std::string_view media_type, BytesView bytes);
  // A manifest as it is, whatever it says; the tag may be empty. Its `subject`, if any, makes it a listed referrer.
  Descriptor add_manifest(std::string_view media_type, std::string_view json, const std::string& tag = {});
  void remove(const Digest& digest);
  void remove_tag(const std::string& tag);
  // Replaces stored bytes under an unchanged digest: corruption at rest.
  void corrupt(const Digest& digest, Bytes bytes);
  [[nodiscard]] std::size_t blob_count() const;
  [[nodiscard]] std::size_t manifest_count() const;

  [[nodiscard]] Reads reads() const;
  void reset_reads();

  // ---- ContentStore
  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] ContentStore* upstream() override { return registry; }
  [[nodiscard]] Result<bool> has_manifest(const Digest& digest) override;
  [[nodiscard]] Result<bool> has_blob(const Descriptor& descriptor) override;
  [[nodiscard]] Result<Referrers> referrers(const Digest& subject, std::string_view artifact_type) override;
  using ContentStore::put_blob;
  [[nodiscard]] Result<void> put_blob(const Descriptor& descriptor, BlobSource& source) override;
  [[nodiscard]] Result<Descriptor> put_manifest(std::string_view media_type, BytesView bytes,
                                                const std::optional<std::string>& tag) override;
  [[nodiscard]] Result<Descriptor> attach(const Content& referrer, const Descriptor& subject) override;
  [[nodiscard]] Result<Descriptor> edit_tag(std::string_view tag, const TagEditor& editor) override;
  [[nodiscard]] Result<std::vector<std::string>> tags() override;

 protected:
  [[nodiscard]] Result<Content> read_manifest(std::string_view tag_or_digest) override;
  [[nodiscard]] Result<Descriptor> read_descriptor(std::string_view tag) override;
  [[nodiscard]] Result<void> read_blob(const Descriptor& descriptor, const BlobSink& sink) override;

 private:
  [[nodiscard]] Result<void> refused(std::string_view what, bool write) const;
  [[nodiscard]] std::optional<Content> stored(std::string_view tag_or_digest) const;
  Descriptor store_manifest(std::string_view media_type, BytesView bytes, const std::optional<std::string>& tag);

  mutable std::mutex mutex_;
  std::mutex edits_;  // one edit_tag at a time: tags lose no write
  std::string name_;
  std::map<std::string, Content> manifests_;                  // by digest
  std::map<std::string, Bytes> blobs_;                        // by digest
  std::map<std::string, std::string, std::less<>> tags_;      // to digest
  std::map<std::string, std::vector<Descriptor>> referrers_;  // by subject, in the order they came
  Reads reads_;
};

}  // namespace hallmark::test
