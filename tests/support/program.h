// run_program: a program as a child process: what it said, how it ended, what it took.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hallmark::test {

struct ProgramOptions {
  std::map<std::string, std::string> environment = {};  // all of it, beside PATH
  std::filesystem::path standard_output = {};           // opened in place of what is read back, e.g. /dev/full
  bool close_standard_output = false;                   // as ">&-" does
  std::size_t address_space = 0;                        // RLIMIT_AS in bytes; 0: none
  std::chrono::seconds patience = std::chrono::seconds(60);
};

struct ProgramRun {
  int exit_code = -1;  // -1: ended by a signal
  int signal = 0;
  std::string out;
  std::string err;
  std::size_t peak_kib = 0;  // resident
  std::chrono::milliseconds elapsed{0};
};

// `arguments` begin with the program's path. One that runs out of patience is killed, and has signal SIGKILL.
[[nodiscard]] ProgramRun run_program(const std::vector<std::string>& arguments, const ProgramOptions& options = {});

// The built `hallmark`, or nothing where it was not built.
[[nodiscard]] std::optional<std::string> built_hallmark();

}  // namespace hallmark::test
