// Place: where the files of a layout lie: a folder, an archive, or new content over an older archive.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "hallmark/content_store.h"
#include "layout/region.h"
#include "layout/version.h"

namespace hallmark::layout {

// index.json of a layout that holds nothing.
inline constexpr std::string_view kEmptyIndex =
    R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})";

// index.json as it was read. Equal versions have the same bytes, as long as the file is kept open, so that no other can
// take its number.
struct IndexFile {
  Bytes bytes;
  Version version = {};
  std::shared_ptr<const base::FileDescriptor> file = {};
};

class Place {
 public:
  virtual ~Place() = default;
  // Nothing when there is no such blob. Never follows a link; what is no regular file is malformed.
  [[nodiscard]] virtual Result<std::optional<Region>> blob(const Digest& digest) const = 0;
  // index.json, as it is now.
  [[nodiscard]] virtual Result<IndexFile> index() const = 0;
  [[nodiscard]] virtual Result<Version> index_version() const = 0;
  // Every blob, sorted; more than limits::archive_entries are malformed.
  [[nodiscard]] virtual Result<std::vector<Digest>> blobs() const = 0;
};

// Thread-safe. What a reader sees changes with replace_index alone.
class WritablePlace : public Place {
 public:
  // The digest and the size are checked while reading the source; what is there already, and holds what its
  // digest says, is not written again; what holds other bytes is replaced.
  [[nodiscard]] virtual Result<void> put_blob(const Descriptor& descriptor, BlobSource& source) = 0;
  [[nodiscard]] virtual Result<void> put_blob(const Digest& digest, BytesView bytes) = 0;
  // Whoever changes index.json holds this from reading it until it is replaced.
  using Held = std::shared_ptr<const void>;
  [[nodiscard]] virtual Result<Held> lock() = 0;
  [[nodiscard]] virtual Result<void> replace_index(BytesView bytes) = 0;
};

}  // namespace hallmark::layout
