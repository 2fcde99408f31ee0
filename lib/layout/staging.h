// Staging: what is to become an archive: new content over what the archive held before.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "layout/place.h"

namespace hallmark::layout {

// New blobs lie one behind the other in files without names, of which nothing is left however the process ends. There
// are as many files as blobs were ever written at once.
class Staging final : public WritablePlace {
 public:
  // `folder` is where the archive will be: its file system has the room. `old` is null for a new archive; `what` names
  // it in errors. Kind of errors: usage.
  [[nodiscard]] static Result<std::unique_ptr<Staging>> create(std::filesystem::path folder, std::string what,
                                                               std::unique_ptr<Place> old);

  [[nodiscard]] Result<std::optional<Region>> blob(const Digest& digest) const override;
  [[nodiscard]] Result<IndexFile> index() const override;
  [[nodiscard]] Result<Version> index_version() const override;
  [[nodiscard]] Result<std::vector<Digest>> blobs() const override;

  [[nodiscard]] Result<void> put_blob(const Descriptor& descriptor, BlobSource& source) override;
  [[nodiscard]] Result<void> put_blob(const Digest& digest, BytesView bytes) override;
  // Against other threads; the archive's own lock keeps other processes away.
  [[nodiscard]] Result<Held> lock() override;
  [[nodiscard]] Result<void> replace_index(BytesView bytes) override;

 private:
  struct Sheet {
    std::shared_ptr<const base::FileDescriptor> file;
    std::uint64_t end = 0;  // of the last blob that is whole: the next is written from here
  };
  using Writing = std::function<Result<void>(const BlobSink& append)>;

  Staging(std::filesystem::path folder, std::string what, std::unique_ptr<Place> old, Bytes index)
      : folder_(std::move(folder)), what_(std::move(what)), old_(std::move(old)), index_(std::move(index)) {}
  [[nodiscard]] Result<void> put(const Digest& digest, std::uint64_t size, const Writing& writing);
  [[nodiscard]] Result<Sheet> take_sheet();
  [[nodiscard]] Result<void> write(const Sheet& sheet, std::uint64_t offset, BytesView bytes) const;

  const std::filesystem::path folder_;
  const std::string what_;
  const std::unique_ptr<Place> old_;
  std::mutex editing_;
  mutable std::mutex mutex_;   // guards what follows
  std::vector<Sheet> sheets_;  // that nobody writes to now
  std::map<Digest, Region> fresh_;
  Bytes index_;
  Version index_version_;  // `modified` counts
};

}  // namespace hallmark::layout
