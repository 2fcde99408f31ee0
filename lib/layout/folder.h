// Folder: the directory of an OCI layout on disk, read and written without following a link.
#pragma once

#include <filesystem>
#include <memory>

#include "hallmark/layout.h"
#include "layout/place.h"

namespace hallmark::layout {

// Source: image-spec image-layout.md. Reading takes no lock: index.json and blobs are replaced as a whole.
class Folder final : public WritablePlace {
 public:
  // Kind of errors: not_found where there is no such folder, malformed where it is no layout; in write mode a missing
  // or empty folder becomes an empty layout.
  [[nodiscard]] static Result<std::unique_ptr<Folder>> open(const std::filesystem::path& path, OpenMode mode);

  [[nodiscard]] Result<std::optional<Region>> blob(const Digest& digest) const override;
  [[nodiscard]] Result<IndexFile> index() const override;
  [[nodiscard]] Result<Version> index_version() const override;
  [[nodiscard]] Result<std::vector<Digest>> blobs() const override;

  // Both are durable when they return.
  [[nodiscard]] Result<void> put_blob(const Descriptor& descriptor, BlobSource& source) override;
  [[nodiscard]] Result<void> put_blob(const Digest& digest, BytesView bytes) override;
  [[nodiscard]] Result<void> replace_index(BytesView bytes) override;
  // Against other processes, too.
  [[nodiscard]] Result<Held> lock() override;

 private:
  explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}
  [[nodiscard]] Result<void> expect_layout() const;
  [[nodiscard]] Result<void> create();
  [[nodiscard]] Result<base::FileDescriptor> root() const;
  [[nodiscard]] std::string shown() const;
  // A regular file in an open folder, or nothing where there is none.
  [[nodiscard]] Result<std::optional<Region>> file_in(int folder, const std::string& name) const;
  [[nodiscard]] Result<Region> index_file() const;
  // blobs/<algorithm>; invalid where it is not there.
  [[nodiscard]] Result<base::FileDescriptor> blob_folder(std::string_view algorithm) const;
  [[nodiscard]] Result<base::FileDescriptor> make_blob_folder(std::string_view algorithm) const;

  std::filesystem::path path_;
};

}  // namespace hallmark::layout
