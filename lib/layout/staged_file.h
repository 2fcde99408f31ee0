// StagedFile: a file that is written under another name and then moved to its place as a whole.
#pragma once

#include <filesystem>
#include <string>

#include "base/file.h"

namespace hallmark::layout {

// What a killed writer leaves is told apart from what a living one is writing by its lock, and removed by the next.
class StagedFile {
 public:
  // In `folder`, on the file system of its later place. Kind of errors: usage.
  [[nodiscard]] static Result<StagedFile> create(const std::filesystem::path& folder);
  StagedFile(StagedFile&& other) noexcept;
  StagedFile& operator=(StagedFile&&) = delete;
  ~StagedFile();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] Result<void> write(BytesView bytes);
  // fsync, rename over `name` in the open folder `target`, fsync of that folder.
  [[nodiscard]] Result<void> commit(int target, const std::string& name);

  // Removes what killed writers left in a folder.
  static void remove_stale(const std::filesystem::path& folder);

 private:
  StagedFile(std::filesystem::path path, base::FileDescriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::filesystem::path path_;
  base::FileDescriptor fd_;
};

// fsync of a folder: the names in it survive a power cut.
[[nodiscard]] Result<void> sync_folder(int folder, const std::string& what);

}  // namespace hallmark::layout
