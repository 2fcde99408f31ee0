#include "base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>

#include "base/encoding.h"
#include "base/try.h"

namespace hallmark::base {

namespace {

std::string shown(const std::filesystem::path& path) { return printable(path.native(), 400); }

// "no such file or directory": the system's words in the house's spelling.
std::string system_words(int error) {
  std::string words = std::generic_category().message(error);
  if (!words.empty() && words[0] >= 'A' && words[0] <= 'Z') words[0] = static_cast<char>(words[0] - 'A' + 'a');
  return words;
}

Result<FileDescriptor> open_regular(const std::filesystem::path& path, Outcome kind) {
  // Without O_NONBLOCK a FIFO would block here, before it can be refused.
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) {
    if (errno == ENOENT) return fail(kind, shown(path) + ": no such file");
    return fail(kind, shown(path) + ": cannot be opened: " + system_words(errno));
  }
  struct ::stat status{};
  if (::fstat(fd.get(), &status) != 0) return fail(kind, shown(path) + ": " + system_words(errno));
  if (S_ISDIR(status.st_mode)) return fail(kind, shown(path) + ": is a directory, expected a file");
  if (!S_ISREG(status.st_mode)) return fail(kind, shown(path) + ": not a regular file");
  return fd;
}

// Fills `into` until it is full or the file ends; the number of bytes read.
Result<std::size_t> fill(int fd, std::span<std::uint8_t> into, std::string_view what, Outcome kind) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const ::ssize_t count = ::read(fd, into.data() + filled, into.size() - filled);
    if (count == 0) break;
    if (count < 0) {
      if (errno == EINTR) continue;
      return fail(kind, std::string(what) + ": cannot be read: " + system_words(errno));
    }
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

Error too_large(std::string_view what, std::size_t limit, Outcome kind) {
  return {kind, std::string(what) + ": more than the limit of " + std::to_string(limit) + " bytes"};
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

int FileDescriptor::release() noexcept { return std::exchange(fd_, -1); }

Result<bool> is_there(const std::filesystem::path& path, Outcome kind) {
  struct ::stat about{};
  if (::lstat(path.c_str(), &about) == 0) return true;
  if (errno == ENOENT) return false;
  return fail(kind, shown(path) + ": " + system_words(errno));
}

Result<Bytes> read_file(const std::filesystem::path& path, std::size_t limit, Outcome kind) {
  HM_TRY(const FileDescriptor fd, open_regular(path, kind));
  struct ::stat status{};
  const bool sized = ::fstat(fd.get(), &status) == 0 && status.st_size > 0;
  if (sized && static_cast<std::uint64_t>(status.st_size) > limit) return fail(too_large(shown(path), limit, kind));
  // The size is a hint only: the file may grow, and those under /proc say 0.
  Bytes bytes;
  std::size_t step = sized ? static_cast<std::size_t>(status.st_size) + 1 : 4096;
  for (;;) {
    const std::size_t had = bytes.size();
    bytes.resize(had + std::min(step, limit + 1 - had));
    HM_TRY(const std::size_t count, fill(fd.get(), std::span(bytes).subspan(had), shown(path), kind));
    const bool ended = had + count < bytes.size();
    bytes.resize(had + count);
    if (bytes.size() > limit) return fail(too_large(shown(path), limit, kind));
    if (ended) return bytes;
    step = bytes.size();
  }
}

Result<Secret> read_secret_file(const std::filesystem::path& path, std::size_t limit, Outcome kind) {
  HM_TRY(const FileDescriptor fd, open_regular(path, kind));
  return read_secret(fd.get(), limit, shown(path), kind);
}

Result<Secret> read_secret(int fd, std::size_t limit, std::string_view what, Outcome kind) {
  Secret secret(limit + 1);
  HM_TRY(const std::size_t count, fill(fd, secret.writable(), what, kind));
  if (count > limit) return fail(too_large(what, limit, kind));
  secret.shrink(count);
  return secret;
}

Result<FileLock> FileLock::acquire(const std::filesystem::path& path, std::chrono::milliseconds patience) {
  constexpr auto kPause = std::chrono::milliseconds(5);
  FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600));
  if (!fd.valid())
    return fail(Outcome::usage, shown(path) + ": the lock file cannot be opened: " + system_words(errno));
  const auto until = std::chrono::steady_clock::now() + patience;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return fail(Outcome::usage, shown(path) + ": cannot be locked: " + system_words(errno));
    if (std::chrono::steady_clock::now() >= until)
      return fail(Outcome::unreachable,
                  shown(path) + ": still locked by another process after " + std::to_string(patience.count()) + " ms");
    std::this_thread::sleep_for(kPause);
  }
  return FileLock(std::move(fd));
}

}  // namespace hallmark::base
