#include "base/yaml.h"

#include <algorithm>
#include <array>
#include <string>

namespace hallmark::base {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower(std::string_view text) {
  std::string low(text);
  std::ranges::transform(low, low.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return low;
}

// JSON's integers: no plus, no leading zero.
bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return false;
  return std::ranges::all_of(text, is_digit);
}

// Everything that one reader or another takes for a number, a truth value, a date or nothing: 0o7, 0x1F, 1e3, 1_000,
// 1:30 (sixty times one and thirty, in YAML 1.1), .inf, 2026-01-01, no, on. Rather too much than too little: who means
// the text puts it in quotes.
bool is_ambiguous(std::string_view text) {
  constexpr std::array<std::string_view, 10> kWords = {"yes", "no",   "on",    "off",  "y",
                                                       "n",   "true", "false", "null", "~"};
  const std::string low = lower(text);
  if (std::ranges::find(kWords, std::string_view(low)) != kWords.end()) return true;
  std::string_view rest = low;
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == ".inf" || rest == ".nan" || rest == "<<" || rest == "=") return true;
  const bool starts_as_number =
      !rest.empty() && (is_digit(rest.front()) || (rest.front() == '.' && rest.size() > 1 && is_digit(rest[1])));
  if (!starts_as_number) return false;
  if (rest.starts_with("0x")) return rest.find_first_not_of("0123456789abcdef_", 2) == std::string_view::npos;
  return rest.find_first_not_of("0123456789abcdefoxtz_.:+- ") == std::string_view::npos &&
         rest.find_first_of("abcdf") == std::string_view::npos;
}

Yaml::Kind kind_of_plain(std::string_view text) {
  if (text == "true" || text == "false") return Yaml::Kind::boolean;
  if (is_integer(text)) return Yaml::Kind::integer;
  return is_ambiguous(text) ? Yaml::Kind::other : Yaml::Kind::text;
}

}  // namespace

Yaml::Kind Yaml::kind() const {
  if (std::holds_alternative<Sequence>(value_)) return Kind::sequence;
  if (std::holds_alternative<Mapping>(value_)) return Kind::mapping;
  const auto* scalar = as_scalar();
  if (scalar == nullptr) return Kind::null;
  return style_ == Style::quoted ? Kind::text : kind_of_plain(*scalar);
}

const std::string* Yaml::as_scalar() const { return std::get_if<std::string>(&value_); }

const Yaml* Yaml::find(std::string_view key) const {
  const auto* members = as_mapping();
  if (members == nullptr) return nullptr;
  const auto at = std::ranges::find(*members, key, &YamlMember::key);
  return at == members->end() ? nullptr : &at->value;
}

std::string_view describe(Yaml::Kind kind) {
  switch (kind) {
    case Yaml::Kind::null:
      return "nothing";
    case Yaml::Kind::boolean:
      return "true or false";
    case Yaml::Kind::integer:
      return "a number";
    case Yaml::Kind::other:
      return "what readers of YAML take for a number, a date or yes and no";
    case Yaml::Kind::text:
      return "text";
    case Yaml::Kind::sequence:
      return "a list";
    case Yaml::Kind::mapping:
      return "a mapping";
  }
  return "";
}

}  // namespace hallmark::base
