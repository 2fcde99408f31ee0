// Reading: which files a process that parses foreign bytes may still open.
#pragma once

#include <filesystem>
#include <span>

#include "hallmark/result.h"

namespace hallmark::cmd {

// From now on this thread, and those it starts, can open files only below these folders and files, and below those that
// names, TLS and the C library need: every other is "permission denied", also to root. What is not there is passed
// over. By Landlock (Linux 5.13); where the kernel lacks it, all stays open. No new privileges must be set. Kind of
// errors: internal.
[[nodiscard]] Result<void> read_only_below(std::span<const std::filesystem::path> places);

}  // namespace hallmark::cmd
