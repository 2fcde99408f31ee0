// What every request tells curl: see the .cpp.
#pragma once

#include "net/exchange.h"

namespace hallmark::net {

// Header lines for CURLOPT_HTTPHEADER. Kind of errors: malformed (a value with a line break or other control byte).
[[nodiscard]] Result<void> add_header_lines(const Try& what, CurlList& lines);

// Everything but callbacks and header lines.
[[nodiscard]] Result<void> set_options(CURL* handle, const Try& what, std::uint64_t upload_bytes);

}  // namespace hallmark::net
