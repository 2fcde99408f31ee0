// LineSource: the lines of a list, one at a time, with memory that does not grow.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/file.h"

namespace hallmark::cmd {

// Lines without their ends and surrounding blanks; empty ones and those that start with '#' are passed over.
class LineSource {
 public:
  // "-" is standard input. Kind of errors: usage.
  [[nodiscard]] static Result<LineSource> open(const std::string& path);
  // Nothing at the end of the list. A line over limits::list_line_bytes or a failed read is an error (usage).
  [[nodiscard]] Result<std::optional<std::string>> next();

 private:
  LineSource(std::string name, base::FileDescriptor owned, int fd)
      : name_(std::move(name)), owned_(std::move(owned)), fd_(fd) {}
  [[nodiscard]] Result<bool> raw_line(std::string& line);

  std::string name_;
  base::FileDescriptor owned_;
  int fd_;
  std::array<char, 16384> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t line_ = 0;
};

}  // namespace hallmark::cmd
