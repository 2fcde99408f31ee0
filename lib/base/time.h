// RFC 3339 time: "2026-11-22T08:00:00Z".
#pragma once

#include <string>
#include <string_view>

#include "hallmark/clock.h"
#include "hallmark/result.h"

namespace hallmark::base {

// Date-time with offset or Z, fractions cut off; a bare date is 00:00:00Z. Leap seconds (:60) are an error.
[[nodiscard]] Result<Time> parse_time(std::string_view text);
[[nodiscard]] std::string format_time(Time time);  // always Z, whole seconds

}  // namespace hallmark::base
