#include "base/utf8.h"

#include <cstdint>

namespace hallmark::base {

namespace {

std::size_t length_by_lead(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

bool in_range(char32_t code, std::size_t length) {
  switch (length) {
    case 3:
      return code >= 0x800 && (code < 0xD800 || code > 0xDFFF);
    case 4:
      return code >= 0x10000 && code <= 0x10FFFF;
    default:
      return true;
  }
}

}  // namespace

Utf8Character first_character(std::string_view text) {
  if (text.empty()) return {};
  const auto lead = static_cast<std::uint8_t>(text[0]);
  const std::size_t length = length_by_lead(lead);
  if (length == 0 || length > text.size()) return {};
  if (length == 1) return {lead, 1};
  char32_t code = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<std::uint8_t>(text[i]);
    if ((next & 0xC0u) != 0x80u) return {};
    code = (code << 6u) | (next & 0x3Fu);
  }
  if (!in_range(code, length)) return {};
  return {code, length};
}

}  // namespace hallmark::base
