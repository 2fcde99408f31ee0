// UTF-8, one character at a time, strict.
#pragma once

#include <cstddef>
#include <string_view>

namespace hallmark::base {

struct Utf8Character {
  char32_t code = 0;
  std::size_t length = 0;  // bytes it takes, 1 … 4; 0 when the text does not start with a well-formed character
};

// Well-formed as Unicode table 3-7 has it: no overlong forms, no surrogates, nothing over U+10FFFF.
[[nodiscard]] Utf8Character first_character(std::string_view text);

}  // namespace hallmark::base
