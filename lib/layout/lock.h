// Locks of writers: on a layout's folder, and on an archive by a file beside it.
#pragma once

#include <filesystem>
#include <string>

#include "base/file.h"

namespace hallmark::layout {

// An exclusive flock on the folder itself, held until the descriptor is closed: it leaves no file behind. Waits up to
// limits::layout_lock_time. Two descriptors of one process exclude each other, too.
[[nodiscard]] Result<base::FileDescriptor> lock_folder(const std::filesystem::path& folder);

// An exclusive flock on a file that is made for it and removed with it.
class LockFile {
 public:
  [[nodiscard]] static Result<LockFile> acquire(std::filesystem::path path);
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&&) = delete;
  ~LockFile();

 private:
  LockFile(std::filesystem::path path, base::FileDescriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::filesystem::path path_;
  base::FileDescriptor fd_;
};

}  // namespace hallmark::layout
