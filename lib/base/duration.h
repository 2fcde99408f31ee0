// Durations as Go writes them: "10s", "1h30m", "1.5s".
#pragma once

#include <chrono>
#include <string_view>

#include "hallmark/result.h"

namespace hallmark::base {

// What Go's time.ParseDuration reads, in whole milliseconds (fractions of one are cut off): an optional sign, then
// numbers with units (ns, us, µs, ms, s, m, h), or a bare "0". At most a century. Kind of errors: malformed.
[[nodiscard]] Result<std::chrono::milliseconds> parse_go_duration(std::string_view text);

}  // namespace hallmark::base
