// Place: where the files of a layout lie: a folder, an archive, or new files in a folder over an older archive.
#pragma once

#include <optional>
#include <vector>

#include "hallmark/digest.h"
#include "layout/region.h"

namespace hallmark::layout {

class Place {
 public:
  virtual ~Place() = default;
  // Nothing when there is no such blob. Never follows a link; what is no regular file is malformed.
  [[nodiscard]] virtual Result<std::optional<Region>> blob(const Digest& digest) const = 0;
  // index.json, as it is now.
  [[nodiscard]] virtual Result<Bytes> index() const = 0;
  // Every blob, sorted.
  [[nodiscard]] virtual Result<std::vector<Digest>> blobs() const = 0;
};

}  // namespace hallmark::layout
