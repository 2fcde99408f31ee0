#include "cmd/common/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace hallmark::cmd {

namespace {

constexpr std::string_view kName = "hallmark: ";

bool is_terminal() {
  static const bool terminal = ::isatty(STDERR_FILENO) == 1;
  return terminal;
}

}  // namespace

void Output::result(std::string_view line) {
  std::string text(line);
  raw_result(text += '\n');
}

void Output::raw_result(std::string_view text) {
  const std::lock_guard lock(mutex_);
  clear_progress();
  errno = 0;
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written && write_error_ == 0) write_error_ = errno != 0 ? errno : EIO;
}

void Output::flush() {
  const std::lock_guard lock(mutex_);
  clear_progress();
  errno = 0;
  if (std::fflush(stdout) != 0 && write_error_ == 0) write_error_ = errno != 0 ? errno : EIO;
}

void Output::say(std::string_view prefix, std::string_view line) {
  const std::lock_guard lock(mutex_);
  clear_progress();
  std::string text(kName);
  text.append(prefix).append(line).push_back('\n');
  // One write a line, so that several processes can share a log; stderr failing is nobody's result.
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

void Output::note(std::string_view line) {
  if (!options_.quiet) say("", line);
}

void Output::detail(std::string_view line) {
  if (options_.verbose) say("", line);
}

void Output::warning(std::string_view line, std::string_view hint) {
  if (options_.quiet) return;
  say("warning: ", line);
  if (!hint.empty()) say("hint: ", hint);
}

void Output::error(const Error& error) { this->error(error.message(), error.hint()); }

void Output::error(std::string_view line, std::string_view hint) {
  say("error: ", line);
  if (!hint.empty()) say("hint: ", hint);
}

void Output::progress(std::string_view line) {
  if (options_.quiet || json() || !is_terminal()) return;
  const std::lock_guard lock(mutex_);
  std::string text = "\r\033[K";
  text.append(kName).append(line);
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
  progress_shown_ = true;
}

void Output::clear_progress() {
  if (!progress_shown_) return;
  (void)std::fputs("\r\033[K", stderr);
  progress_shown_ = false;
}

Result<void> Output::finish() {
  flush();
  if (write_error_ == 0) return {};
  return fail(Error(Outcome::internal, std::string("cannot write to standard output: ") + std::strerror(write_error_)));
}

void occupy_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is this one. Opened the wrong way round, so that using it still fails.
    (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace hallmark::cmd
