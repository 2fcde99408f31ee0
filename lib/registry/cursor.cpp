#include "registry/cursor.h"

namespace hallmark::registry {

bool Cursor::take(char c) {
  if (done() || text_[at_] != c) return false;
  ++at_;
  return true;
}

void Cursor::skip_space() {
  while (!done() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
}

void Cursor::skip_commas() {
  while (!done() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == ',')) ++at_;
}

std::string_view Cursor::token() {
  const std::size_t start = at_;
  while (!done() && is_token_char(text_[at_])) ++at_;
  return text_.substr(start, at_ - start);
}

std::string_view Cursor::until(std::string_view stops) {
  const std::size_t start = at_;
  while (!done() && stops.find(text_[at_]) == std::string_view::npos) ++at_;
  return text_.substr(start, at_ - start);
}

std::optional<std::string> Cursor::quoted() {
  std::string out;
  while (!done()) {
    const char c = text_[at_++];
    if (c == '"') return out;
    if (c != '\\') {
      out += c;
    } else if (!done()) {
      out += text_[at_++];
    }
  }
  return std::nullopt;
}

}  // namespace hallmark::registry
