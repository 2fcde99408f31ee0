#include "layout/staged_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/anonymous_file.h"
#include "base/encoding.h"
#include "base/try.h"
#include "crypto/hash.h"

namespace hallmark::layout {
namespace {

constexpr std::string_view kPrefix = ".hallmark-";

std::string shown(const std::filesystem::path& path) { return base::printable(path.native(), 400); }

std::unexpected<Error> cannot_write(const std::string& what, int error) {
  return fail(Outcome::usage, what + ": cannot be written: " + std::generic_category().message(error));
}

// Between making and locking, another writer may take the file for a dead one's.
bool is_removed(int fd) {
  struct ::stat status{};
  return ::fstat(fd, &status) != 0 || status.st_nlink == 0;
}

}  // namespace

Result<StagedFile> StagedFile::create(const std::filesystem::path& folder) {
  for (;;) {
    auto path = folder / (std::string(kPrefix) + base::hex_encode(crypto::random_bytes(8)));
    base::FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd.valid() && errno == EEXIST) continue;
    if (!fd.valid()) return cannot_write(shown(folder), errno);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0 && !is_removed(fd.get())) {
      return StagedFile(std::move(path), std::move(fd));
    }
  }
}

StagedFile::StagedFile(StagedFile&& other) noexcept : path_(std::move(other.path_)), fd_(std::move(other.fd_)) {
  other.path_.clear();
}

StagedFile::~StagedFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<void> StagedFile::write(BytesView bytes) { return base::write_all(fd_.get(), bytes, shown(path_)); }

Result<void> StagedFile::commit(int target, const std::string& name) {
  if (::fsync(fd_.get()) != 0) return cannot_write(shown(path_), errno);
  if (::renameat(AT_FDCWD, path_.c_str(), target, name.c_str()) != 0) return cannot_write(shown(path_), errno);
  path_.clear();
  return sync_folder(target, name);
}

void StagedFile::remove_stale(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const auto path = entry->path();
    if (!path.filename().native().starts_with(kPrefix)) continue;
    const base::FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (fd.valid() && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(path.c_str());
  }
}

Result<void> sync_folder(int folder, const std::string& what) {
  // Some file systems know no fsync of folders (EINVAL); there is nothing more to be done on them.
  if (::fsync(folder) != 0 && errno != EINVAL) return cannot_write(what, errno);
  return {};
}

}  // namespace hallmark::layout
