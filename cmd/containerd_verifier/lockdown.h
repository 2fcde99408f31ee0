// Lockdown: gives up what a process that parses foreign bytes does not need.
#pragma once

#include <filesystem>
#include <span>

#include "hallmark/result.h"

namespace hallmark::cmd {

// No new privileges, no core dump, bounded memory, CPU time, files and file size; and a seccomp filter that leaves
// reading, threads, memory, clocks and connections. Starting a program, making a process, opening a file for writing,
// changing anything on a file system, tracing, and every call nobody thought of end the process at once (SIGSYS). Of
// files those below `readable` are left, and what connections need (see reading.h). For the calling thread and those it
// starts: to be called while there is one. Kind of errors: internal; then nothing may be parsed.
[[nodiscard]] Result<void> lock_down(std::span<const std::filesystem::path> readable);

}  // namespace hallmark::cmd
