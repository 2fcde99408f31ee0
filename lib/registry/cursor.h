// Cursor: reads one header field from left to right, never past its end.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "registry/text.h"

namespace hallmark::registry {

class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] bool done() const { return at_ == text_.size(); }
  [[nodiscard]] char peek() const { return done() ? '\0' : text_[at_]; }
  [[nodiscard]] std::size_t position() const { return at_; }
  void go_to(std::size_t position) { at_ = position; }
  bool take(char c);
  void skip_space();  // OWS
  // Commas and space between the elements of a list; RFC 9110 section 5.6.1 lets elements be empty.
  void skip_commas();
  [[nodiscard]] std::string_view token();  // may be empty
  [[nodiscard]] std::string_view until(std::string_view stops);
  // After its opening quote: the unescaped text, or nothing when the closing quote is missing.
  [[nodiscard]] std::optional<std::string> quoted();

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace hallmark::registry
