// Base64, hex and percent-encoding, strict: one text per value, nothing skipped.
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

// RFC 3986 section 2.1: all but unreserved characters and those of `keep`.
[[nodiscard]] std::string percent_encode(std::string_view text, std::string_view keep = {});
// "%41" → "A"; "%4" and "%zz" are `malformed`.
[[nodiscard]] Result<std::string> percent_decode(std::string_view text);

// For messages and terminals: control bytes, bidi marks and invalid UTF-8 become \xNN; cut at `most` bytes with "…".
[[nodiscard]] std::string printable(std::string_view foreign, std::size_t most = 200);

}  // namespace hallmark::base
