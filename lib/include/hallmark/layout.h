// OCI layouts on disk: a directory, or an archive of one (tar, tar.gz, tar.zst).
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "hallmark/clock.h"
#include "hallmark/content_store.h"

namespace hallmark {

enum class OpenMode : std::uint8_t { read, write };  // write creates what is missing

class LayoutStore : public ContentStore {
 public:
  // What a user means who names neither tag nor digest: the one image of the layout. Kind of errors: usage, naming the
  // tags there are, when it holds none or several.
  [[nodiscard]] virtual Result<Descriptor> only_image() = 0;
  // Another operation begins: its LayoutOptions::timeout runs from here.
  virtual void renew() = 0;
  // Kind of errors: unreachable, when one of its reads came too late.
  [[nodiscard]] virtual Result<void> expect_in_time() const = 0;
};

struct LayoutOptions {
  // How long one operation may read, from the opening on; then its reads are of kind unreachable. Needs the clock,
  // which must outlive the store; without one there is no end.
  std::chrono::milliseconds timeout = {};
  const Clock* clock = nullptr;
  std::filesystem::path temp_dir = {};  // for the unpacked content of a compressed archive; empty: /var/tmp, else /tmp
};

// Source: image-spec image-layout.md. Tags are `org.opencontainers.image.ref.name` in index.json, either a bare tag or
// a full reference that ends in it. Referrers are found by their `subject` among what index.json lists, and in the
// fallback tag. Writers lock the directory; a reader sees the layout either before or after a write. Links are never
// followed. Errors: not_found (no such directory), malformed (no layout), usage (cannot be written).
[[nodiscard]] Result<std::unique_ptr<LayoutStore>> open_layout(const std::filesystem::path& directory, OpenMode mode,
                                                               const LayoutOptions& options = {});

// Reading streams the archive once to find its entries; a compressed one is unpacked into a file without a name,
// bounded. Archives with links, devices, "..", absolute or duplicate paths, or more than limits allow are malformed.
// Writing collects new content in files without names beside the file, holds a lock on it (FILE.lock), and replaces the
// file as a whole when `finish` is called, or leaves it as it was. The name says how it is packed: .tar, .tar.gz, .tgz,
// .tar.zst.
class ArchiveStore : public LayoutStore {
 public:
  [[nodiscard]] static Result<std::unique_ptr<ArchiveStore>> open(const std::filesystem::path& file, OpenMode mode,
                                                                  const LayoutOptions& options = {});
  [[nodiscard]] virtual Result<void> finish() = 0;  // write mode: make it durable; without it nothing changes
};

}  // namespace hallmark
