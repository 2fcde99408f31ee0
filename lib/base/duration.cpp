#include "base/duration.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/encoding.h"

namespace hallmark::base {
namespace {

struct Unit {
  std::string_view name;
  double nanoseconds;
};
constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1e3},
                                         {"\xc2\xb5s", 1e3},
                                         {"\xce\xbcs", 1e3},
                                         {"ms", 1e6},
                                         {"s", 1e9},
                                         {"m", 6e10},
                                         {"h", 3.6e12}}};
constexpr double kMost = 100 * 365.25 * 24 * 3.6e12;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes "12.5" off the front; false where no digit stands there.
bool take_number(std::string_view& text, double& number) {
  number = 0;
  double place = 1;
  bool digits = false;
  bool fraction = false;
  for (; !text.empty() && (is_digit(text.front()) || (text.front() == '.' && !fraction)); text.remove_prefix(1)) {
    if (text.front() == '.') {
      fraction = true;
      continue;
    }
    digits = true;
    number = number * 10 + (text.front() - '0');
    if (fraction) place *= 10;
    if (number > 1e18) return false;
  }
  number /= place;
  return digits;
}

const Unit* take_unit(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of("0123456789."), text.size());
  const auto* found = std::ranges::find(kUnits, text.substr(0, end), &Unit::name);
  if (found == kUnits.end()) return nullptr;
  text.remove_prefix(end);
  return found;
}

}  // namespace

Result<std::chrono::milliseconds> parse_go_duration(std::string_view text) {
  const auto refuse = [&] {
    return fail(Error(Outcome::malformed, "\"" + printable(text, 40) + "\" is not a duration")
                    .with_hint("write it as 10s, 1h30m or 500ms"));
  };
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return std::chrono::milliseconds(0);
  if (rest.empty()) return refuse();
  double total = 0;
  while (!rest.empty()) {
    double number = 0;
    if (!take_number(rest, number)) return refuse();
    const Unit* unit = take_unit(rest);
    if (unit == nullptr) return refuse();
    total += number * unit->nanoseconds;
    if (total > kMost) return refuse();
  }
  const auto milliseconds = static_cast<std::int64_t>(total / 1e6);
  return std::chrono::milliseconds(negative ? -milliseconds : milliseconds);
}

}  // namespace hallmark::base
