#include "crypto/der.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"

using namespace hallmark;
using namespace hallmark::crypto;

namespace {

Bytes hex(std::string_view text) { return *base::hex_decode(text); }

struct Case {
  std::string bytes;
  std::string reason;
};

}  // namespace

TEST_CASE("what der() writes DerReader reads") {
  const auto size = GENERATE(0, 1, 127, 128, 255, 256, 70'000);
  const Bytes contents(static_cast<std::size_t>(size), 0x5a);
  const auto value = der(tag::octet_string, {contents});
  DerReader reader(value, "test");
  const auto read = reader.take(tag::octet_string);
  REQUIRE(read);
  CHECK(Bytes(read->begin(), read->end()) == contents);
  CHECK(reader.end());
  const auto secret = der_secret(tag::octet_string, {contents});
  CHECK(Bytes(secret.view().begin(), secret.view().end()) == value);
}

TEST_CASE("numbers are written minimally and read back") {
  const auto [magnitude, written] = GENERATE(values<Case>({
      {"", "020100"},
      {"00", "020100"},
      {"7f", "02017f"},
      {"80", "02020080"},
      {"0080", "02020080"},
      {"ff01", "020300ff01"},
  }));
  const auto value = der_integer(hex(magnitude));
  CHECK(base::hex_encode(value) == written);
  CHECK(base::hex_encode(der_integer_secret(hex(magnitude)).view()) == written);
  DerReader reader(value, "test");
  const auto read = reader.unsigned_integer();
  REQUIRE(read);
  CHECK(der_integer(*read) == value);
}

TEST_CASE("BER and broken values are refused [attack 19]") {
  const auto [bytes, reason] = GENERATE(values<Case>({
      {"", "test: the DER ends too early"},
      {"30", "test: the DER ends too early"},
      {"3001", "test: the DER ends too early"},
      {"3181", "test: the DER does not have the expected structure"},
      {"3080020100"
       "0000",
       "test: a DER length is wrong"},
      {"30810100", "test: a length is BER, not DER"},
      {"3082000100", "test: a length is BER, not DER"},
      {"308200ff", "test: a length is BER, not DER"},
      {"3085010000000000", "test: a DER length is wrong"},
      {"3084ffffffff00", "test: the DER ends too early"},
      {"30ff00", "test: a DER length is wrong"},
      {"308181", "test: the DER ends too early"},
  }));
  const auto input = hex(bytes);
  const auto read = DerReader(input, "test").take(tag::sequence);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind() == Outcome::malformed);
  CHECK(read.error().message() == reason);
}

TEST_CASE("a number that is not one exact text of 0 or more is refused") {
  const auto [bytes, reason] = GENERATE(values<Case>({
      {"0200", "a number is empty"},
      {"0201ff", "a number is negative"},
      {"020180", "a number is negative"},
      {"02020001", "a number is BER, not DER"},
      {"02020000", "a number is BER, not DER"},
  }));
  const auto input = hex(bytes);
  const auto read = DerReader(input, "test").unsigned_integer();
  REQUIRE_FALSE(read);
  CHECK_THAT(read.error().message(), Catch::Contains(reason));
}

TEST_CASE("small numbers have at most 64 bits") {
  const auto most = hex("020900ffffffffffffffff");
  CHECK(DerReader(most, "test").small_integer() == UINT64_MAX);
  const auto more = hex("0209010000000000000000");
  CHECK(DerReader(more, "test").small_integer().error().message() == "test: a number is too large");
}

TEST_CASE("a bit string has whole bytes") {
  const auto whole = hex("03020041");
  REQUIRE(DerReader(whole, "test").bit_string());
  const auto bits = hex(GENERATE("03020440", "0300"));
  CHECK(DerReader(bits, "test").bit_string().error().message() == "test: a bit string is not whole bytes");
}

TEST_CASE("bytes after the end are refused") {
  const auto input =
      hex("020100"
          "00");
  DerReader reader(input, "test");
  REQUIRE(reader.unsigned_integer());
  CHECK(reader.end().error().message() == "test: bytes follow where the DER should end");
}

TEST_CASE("a value can be taken with its header and entered") {
  const auto input =
      hex("3003020105"
          "0500");
  DerReader reader(input, "test");
  const auto whole = reader.take_whole(tag::sequence);
  REQUIRE(whole);
  CHECK(base::hex_encode(*whole) == "3003020105");
  CHECK(reader.next_is(tag::null));
  auto inside = DerReader(*whole, "test").enter(tag::sequence);
  REQUIRE(inside);
  CHECK(inside->small_integer() == 5u);
  CHECK(inside->empty());
}
