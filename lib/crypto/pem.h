// PEM: exactly one block, read strictly and into wiped memory.
#pragma once

#include <string>
#include <string_view>

#include "hallmark/bytes.h"
#include "hallmark/result.h"
#include "hallmark/secret.h"

namespace hallmark::crypto {

struct PemBlock {
  std::string label;  // "PUBLIC KEY"
  Secret bytes;       // what the base64 stands for
};

// RFC 7468: one block, white space around it and nothing else; canonical base64 (line lengths are not looked at, LF or
// CRLF). Two blocks, text around the block, encapsulated headers (OpenSSL's old encryption), a block that is cut off
// and DER in place of PEM each have their own message. Kind of errors: key.
[[nodiscard]] Result<PemBlock> read_pem(std::string_view text);

// With 64 columns and a final newline.
[[nodiscard]] Secret write_pem(std::string_view label, BytesView bytes);
[[nodiscard]] std::string write_public_pem(std::string_view label, BytesView bytes);

}  // namespace hallmark::crypto
