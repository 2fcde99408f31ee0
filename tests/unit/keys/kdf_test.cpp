#include "keys/software/kdf.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"

using namespace hallmark;
using namespace hallmark::keys;

namespace {

struct Case {
  Kdf kdf;
  std::string reason;
};

constexpr std::uint64_t k2To30 = 1u << 30;
constexpr std::uint64_t k2To63 = std::uint64_t{1} << 63;

}  // namespace

TEST_CASE("key derivations out of bounds are refused before they run [attack 26]") {
  const auto [kdf, reason] = GENERATE(values<Case>({
      {Scrypt{k2To30, 8, 1}, "takes more memory than the limit of 256 MiB"},
      {Scrypt{k2To63, 8, 1}, "takes more memory than the limit"},
      {Scrypt{65'536, k2To63, 1}, "takes more memory than the limit"},
      {Scrypt{2, UINT64_MAX, 1}, "takes more memory than the limit"},
      {Scrypt{65'536, 64, 1}, "takes more memory than the limit"},
      {Scrypt{65'536, 8, k2To30}, "takes more time than the limit allows"},
      {Scrypt{65'536, 8, UINT64_MAX}, "takes more time than the limit allows"},
      {Scrypt{65'536, 8, 17}, "takes more time than the limit allows"},
      {Scrypt{0, 8, 1}, "N is not a power of two"},
      {Scrypt{1, 8, 1}, "N is not a power of two"},
      {Scrypt{65'535, 8, 1}, "N is not a power of two"},
      {Scrypt{65'536, 0, 1}, "r and p start at 1"},
      {Scrypt{65'536, 8, 0}, "r and p start at 1"},
      {Pbkdf2{0, Prf::hmac_sha256}, "0 iterations"},
      {Pbkdf2{5'000'001, Prf::hmac_sha256}, "5000001 iterations, more than the limit of 5000000"},
      {Pbkdf2{UINT64_MAX, Prf::hmac_sha256}, "more than the limit"},
  }));
  const auto checked = check(kdf);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().kind() == Outcome::key);
  CHECK_THAT(checked.error().message(), Catch::Contains(reason));
  CHECK_FALSE(derive(kdf, Secret::copy_of("x"), as_bytes("salt"), 32));
}

TEST_CASE("key derivations at the bounds are taken") {
  CHECK(check(Scrypt{262'144, 8, 1}));
  CHECK(check(Scrypt{65'536, 8, 16}));
  CHECK(check(Pbkdf2{5'000'000, Prf::hmac_sha512}));
}

TEST_CASE("scrypt is that of RFC 7914 section 12") {
  const auto key = derive(Scrypt{1024, 8, 16}, Secret::copy_of("password"), as_bytes("NaCl"), 64);
  REQUIRE(key);
  CHECK_THAT(base::hex_encode(key->view()), Catch::StartsWith("fdbabe1c9d3472007856e7190d01e9fe"));
  const auto empty = derive(Scrypt{16, 1, 1}, Secret(), {}, 64);
  REQUIRE(empty);
  CHECK_THAT(base::hex_encode(empty->view()), Catch::StartsWith("77d6576238657b203b19ca42c18a0497"));
}

TEST_CASE("PBKDF2 is that of RFC 7914 section 11 and RFC 6070") {
  const auto sha256 = derive(Pbkdf2{1, Prf::hmac_sha256}, Secret::copy_of("passwd"), as_bytes("salt"), 64);
  REQUIRE(sha256);
  CHECK_THAT(base::hex_encode(sha256->view()), Catch::StartsWith("55ac046e56e3089fec1691c22544b605"));
  const auto sha1 = derive(Pbkdf2{2, Prf::hmac_sha1}, Secret::copy_of("password"), as_bytes("salt"), 20);
  REQUIRE(sha1);
  CHECK(base::hex_encode(sha1->view()) == "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
  CHECK(derive(Pbkdf2{1, Prf::hmac_sha384}, Secret::copy_of("p"), as_bytes("s"), 32));
  CHECK(derive(Pbkdf2{1, Prf::hmac_sha512}, Secret::copy_of("p"), as_bytes("s"), 32));
}

TEST_CASE("a password of more than 4 KiB is refused") {
  const auto key = derive(Scrypt{16, 1, 1}, Secret(4097), as_bytes("salt"), 32);
  REQUIRE_FALSE(key);
  CHECK(key.error().message() == "the password has more than 4096 bytes");
}

TEST_CASE("a key derivation is described as inspect shows it") {
  CHECK(describe(Kdf(Scrypt{})) == "scrypt N=65536 r=8 p=1");
  CHECK(describe(Kdf(Pbkdf2{})) == "pbkdf2 hmac-sha256 iterations=600000");
  CHECK(describe(Kdf(Pbkdf2{1, Prf::hmac_sha1})) == "pbkdf2 hmac-sha1 iterations=1");
  CHECK(describe(Kdf(Pbkdf2{1, Prf::hmac_sha384})) == "pbkdf2 hmac-sha384 iterations=1");
  CHECK(describe(Kdf(Pbkdf2{1, Prf::hmac_sha512})) == "pbkdf2 hmac-sha512 iterations=1");
}
