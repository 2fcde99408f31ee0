// ContentStore: one repository's manifests, blobs, tags and referrers, wherever they live.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/bytes.h"
#include "hallmark/descriptor.h"
#include "hallmark/result.h"

namespace hallmark {

// A manifest or index with the descriptor that its own bytes give it.
struct Content {
  Descriptor descriptor;  // media type, digest and size; artifactType where the manifest has one
  Bytes bytes;
  bool from_mirror = false;  // what the tag held there, which may be old: see ContentStore::upstream
};

// What a listing names. Its words (artifactType, annotations) may order candidates, never discard them.
struct Referrers {
  std::vector<Descriptor> descriptors;
  // Set when a limit or a failed page ended the listing early: what is missing could have been a signature.
  std::optional<Error> incomplete;
  bool from_mirror = false;  // as Content::from_mirror
};

// Takes a blob piece by piece; an error stops the transfer and is handed up.
using BlobSink = std::function<Result<void>(BytesView piece)>;

// A blob to be written: readable more than once, so that an upload can be tried again.
class BlobSource {
 public:
  virtual ~BlobSource() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // Fills `into` from `offset`; fewer bytes than asked for only at the end.
  [[nodiscard]] virtual Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) = 0;
};

// Given what a tag holds now (nothing when it does not exist), answers what it shall hold, or nothing when it already
// says what the caller wants. Must be idempotent and keep what others wrote: it is called again after every lost race.
// It may put blobs into the same store (a `.sig` manifest needs a new config each time), so edit_tag must not hold what
// put_blob waits for.
struct TagEdit {
  std::string media_type;
  Bytes bytes;
};
using TagEditor = std::function<Result<std::optional<TagEdit>>(const std::optional<Content>& current)>;

// Thread-safe. Every read is checked here against the digest and size it was asked by; backends cannot forget it.
// Errors: unreachable, unauthorized, not_found, throttled, malformed (and usage where a backend cannot write).
class ContentStore {
 public:
  virtual ~ContentStore() = default;

  // "registry.example/shop/api", "oci:DIR", "oci-archive:FILE": as output and errors name it.
  [[nodiscard]] virtual std::string name() const = 0;

  // This repository with tags and listings as the registry itself has them; content by digest may still come from a
  // mirror. Null: this store asks no mirror. It is this store's own, and keeps its deadline. A mirror may be behind:
  // what it lists may satisfy, and what it lacks says nothing.
  [[nodiscard]] virtual ContentStore* upstream() { return nullptr; }

  // The manifest a tag points at now: one request, digest computed from the bytes. limits::manifest_bytes.
  [[nodiscard]] Result<Content> manifest(std::string_view tag);
  [[nodiscard]] Result<Content> manifest(const Digest& digest);
  // The descriptor alone, by HEAD where the backend has it.
  [[nodiscard]] Result<Descriptor> resolve(std::string_view tag);
  [[nodiscard]] virtual Result<bool> has_manifest(const Digest& digest) = 0;

  // A small blob in memory; a descriptor that says more than `limit` is malformed before anything is read.
  [[nodiscard]] Result<Bytes> blob(const Descriptor& descriptor, std::size_t limit);
  // A blob of any size, streamed; the last error may come after all pieces (wrong digest), so the sink's result counts
  // only then.
  [[nodiscard]] Result<void> blob(const Descriptor& descriptor, const BlobSink& sink);
  // Whether put_blob would have nothing to do.
  [[nodiscard]] virtual Result<bool> has_blob(const Descriptor& descriptor) = 0;

  // Everything whose `subject` is this digest. A subject nobody refers to, or that does not exist, gives an empty list.
  // `artifact_type` (may be empty) is a wish to the server; what comes back is not filtered by it.
  [[nodiscard]] virtual Result<Referrers> referrers(const Digest& subject, std::string_view artifact_type) = 0;

  // Does nothing when the blob is there. The digest is checked while reading.
  [[nodiscard]] virtual Result<void> put_blob(const Descriptor& descriptor, BlobSource& source) = 0;
  [[nodiscard]] Result<void> put_blob(const Descriptor& descriptor, BytesView bytes);
  // Takes the blob from another repository of the same registry without moving bytes; false where that is not possible.
  [[nodiscard]] virtual Result<bool> mount_blob(const Descriptor& descriptor, const ContentStore& from);
  // By digest; with a tag, the tag too. A manifest with `subject` is not yet a referrer everywhere: use attach.
  [[nodiscard]] virtual Result<Descriptor> put_manifest(std::string_view media_type, BytesView bytes,
                                                        const std::optional<std::string>& tag) = 0;
  // Puts a manifest that has a `subject` and makes sure it is listed: by the referrers API, else in the fallback tag.
  // When this returns, it was there when read back.
  [[nodiscard]] virtual Result<Descriptor> attach(const Content& referrer, const Descriptor& subject) = 0;
  // Read-modify-write of a tag that loses nobody's write: see docs/signing.md, "No lost signatures".
  [[nodiscard]] virtual Result<Descriptor> edit_tag(std::string_view tag, const TagEditor& editor) = 0;
  // All tags, for copy. limits::index_manifests.
  [[nodiscard]] virtual Result<std::vector<std::string>> tags() = 0;

 protected:
  // Raw reads; the public ones check them.
  [[nodiscard]] virtual Result<Content> read_manifest(std::string_view tag_or_digest) = 0;
  [[nodiscard]] virtual Result<Descriptor> read_descriptor(std::string_view tag) = 0;
  [[nodiscard]] virtual Result<void> read_blob(const Descriptor& descriptor, const BlobSink& sink) = 0;
};

}  // namespace hallmark
