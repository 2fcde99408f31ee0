// When a try that failed is worth another, and how long to wait before it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "hallmark/clock.h"

namespace hallmark::net {

// RFC 9110 section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT" and the two older forms. Nothing for what is none.
[[nodiscard]] std::optional<Time> parse_http_date(std::string_view value);

// RFC 9110 section 10.2.3: seconds, or an HTTP date, which counts from `now`. Nothing for what is neither. A date that
// has passed is 0; more than a year is a year.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, Time now);

// limits::retry_pause doubled with each try (0 is the first that failed), up to limits::retry_pause_most, of which
// `random` takes away up to a half: clients that failed together do not come back together.
[[nodiscard]] std::chrono::milliseconds backoff(std::size_t failed_tries, std::uint32_t random);

// 429, 502, 503, 504.
[[nodiscard]] bool is_temporary(int status);

}  // namespace hallmark::net
