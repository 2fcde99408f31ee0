#include "crypto/der.h"

#include <algorithm>
#include <array>

#include "base/try.h"

namespace hallmark::crypto {
namespace {

constexpr std::size_t kMaxLengthBytes = 4;

BytesView without_leading_zeros(BytesView number) {
  while (!number.empty() && number[0] == 0) number = number.subspan(1);
  return number;
}

struct Header {
  std::array<std::uint8_t, 2 + kMaxLengthBytes> bytes{};
  std::size_t size = 0;
  [[nodiscard]] BytesView view() const { return {bytes.data(), size}; }
};

Header header(std::uint8_t identifier, std::size_t length) {
  Header made;
  made.bytes[made.size++] = identifier;
  if (length < 0x80) {
    made.bytes[made.size++] = static_cast<std::uint8_t>(length);
    return made;
  }
  std::size_t octets = 1;
  while ((length >> (8 * octets)) != 0) ++octets;
  made.bytes[made.size++] = static_cast<std::uint8_t>(0x80 | octets);
  while (octets-- > 0) made.bytes[made.size++] = static_cast<std::uint8_t>(length >> (8 * octets));
  return made;
}

std::size_t total_size(std::initializer_list<BytesView> parts) {
  std::size_t size = 0;
  for (const auto part : parts) size += part.size();
  return size;
}

void write(std::span<std::uint8_t> into, const Header& head, std::initializer_list<BytesView> parts) {
  auto next = std::ranges::copy(head.view(), into.begin()).out;
  for (const auto part : parts) next = std::ranges::copy(part, next).out;
}

// A number whose first bit is set would read as negative: it gets a zero before it.
BytesView sign_byte(BytesView magnitude) {
  static constexpr std::array<std::uint8_t, 1> kZero{0};
  if (magnitude.empty() || (magnitude[0] & 0x80) != 0) return kZero;
  return {};
}

}  // namespace

std::unexpected<Error> DerReader::error(std::string_view problem) const {
  return fail(Outcome::malformed, std::string(what_) + ": " + std::string(problem));
}

Result<BytesView> DerReader::take(std::uint8_t identifier) {
  if (rest_.size() < 2) return error("the DER ends too early");
  if (rest_[0] != identifier) return error("the DER does not have the expected structure");
  std::size_t length = rest_[1];
  std::size_t head = 2;
  if (length >= 0x80) {
    const std::size_t octets = length - 0x80;
    if (octets == 0 || octets > kMaxLengthBytes || rest_.size() < 2 + octets) return error("a DER length is wrong");
    length = 0;
    for (std::size_t i = 0; i < octets; ++i) length = length << 8 | rest_[2 + i];
    if (length < 0x80 || length >> (8 * (octets - 1)) == 0) return error("a length is BER, not DER");
    head += octets;
  }
  if (length > rest_.size() - head) return error("the DER ends too early");
  const auto contents = rest_.subspan(head, length);
  rest_ = rest_.subspan(head + length);
  return contents;
}

Result<BytesView> DerReader::take_whole(std::uint8_t identifier) {
  const auto before = rest_;
  HM_DO(take(identifier));
  return before.first(before.size() - rest_.size());
}

Result<DerReader> DerReader::enter(std::uint8_t identifier) {
  HM_TRY(const auto contents, take(identifier));
  return DerReader(contents, what_);
}

Result<BytesView> DerReader::unsigned_integer() {
  HM_TRY(const auto contents, take(tag::integer));
  if (contents.empty()) return error("a number is empty");
  if ((contents[0] & 0x80) != 0) return error("a number is negative");
  if (contents.size() > 1 && contents[0] == 0 && (contents[1] & 0x80) == 0) return error("a number is BER, not DER");
  return without_leading_zeros(contents);
}

Result<std::uint64_t> DerReader::small_integer() {
  HM_TRY(const auto magnitude, unsigned_integer());
  if (magnitude.size() > sizeof(std::uint64_t)) return error("a number is too large");
  std::uint64_t value = 0;
  for (const auto octet : magnitude) value = value << 8 | octet;
  return value;
}

Result<BytesView> DerReader::bit_string() {
  HM_TRY(const auto contents, take(tag::bit_string));
  if (contents.empty() || contents[0] != 0) return error("a bit string is not whole bytes");
  return contents.subspan(1);
}

Result<void> DerReader::end() const {
  if (!rest_.empty()) return error("bytes follow where the DER should end");
  return {};
}

Bytes der(std::uint8_t identifier, std::initializer_list<BytesView> parts) {
  const auto head = header(identifier, total_size(parts));
  Bytes made(head.size + total_size(parts));
  write(made, head, parts);
  return made;
}

Secret der_secret(std::uint8_t identifier, std::initializer_list<BytesView> parts) {
  const auto head = header(identifier, total_size(parts));
  Secret made(head.size + total_size(parts));
  write(made.writable(), head, parts);
  return made;
}

Bytes der_integer(BytesView magnitude) {
  magnitude = without_leading_zeros(magnitude);
  return der(tag::integer, {sign_byte(magnitude), magnitude});
}

Secret der_integer_secret(BytesView magnitude) {
  magnitude = without_leading_zeros(magnitude);
  return der_secret(tag::integer, {sign_byte(magnitude), magnitude});
}

}  // namespace hallmark::crypto
