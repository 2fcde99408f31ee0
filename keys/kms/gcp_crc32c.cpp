#include "keys/kms/gcp_crc32c.h"

#include <array>

namespace hallmark::keys {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reflected

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) != 0 ? kPolynomial : 0);
    table[byte] = rest;
  }
  return table;
}

constexpr auto kTable = make_table();

}  // namespace

std::uint32_t crc32c(BytesView bytes) {
  std::uint32_t rest = 0xffffffff;
  for (const std::uint8_t byte : bytes) rest = (rest >> 8) ^ kTable[(rest ^ byte) & 0xff];
  return ~rest;
}

}  // namespace hallmark::keys
