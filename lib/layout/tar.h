// Tar: the files of a layout in an archive, found and bounded, and such an archive written.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "layout/place.h"
#include "layout/reading_time.h"

namespace hallmark::layout {

enum class Packing : std::uint8_t { none, gzip, zstd };

// By the name: .tar.gz and .tgz, .tar.zst and .tzst; anything else is not packed.
[[nodiscard]] Packing packing_of(const std::filesystem::path& file);

struct TarOptions {
  std::filesystem::path temp_dir = {};  // for the content of a compressed archive
  const ReadingTime& time;
};

// An OCI archive that was read: where each file of the layout lies. Nothing is ever written under a name that an
// archive gives.
class Tar final : public Place {
 public:
  // `what` names the archive in errors. Kind of errors: not_found (no such file), malformed, unreachable (out of time).
  [[nodiscard]] static Result<std::unique_ptr<Tar>> open(const std::filesystem::path& file, const std::string& what,
                                                         const TarOptions& options);
  // The same from an open file, read from its start.
  [[nodiscard]] static Result<std::unique_ptr<Tar>> open(base::FileDescriptor file, const std::string& what,
                                                         const TarOptions& options);

  [[nodiscard]] Result<std::optional<Region>> blob(const Digest& digest) const override;
  [[nodiscard]] Result<IndexFile> index() const override;
  [[nodiscard]] Result<Version> index_version() const override;
  [[nodiscard]] Result<std::vector<Digest>> blobs() const override;

 private:
  friend class TarScan;
  explicit Tar(std::string what) : what_(std::move(what)) {}
  [[nodiscard]] Result<void> expect_layout() const;
  [[nodiscard]] Result<Bytes> file(const std::string& name, std::size_t limit) const;

  std::string what_;
  std::map<std::string, Region> files_;  // "index.json"
  std::map<Digest, Region> blobs_;
};

// The whole layout as an archive, the same bytes for the same content: entries sorted, no owner, no time.
[[nodiscard]] Result<void> write_tar(const Place& place, int fd, Packing packing, const std::string& what);

}  // namespace hallmark::layout
