// CheckedSource: a BlobSource that hashes what is read from it, so that wrong bytes never get published.
#pragma once

#include "crypto/hash.h"
#include "hallmark/content_store.h"

namespace hallmark::registry {

// Reads from the front once, in order, hash along; what is read again (a retry) was hashed before. The read that would
// reach the end with another digest fails: the upload cannot be completed. Kind of errors: malformed.
class CheckedSource final : public BlobSource {
 public:
  CheckedSource(const Descriptor& descriptor, BlobSource& source)
      : descriptor_(descriptor), source_(source), hasher_(descriptor.digest.algorithm()) {}
  [[nodiscard]] std::uint64_t size() const override { return descriptor_.size; }
  [[nodiscard]] Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) override;
  [[nodiscard]] bool spoiled() const { return spoiled_; }  // a read has failed: what was sent is not the blob

 private:
  [[nodiscard]] Result<std::size_t> read_along(std::uint64_t offset, std::span<std::uint8_t> into);

  const Descriptor& descriptor_;
  BlobSource& source_;
  Hasher hasher_;
  std::uint64_t hashed_ = 0;
  bool checked_ = false;
  bool spoiled_ = false;
};

}  // namespace hallmark::registry
