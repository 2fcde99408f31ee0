// DerReader and der(): strict DER over bytes that stay where they are.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "hallmark/bytes.h"
#include "hallmark/result.h"
#include "hallmark/secret.h"

namespace hallmark::crypto {

// Identifier octets (X.690 section 8.1.2); only these one-byte ones occur in keys.
namespace tag {
inline constexpr std::uint8_t integer = 0x02;
inline constexpr std::uint8_t bit_string = 0x03;
inline constexpr std::uint8_t octet_string = 0x04;
inline constexpr std::uint8_t null = 0x05;
inline constexpr std::uint8_t oid = 0x06;
inline constexpr std::uint8_t sequence = 0x30;
inline constexpr std::uint8_t context_0 = 0xa0;  // [0] EXPLICIT, or constructed
inline constexpr std::uint8_t context_1 = 0xa1;
inline constexpr std::uint8_t context_2 = 0xa2;
inline constexpr std::uint8_t context_3 = 0xa3;
inline constexpr std::uint8_t primitive_1 = 0x81;  // [1] IMPLICIT over a primitive type
}  // namespace tag

// Why not OpenSSL's d2i functions: they take BER for DER, and copy what they read, secret or not, into memory that is
// not wiped. Definite minimal lengths only. `what` opens the messages ("private key"); kind of errors: malformed.
class DerReader {
 public:
  DerReader(BytesView bytes, std::string_view what) : rest_(bytes), what_(what) {}

  [[nodiscard]] std::string_view what() const { return what_; }
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] bool next_is(std::uint8_t identifier) const { return !rest_.empty() && rest_[0] == identifier; }
  // The contents of the next value, which must have this tag.
  [[nodiscard]] Result<BytesView> take(std::uint8_t identifier);
  // The same with its header.
  [[nodiscard]] Result<BytesView> take_whole(std::uint8_t identifier);
  // The contents, as a reader of what is inside.
  [[nodiscard]] Result<DerReader> enter(std::uint8_t identifier);
  // A whole number of 0 or more, minimally encoded; big-endian without leading zeros (zero is empty).
  [[nodiscard]] Result<BytesView> unsigned_integer();
  // The same where a small one is due: versions, iteration counts.
  [[nodiscard]] Result<std::uint64_t> small_integer();
  // A BIT STRING of whole bytes.
  [[nodiscard]] Result<BytesView> bit_string();
  // Nothing may follow.
  [[nodiscard]] Result<void> end() const;

  [[nodiscard]] std::unexpected<Error> error(std::string_view problem) const;

 private:
  BytesView rest_;
  std::string_view what_;
};

// One value: header, then the parts one after another.
[[nodiscard]] Bytes der(std::uint8_t identifier, std::initializer_list<BytesView> parts);
[[nodiscard]] Secret der_secret(std::uint8_t identifier, std::initializer_list<BytesView> parts);
// An INTEGER from a big-endian magnitude.
[[nodiscard]] Bytes der_integer(BytesView magnitude);
[[nodiscard]] Secret der_integer_secret(BytesView magnitude);

}  // namespace hallmark::crypto
