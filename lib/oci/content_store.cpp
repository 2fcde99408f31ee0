#include "hallmark/content_store.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "crypto/hash.h"
#include "hallmark/reference.h"
#include "oci/manifest.h"

namespace hallmark {
namespace {

Result<void> expect_tag(std::string_view tag) {
  if (is_tag(tag)) return {};
  return fail(Outcome::usage, "\"" + base::printable(tag) + "\" is not a tag: 1 to 128 letters, digits and . _ -");
}

class MemorySource final : public BlobSource {
 public:
  explicit MemorySource(BytesView bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  [[nodiscard]] Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    if (offset >= bytes_.size()) return 0;
    const auto rest = bytes_.subspan(static_cast<std::size_t>(offset));
    const auto count = std::min(rest.size(), into.size());
    std::copy_n(rest.begin(), count, into.begin());
    return count;
  }

 private:
  BytesView bytes_;
};

// What a backend read, checked before anybody parses it.
Result<Content> checked(Content content, const Digest* wanted, const std::string& what) {
  if (content.bytes.size() > limits::manifest_bytes) {
    return fail(Outcome::malformed, what + " has more than 4 MiB");
  }
  if (wanted != nullptr && !wanted->matches(content.bytes)) {
    return fail(Outcome::malformed,
                what + " holds other bytes: their digest is " + Digest::of(content.bytes, wanted->algorithm()).text());
  }
  if (!content.descriptor.digest.matches(content.bytes)) {
    return fail(Outcome::malformed, what + " was announced as " + content.descriptor.digest.text() +
                                        " but its bytes are " +
                                        Digest::of(content.bytes, content.descriptor.digest.algorithm()).text());
  }
  if (wanted != nullptr) content.descriptor.digest = *wanted;
  content.descriptor.size = content.bytes.size();
  auto type = oci::look_at(content.bytes, content.descriptor.media_type);
  if (!type) return fail(type.error().within(what));
  content.descriptor.media_type = std::move(type->media_type);
  content.descriptor.artifact_type = std::move(type->artifact_type);
  return content;
}

}  // namespace

Result<Content> ContentStore::manifest(std::string_view tag) {
  HM_DO(expect_tag(tag));
  HM_TRY(Content content, read_manifest(tag));
  return checked(std::move(content), nullptr, name() + ":" + std::string(tag));
}

Result<Content> ContentStore::manifest(const Digest& digest) {
  HM_TRY(Content content, read_manifest(digest.text()));
  return checked(std::move(content), &digest, name() + "@" + digest.text());
}

Result<Descriptor> ContentStore::resolve(std::string_view tag) {
  HM_DO(expect_tag(tag));
  return read_descriptor(tag);
}

Result<Bytes> ContentStore::blob(const Descriptor& descriptor, std::size_t limit) {
  if (descriptor.size > limit) {
    return fail(Outcome::malformed, name() + "@" + descriptor.digest.text() + " says it has " +
                                        std::to_string(descriptor.size) + " bytes, at most " + std::to_string(limit) +
                                        " are read");
  }
  Bytes bytes;  // grows with what arrives, not by what the descriptor promises
  HM_DO(blob(descriptor, [&](BytesView piece) -> Result<void> {
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    return {};
  }));
  return bytes;
}

Result<void> ContentStore::blob(const Descriptor& descriptor, const BlobSink& sink) {
  const auto what = [&] { return name() + "@" + descriptor.digest.text(); };
  Hasher hasher(descriptor.digest.algorithm());
  std::uint64_t received = 0;
  HM_DO(read_blob(descriptor, [&](BytesView piece) -> Result<void> {
    if (piece.size() > descriptor.size - received) {
      return fail(Outcome::malformed,
                  what() + " is longer than the " + std::to_string(descriptor.size) + " bytes its descriptor says");
    }
    received += piece.size();
    hasher.update(piece);
    return sink(piece);
  }));
  if (received != descriptor.size) {
    return fail(Outcome::malformed, what() + " has " + std::to_string(received) + " bytes, its descriptor says " +
                                        std::to_string(descriptor.size));
  }
  if (const auto found = hasher.finish(); found != descriptor.digest) {
    return fail(Outcome::malformed, what() + " holds other bytes: their digest is " + found.text());
  }
  return {};
}

Result<void> ContentStore::put_blob(const Descriptor& descriptor, BytesView bytes) {
  if (bytes.size() != descriptor.size || !descriptor.digest.matches(bytes)) {
    return fail(Outcome::internal, "a blob to be written is not what its descriptor says: " + descriptor.digest.text());
  }
  MemorySource source(bytes);
  return put_blob(descriptor, source);
}

Result<bool> ContentStore::mount_blob(const Descriptor& /*descriptor*/, const ContentStore& /*from*/) { return false; }

}  // namespace hallmark
