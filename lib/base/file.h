// Files: bounded reads, atomic durable writes, locks.
#pragma once

#include <sys/types.h>
#include <chrono>
#include <filesystem>

#include "hallmark/bytes.h"
#include "hallmark/result.h"
#include "hallmark/secret.h"

namespace hallmark::base {

class FileDescriptor {  // owner of a POSIX descriptor
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  int release() noexcept;

 private:
  int fd_ = -1;
};

// Whether anything is there by that name, a link that leads nowhere included. Only "no such file" is a no: what cannot
// be looked at is an error of that kind.
[[nodiscard]] Result<bool> is_there(const std::filesystem::path& path, Outcome kind);
// The whole regular file, or an error when it has more than `limit` bytes (never cut off). `kind` is what a failure
// means to the user: key, config, malformed; a missing file is always of that kind too, and says so.
[[nodiscard]] Result<Bytes> read_file(const std::filesystem::path& path, std::size_t limit, Outcome kind);
// The same into wiped memory, for keys and passwords.
[[nodiscard]] Result<Secret> read_secret_file(const std::filesystem::path& path, std::size_t limit, Outcome kind);
// Everything up to end of file from an open descriptor (a pipe, stdin), bounded.
[[nodiscard]] Result<Secret> read_secret(int fd, std::size_t limit, std::string_view what, Outcome kind);

struct WriteOptions {
  ::mode_t mode = 0644;
  bool overwrite = true;  // false: an existing file is an error of kind `usage`, and stays as it was
};
// Temp file in the same folder, fsync, rename (or link, when it may not overwrite), fsync of the folder: afterwards the
// file is either as before or complete. A failed write leaves no temp file. The umask applies to `mode`; a symbolic
// link at `path` is replaced, not followed. Kind of errors: usage.
[[nodiscard]] Result<void> write_file(const std::filesystem::path& path, BytesView bytes,
                                      const WriteOptions& options = {});

// An advisory lock on a file (flock), held while the object lives; created 0600 when missing. Waits up to `patience`.
// Errors: usage when the file cannot be opened, unreachable when another holds it for longer.
class FileLock {
 public:
  [[nodiscard]] static Result<FileLock> acquire(const std::filesystem::path& path, std::chrono::milliseconds patience);

 private:
  explicit FileLock(FileDescriptor fd) : fd_(std::move(fd)) {}
  FileDescriptor fd_;
};

}  // namespace hallmark::base
