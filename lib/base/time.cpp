#include "base/time.h"

#include <array>
#include <cstdio>
#include <optional>

#include "base/encoding.h"

namespace hallmark::base {

namespace {

// Eats `text` from the front; every step says whether it was there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool literal(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::optional<int> digits(std::size_t count) {
    if (text_.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : text_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return value;
  }
  // At least one digit, then all that follow.
  bool skip_digits() {
    if (!digits(1)) return false;
    while (digits(1)) {
    }
    return true;
  }
  [[nodiscard]] bool done() const { return text_.empty(); }

 private:
  std::string_view text_;
};

std::optional<std::chrono::sys_days> scan_date(Scanner& in) {
  const auto year = in.digits(4);
  if (!year || !in.literal('-')) return std::nullopt;
  const auto month = in.digits(2);
  if (!month || !in.literal('-')) return std::nullopt;
  const auto day = in.digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<std::chrono::minutes> scan_hours_and_minutes(Scanner& in) {
  const auto hours = in.digits(2);
  if (!hours || *hours > 23 || !in.literal(':')) return std::nullopt;
  const auto minutes = in.digits(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
}

std::optional<std::chrono::seconds> scan_time_of_day(Scanner& in) {
  const auto minutes = scan_hours_and_minutes(in);
  if (!minutes || !in.literal(':')) return std::nullopt;
  const auto seconds = in.digits(2);
  if (!seconds || *seconds > 59) return std::nullopt;
  if (in.literal('.') && !in.skip_digits()) return std::nullopt;
  return *minutes + std::chrono::seconds(*seconds);
}

std::optional<std::chrono::minutes> scan_offset(Scanner& in) {
  if (in.literal('Z')) return std::chrono::minutes(0);
  const bool east = in.literal('+');
  if (!east && !in.literal('-')) return std::nullopt;
  const auto offset = scan_hours_and_minutes(in);
  if (!offset) return std::nullopt;
  return east ? *offset : -*offset;
}

std::optional<Time> scan(std::string_view text) {
  Scanner in(text);
  const auto date = scan_date(in);
  if (!date) return std::nullopt;
  if (in.done()) return Time(*date);
  if (!in.literal('T')) return std::nullopt;
  const auto time_of_day = scan_time_of_day(in);
  if (!time_of_day) return std::nullopt;
  const auto offset = scan_offset(in);
  if (!offset || !in.done()) return std::nullopt;
  return Time(*date) + *time_of_day - *offset;
}

}  // namespace

Result<Time> parse_time(std::string_view text) {
  if (const auto time = scan(text)) return *time;
  return fail(Outcome::malformed, "\"" + printable(text, 40) + "\" is not a time like 2026-11-22T08:00:00Z (RFC 3339)");
}

std::string format_time(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<std::chrono::seconds> clock(time - day);
  std::array<char, 64> text{};
  (void)std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                      static_cast<int>(clock.seconds().count()));
  return text.data();
}

}  // namespace hallmark::base
