// Region: a run of bytes in an open file: a blob in a folder, or in an archive.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/file.h"
#include "hallmark/content_store.h"

namespace hallmark::layout {

struct Region {
  std::shared_ptr<const base::FileDescriptor> file;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

// `what` names the region in errors (malformed: it cannot be read or ends early).
[[nodiscard]] Result<void> stream(const Region& region, const std::string& what, const BlobSink& sink);
// Whether it holds what the digest says; it is read to its end. What cannot be read does not.
[[nodiscard]] bool holds(const Region& region, const Digest& digest);
// A blob on its way to the place that `where` names: what is not of the descriptor's digest and size is malformed,
// which may only be known when all pieces were handed on.
[[nodiscard]] Result<void> take_blob(const Descriptor& descriptor, BlobSource& source, const std::string& where,
                                     const BlobSink& sink);
// All of it; more than `limit` bytes are malformed.
[[nodiscard]] Result<Bytes> read_whole(const Region& region, const std::string& what, std::size_t limit);

}  // namespace hallmark::layout
