#include <fcntl.h>

#include "base/encoding.h"
#include "base/try.h"
#include "hallmark/layout.h"
#include "layout/lock.h"
#include "layout/staged_file.h"
#include "layout/staging.h"
#include "layout/store_on.h"
#include "layout/tar.h"

namespace hallmark {
namespace {

using layout::Tar;

std::string shown(const std::filesystem::path& file) { return "oci-archive:" + base::printable(file.native(), 400); }

std::filesystem::path parent_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

class ReadArchive final : public layout::StoreOn<ArchiveStore> {
 public:
  ReadArchive(const std::string& name, std::unique_ptr<Tar> tar, std::shared_ptr<layout::ReadingTime> time)
      : StoreOn(name, {*tar, nullptr, std::move(time)}), tar_(std::move(tar)) {}
  [[nodiscard]] Result<void> finish() override { return fail(Outcome::usage, name() + " was opened for reading only"); }

 private:
  std::unique_ptr<Tar> tar_;
};

struct WriteParts {
  std::filesystem::path file;
  layout::LockFile lock;
  std::unique_ptr<layout::Staging> staging;
};

class WriteArchive final : public layout::StoreOn<ArchiveStore> {
 public:
  WriteArchive(const std::string& name, WriteParts parts, std::shared_ptr<layout::ReadingTime> time)
      : StoreOn(name, {*parts.staging, parts.staging.get(), std::move(time)}), parts_(std::move(parts)) {}

  [[nodiscard]] Result<void> finish() override {
    const auto folder = parent_of(parts_.file);
    layout::StagedFile::remove_stale(folder);
    HM_TRY(layout::StagedFile staged, layout::StagedFile::create(folder));
    HM_DO(layout::write_tar(*parts_.staging, staged.fd(), layout::packing_of(parts_.file), name()));
    const base::FileDescriptor target(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return staged.commit(target.get(), parts_.file.filename().native());
  }

 private:
  WriteParts parts_;
};

Result<std::unique_ptr<ArchiveStore>> open_for_writing(const std::filesystem::path& file,
                                                       const LayoutOptions& options) {
  if (!file.has_filename()) return fail(Outcome::usage, shown(file) + " names no file");
  auto lock_path = file;
  lock_path += ".lock";
  HM_TRY(layout::LockFile lock, layout::LockFile::acquire(lock_path));
  auto time = std::make_shared<layout::ReadingTime>(options);
  auto old = Tar::open(file, shown(file), {.temp_dir = options.temp_dir, .time = *time});
  if (!old && old.error().kind() != Outcome::not_found) return fail(old.error());
  HM_TRY(std::unique_ptr<layout::Staging> staging,
         layout::Staging::create(parent_of(file), shown(file), old ? *std::move(old) : nullptr));
  return std::make_unique<WriteArchive>(shown(file), WriteParts{file, std::move(lock), std::move(staging)},
                                        std::move(time));
}

}  // namespace

Result<std::unique_ptr<ArchiveStore>> ArchiveStore::open(const std::filesystem::path& file, OpenMode mode,
                                                         const LayoutOptions& options) {
  if (mode == OpenMode::write) return open_for_writing(file, options);
  auto time = std::make_shared<layout::ReadingTime>(options);
  HM_TRY(std::unique_ptr<Tar> tar, Tar::open(file, shown(file), {.temp_dir = options.temp_dir, .time = *time}));
  return std::make_unique<ReadArchive>(shown(file), std::move(tar), std::move(time));
}

}  // namespace hallmark
