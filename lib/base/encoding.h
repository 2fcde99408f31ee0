// Base64 and hex, strict: one text per value, nothing skipped.
#pragma once

#include <string>
#include <string_view>

#include "hallmark/bytes.h"
#include "hallmark/result.h"

namespace hallmark::base {

[[nodiscard]] std::string base64_encode(BytesView bytes);  // RFC 4648 section 4, padded
// Standard alphabet, canonical padding, no white space, zero trailing bits; anything else is `malformed`.
[[nodiscard]] Result<Bytes> base64_decode(std::string_view text);
// As DSSE allows: standard or URL-safe alphabet, padded or not.
[[nodiscard]] Result<Bytes> base64_decode_any(std::string_view text);

[[nodiscard]] std::string hex_encode(BytesView bytes);          // lower case
[[nodiscard]] Result<Bytes> hex_decode(std::string_view text);  // lower case only

// For messages and terminals: control bytes, bidi marks and invalid UTF-8 become \xNN; cut at `most` bytes with "…".
[[nodiscard]] std::string printable(std::string_view foreign, std::size_t most = 200);

}  // namespace hallmark::base
