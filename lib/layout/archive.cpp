#include <fcntl.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/encoding.h"
#include "base/try.h"
#include "hallmark/layout.h"
#include "layout/lock.h"
#include "layout/staged_file.h"
#include "layout/store_on.h"
#include "layout/tar.h"

namespace hallmark {
namespace {

using layout::Folder;
using layout::Place;
using layout::Region;
using layout::Tar;

std::string shown(const std::filesystem::path& file) { return "oci-archive:" + base::printable(file.native(), 400); }

std::filesystem::path parent_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

class ReadArchive final : public layout::StoreOn<ArchiveStore> {
 public:
  ReadArchive(std::string name, std::unique_ptr<Tar> tar)
      : StoreOn(std::move(name), *tar, nullptr), tar_(std::move(tar)) {}
  [[nodiscard]] Result<void> finish() override { return fail(Outcome::usage, name() + " was opened for reading only"); }

 private:
  std::unique_ptr<Tar> tar_;
};

// New content in a folder over what the archive held before; index.json always is the folder's.
class Overlay final : public Place {
 public:
  Overlay(std::unique_ptr<Folder> fresh, std::unique_ptr<Tar> old) : fresh_(std::move(fresh)), old_(std::move(old)) {}
  [[nodiscard]] const Folder& fresh() const { return *fresh_; }
  [[nodiscard]] Result<std::optional<Region>> blob(const Digest& digest) const override {
    HM_TRY(std::optional<Region> found, fresh_->blob(digest));
    if (found || !old_) return found;
    return old_->blob(digest);
  }
  [[nodiscard]] Result<Bytes> index() const override { return fresh_->index(); }
  [[nodiscard]] Result<std::vector<Digest>> blobs() const override {
    HM_TRY(std::vector<Digest> all, fresh_->blobs());
    if (!old_) return all;
    HM_TRY(const std::vector<Digest> before, old_->blobs());
    all.insert(all.end(), before.begin(), before.end());
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }

 private:
  std::unique_ptr<Folder> fresh_;
  std::unique_ptr<Tar> old_;
};

// The folder beside an archive in which its new content is collected; gone with the object.
class StagingFolder {
 public:
  static Result<StagingFolder> create(const std::filesystem::path& file) {
    const auto prefix = "." + file.filename().native() + ".hallmark-";
    remove_stale(parent_of(file), prefix);
    std::string name = (parent_of(file) / (prefix + "XXXXXX")).native();
    if (::mkdtemp(name.data()) == nullptr) {
      return fail(Outcome::usage, shown(file) + " cannot be written: " + std::generic_category().message(errno));
    }
    return StagingFolder(name);
  }
  StagingFolder(StagingFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  StagingFolder& operator=(StagingFolder&&) = delete;
  ~StagingFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit StagingFolder(std::filesystem::path path) : path_(std::move(path)) {}
  // Called with the archive's lock held: whatever is there belonged to a writer that was killed.
  static void remove_stale(const std::filesystem::path& folder, const std::string& prefix) {
    std::error_code error;
    std::vector<std::filesystem::path> stale;
    std::filesystem::directory_iterator entry(folder, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
      if (entry->path().filename().native().starts_with(prefix)) stale.push_back(entry->path());
    }
    for (const auto& path : stale) std::filesystem::remove_all(path, error);
  }
  std::filesystem::path path_;
};

struct WriteParts {
  std::filesystem::path file;
  layout::LockFile lock;
  StagingFolder staging;
  std::unique_ptr<Overlay> overlay;
};

class WriteArchive final : public layout::StoreOn<ArchiveStore> {
 public:
  WriteArchive(std::string name, WriteParts parts)
      : StoreOn(std::move(name), *parts.overlay, &parts.overlay->fresh()), parts_(std::move(parts)) {}

  [[nodiscard]] Result<void> finish() override {
    const auto folder = parent_of(parts_.file);
    layout::StagedFile::remove_stale(folder);
    HM_TRY(layout::StagedFile staged, layout::StagedFile::create(folder));
    HM_DO(layout::write_tar(*parts_.overlay, staged.fd(), layout::packing_of(parts_.file), name()));
    const base::FileDescriptor target(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return staged.commit(target.get(), parts_.file.filename().native());
  }

 private:
  WriteParts parts_;
};

Result<std::unique_ptr<ArchiveStore>> open_for_writing(const std::filesystem::path& file,
                                                       const ArchiveOptions& options) {
  if (!file.has_filename()) return fail(Outcome::usage, shown(file) + " names no file");
  auto lock_path = file;
  lock_path += ".lock";
  HM_TRY(layout::LockFile lock, layout::LockFile::acquire(lock_path));
  auto old = Tar::open(file, shown(file), options.temp_dir);
  if (!old && old.error().kind() != Outcome::not_found) return fail(old.error());
  HM_TRY(StagingFolder staging, StagingFolder::create(file));
  HM_TRY(std::unique_ptr<Folder> fresh, Folder::open(staging.path(), OpenMode::write));
  if (old) {
    HM_TRY(const Bytes index, (*old)->index());
    HM_DO(fresh->replace_index(index));
  }
  auto overlay = std::make_unique<Overlay>(std::move(fresh), old ? *std::move(old) : nullptr);
  return std::make_unique<WriteArchive>(shown(file),
                                        WriteParts{file, std::move(lock), std::move(staging), std::move(overlay)});
}

}  // namespace

Result<std::unique_ptr<ArchiveStore>> ArchiveStore::open(const std::filesystem::path& file, OpenMode mode,
                                                         const ArchiveOptions& options) {
  if (mode == OpenMode::write) return open_for_writing(file, options);
  HM_TRY(std::unique_ptr<Tar> tar, Tar::open(file, shown(file), options.temp_dir));
  return std::make_unique<ReadArchive>(shown(file), std::move(tar));
}

}  // namespace hallmark
