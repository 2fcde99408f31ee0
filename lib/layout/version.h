// Version: which file it is and how it stands, to notice that another took its place or other bytes are in it.
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace hallmark::layout {

struct Version {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // ns
  std::int64_t changed = 0;   // ns
  friend bool operator==(const Version&, const Version&) = default;
};

[[nodiscard]] inline Version version_of(const struct ::stat& status) {
  const auto nanoseconds = [](const ::timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  };
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .modified = nanoseconds(status.st_mtim),
          .changed = nanoseconds(status.st_ctim)};
}

}  // namespace hallmark::layout
