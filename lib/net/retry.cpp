#include "net/retry.h"

#include <curl/curl.h>

#include <algorithm>
#include <string>

#include "base/limits.h"

namespace hallmark::net {
namespace {

constexpr std::chrono::seconds kLongest = std::chrono::hours(24 * 365);

std::string_view without_blanks(std::string_view value) {
  while (value.starts_with(' ')) value.remove_prefix(1);
  while (value.ends_with(' ')) value.remove_suffix(1);
  return value;
}

}  // namespace

std::optional<Time> parse_http_date(std::string_view value) {
  value = without_blanks(value);
  // All three forms name the day of the week first; "1 Jan" or "+5" is not one.
  if (value.empty() || value.size() > 64 || value.front() < 'A' || value.front() > 'Z') return std::nullopt;
  const std::time_t at = curl_getdate(std::string(value).c_str(), nullptr);
  if (at < 0) return std::nullopt;
  return Time{std::chrono::seconds(at)};
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, Time now) {
  value = without_blanks(value);
  if (value.empty() || value.size() > 64) return std::nullopt;
  if (value.find_first_not_of("0123456789") == std::string_view::npos) {
    std::int64_t seconds = 0;
    for (const char digit : value) seconds = std::min<std::int64_t>(seconds * 10 + (digit - '0'), kLongest.count());
    return std::chrono::seconds(seconds);
  }
  const auto then = parse_http_date(value);
  if (!then) return std::nullopt;
  return std::clamp(*then - now, std::chrono::seconds(0), kLongest);
}

std::chrono::milliseconds backoff(std::size_t failed_tries, std::uint32_t random) {
  std::chrono::milliseconds pause = limits::retry_pause;
  for (std::size_t i = 0; i < failed_tries && pause < limits::retry_pause_most; ++i) pause *= 2;
  pause = std::min<std::chrono::milliseconds>(pause, limits::retry_pause_most);
  const auto half = static_cast<std::uint32_t>(pause.count() / 2);
  return pause - std::chrono::milliseconds(random % (half + 1));
}

bool is_temporary(int status) { return status == 429 || status == 502 || status == 503 || status == 504; }

}  // namespace hallmark::net
