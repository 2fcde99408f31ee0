#include "cmd/common/line_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"

namespace hallmark::cmd {

Result<LineSource> LineSource::open(const std::string& path) {
  if (path == "-") return LineSource("standard input", base::FileDescriptor(), STDIN_FILENO);
  base::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.valid())
    return fail(Outcome::usage, "the list " + base::printable(path) + " cannot be opened: " + std::strerror(errno));
  const int fd = file.get();
  return LineSource(base::printable(path), std::move(file), fd);
}

Result<bool> LineSource::raw_line(std::string& line) {
  line.clear();
  for (;;) {
    if (begin_ == end_) {
      const ::ssize_t count = ::read(fd_, buffer_.data(), buffer_.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail(Outcome::usage, name_ + ": cannot be read: " + std::strerror(errno));
      if (count == 0) return !line.empty();
      begin_ = 0;
      end_ = static_cast<std::size_t>(count);
    }
    const char* from = buffer_.data() + begin_;
    const char* newline = std::find(from, static_cast<const char*>(buffer_.data()) + end_, '\n');
    line.append(from, newline);
    begin_ = static_cast<std::size_t>(newline - buffer_.data());
    if (line.size() > limits::list_line_bytes)
      return fail(Outcome::usage, name_ + ":" + std::to_string(line_ + 1) + ": the line is longer than " +
                                      std::to_string(limits::list_line_bytes) + " bytes");
    if (begin_ < end_) {
      ++begin_;
      return true;
    }
  }
}

Result<std::optional<std::string>> LineSource::next() {
  constexpr std::string_view kBlanks = " \t\r";
  std::string line;
  for (;;) {
    HM_TRY(const bool some, raw_line(line));
    if (!some) return std::nullopt;
    ++line_;
    const std::size_t first = line.find_first_not_of(kBlanks);
    if (first == std::string::npos || line[first] == '#') continue;
    return line.substr(first, line.find_last_not_of(kBlanks) - first + 1);
  }
}

}  // namespace hallmark::cmd
