#include "layout/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"

namespace hallmark::layout {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

std::string shown(const std::filesystem::path& path) { return base::printable(path.native(), 400); }

std::unexpected<Error> cannot_lock(const std::filesystem::path& path, int error) {
  return fail(Outcome::usage, shown(path) + " cannot be locked for writing: " + std::generic_category().message(error));
}

Result<void> wait_for(int fd, const std::filesystem::path& path, Deadline until) {
  constexpr auto kPause = std::chrono::milliseconds(2);
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return cannot_lock(path, errno);
    if (std::chrono::steady_clock::now() >= until) {
      return fail(Outcome::unreachable, shown(path) + " is still being written by another process");
    }
    std::this_thread::sleep_for(kPause);
  }
  return {};
}

Deadline deadline() { return std::chrono::steady_clock::now() + limits::layout_lock_time; }

// Whether the locked file still is the one of that name: its former owner removes it.
bool is_current(int fd, const std::filesystem::path& path) {
  struct ::stat held{};
  struct ::stat named{};
  return ::fstat(fd, &held) == 0 && ::lstat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}

}  // namespace

Result<base::FileDescriptor> lock_folder(const std::filesystem::path& folder) {
  base::FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return cannot_lock(folder, errno);
  HM_DO(wait_for(fd.get(), folder, deadline()));
  return fd;
}

Result<LockFile> LockFile::acquire(std::filesystem::path path) {
  const auto until = deadline();
  for (;;) {
    base::FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd.valid()) return cannot_lock(path, errno);
    HM_DO(wait_for(fd.get(), path, until));
    if (is_current(fd.get(), path)) return LockFile(std::move(path), std::move(fd));
  }
}

LockFile::LockFile(LockFile&& other) noexcept : path_(std::move(other.path_)), fd_(std::move(other.fd_)) {
  other.path_.clear();
}

LockFile::~LockFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace hallmark::layout
