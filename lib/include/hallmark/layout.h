// OCI layouts on disk: a directory, or an archive of one (tar, tar.gz, tar.zst).
#pragma once

#include <filesystem>
#include <memory>

#include "hallmark/content_store.h"

namespace hallmark {

enum class OpenMode : std::uint8_t { read, write };  // write creates what is missing

// Source: image-spec image-layout.md. Tags are `org.opencontainers.image.ref.name` in index.json, either a bare tag or
// a full reference that ends in it. Writers lock the directory; a reader sees the layout either before or after a
// write.
[[nodiscard]] Result<std::unique_ptr<ContentStore>> open_layout(const std::filesystem::path& directory, OpenMode mode);

// Reading streams the archive once to find its entries (compressed ones are unpacked to a private temporary folder,
// bounded). Writing replaces the file as a whole when the store's `finish` is called (see ArchiveStore) or leaves it as
// it was.
class ArchiveStore : public ContentStore {
 public:
  [[nodiscard]] static Result<std::unique_ptr<ArchiveStore>> open(const std::filesystem::path& file, OpenMode mode);
  [[nodiscard]] virtual Result<void> finish() = 0;  // write mode: make it durable; without it nothing changes
};

}  // namespace hallmark
