// crc32c: the checksum that Cloud KMS asks for and gives with all it sends.
#pragma once

#include <cstdint>

#include "hallmark/bytes.h"

namespace hallmark::keys {

// CRC-32C (Castagnoli), RFC 3720 appendix B.4: reflected, polynomial 0x1edc6f41, all ones before and after.
[[nodiscard]] std::uint32_t crc32c(BytesView bytes);

}  // namespace hallmark::keys
