#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/encoding.h"
#include "base/file.h"
#include "base/try.h"

namespace hallmark::base {

namespace {

std::unexpected<Error> cannot_write(const std::filesystem::path& path, int error) {
  return fail(Outcome::usage,
              printable(path.native(), 400) + ": cannot be written: " + std::generic_category().message(error));
}

std::unexpected<Error> exists_already(const std::filesystem::path& path) {
  return fail(Outcome::usage, printable(path.native(), 400) + ": exists already, and is left as it is");
}

// A file of another name beside its later place; gone with this object unless it was moved there.
class TemporaryFile {
 public:
  static Result<TemporaryFile> create(const std::filesystem::path& target, ::mode_t mode) {
    constexpr int kTries = 16;
    for (int i = 0; i < kTries; ++i) {
      std::array<std::uint8_t, 8> random{};
      if (::getrandom(random.data(), random.size(), 0) != static_cast<::ssize_t>(random.size()))
        return cannot_write(target, errno);
      auto path = target.parent_path() / ("." + target.filename().native() + "." + hex_encode(random));
      FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
      if (fd.valid()) return TemporaryFile(std::move(path), std::move(fd));
      if (errno != EEXIST) return cannot_write(target, errno);
    }
    return cannot_write(target, EEXIST);
  }
  TemporaryFile(TemporaryFile&& other) noexcept : path_(std::move(other.path_)), fd_(std::move(other.fd_)) {
    other.path_.clear();
  }
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  Result<void> write(BytesView bytes, const std::filesystem::path& target) {
    while (!bytes.empty()) {
      const ::ssize_t count = ::write(fd_.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return cannot_write(target, errno);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    if (::fsync(fd_.get()) != 0) return cannot_write(target, errno);
    return {};
  }

  Result<void> move_over(const std::filesystem::path& target) {
    if (::rename(path_.c_str(), target.c_str()) != 0) return cannot_write(target, errno);
    path_.clear();
    return {};
  }

  Result<void> move_beside_nothing(const std::filesystem::path& target) {
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0) {
      path_.clear();
      return {};
    }
    if (errno == EEXIST) return exists_already(target);
    if (errno != EINVAL && errno != ENOSYS) return cannot_write(target, errno);
    // A file system without RENAME_NOREPLACE: a hard link refuses an existing name, too.
    if (::link(path_.c_str(), target.c_str()) == 0) return {};
    return errno == EEXIST ? exists_already(target) : cannot_write(target, errno);
  }

 private:
  TemporaryFile(std::filesystem::path path, FileDescriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::filesystem::path path_;
  FileDescriptor fd_;
};

// The new name itself must survive a power cut.
Result<void> sync_folder_of(const std::filesystem::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return cannot_write(path, errno);
  // Some file systems know no fsync of folders (EINVAL); there is nothing more to be done on them.
  if (::fsync(fd.get()) != 0 && errno != EINVAL) return cannot_write(path, errno);
  return {};
}

}  // namespace

Result<void> write_file(const std::filesystem::path& path, BytesView bytes, const WriteOptions& options) {
  HM_TRY(auto file, TemporaryFile::create(path, options.mode));
  HM_DO(file.write(bytes, path));
  HM_DO(options.overwrite ? file.move_over(path) : file.move_beside_nothing(path));
  return sync_folder_of(path);
}

}  // namespace hallmark::base
