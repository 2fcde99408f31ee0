// Output: results go to stdout, everything for human eyes to stderr; whether stdout took it all is known at the end.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "hallmark/result.h"

namespace hallmark::cmd {

enum class OutputFormat : std::uint8_t { text, json };

struct OutputOptions {
  OutputFormat format = OutputFormat::text;
  bool quiet = false;    // no notes and warnings; errors stay
  bool verbose = false;  // checks, requests, where settings come from; never a secret
};

// Thread-safe: lines never mix.
class Output {
 public:
  Output() = default;
  void configure(const OutputOptions& options) { options_ = options; }
  [[nodiscard]] bool json() const { return options_.format == OutputFormat::json; }
  [[nodiscard]] bool verbose() const { return options_.verbose; }

  void result(std::string_view line);      // stdout
  void raw_result(std::string_view text);  // stdout, these very bytes
  void flush();                            // stdout: whoever waits for a line has it
  void note(std::string_view line);        // stderr: "hallmark: <line>"
  void detail(std::string_view line);      // stderr, with --verbose only
  void warning(std::string_view line, std::string_view hint = {});
  void error(const Error& error);
  void error(std::string_view line, std::string_view hint);
  // One line that is drawn over the last one; only when stderr is a terminal, and taken away by any other line.
  void progress(std::string_view line);

  // Flushes stdout. Kind of errors: internal, when something did not arrive (full disk, closed stdout).
  [[nodiscard]] Result<void> finish();

 private:
  void say(std::string_view prefix, std::string_view line);
  void clear_progress();

  OutputOptions options_;
  std::mutex mutex_;
  int write_error_ = 0;  // errno of the first failed write
  bool progress_shown_ = false;
};

// Opens /dev/null for each of 0, 1 and 2 that is closed, in a way that still makes writing fail: no file of ours may
// become "standard output".
void occupy_standard_descriptors();

}  // namespace hallmark::cmd
