#include "keys/pkcs11/public_half.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "crypto/der.h"
#include "crypto/pem.h"
#include "support/key_vectors.h"

namespace hallmark::keys::token {
namespace {

using Catch::Contains;
using crypto::DerReader;
namespace tag = crypto::tag;

PublicKey key_of(const std::string& file) { return *PublicKey::from_pem(test::key_text(file)); }

// An SPKI as the attributes that a token would have of the key.
PublicParts parts_of(const PublicKey& key) {
  DerReader outer(key.der(), "SPKI");
  DerReader spki = *outer.enter(tag::sequence);
  DerReader algorithm = *spki.enter(tag::sequence);
  const auto contents = *spki.bit_string();
  PublicParts parts;
  if (key.algorithm() == KeyAlgorithm::rsa_pkcs1 || key.algorithm() == KeyAlgorithm::rsa_pss) {
    DerReader whole(contents, "RSAPublicKey");
    DerReader numbers = *whole.enter(tag::sequence);
    const auto modulus = *numbers.unsigned_integer();
    const auto exponent = *numbers.unsigned_integer();
    parts.type = CKK_RSA;
    parts.modulus.assign(modulus.begin(), modulus.end());
    parts.public_exponent.assign(exponent.begin(), exponent.end());
    return parts;
  }
  const bool edwards = key.algorithm() == KeyAlgorithm::ed25519;
  parts.type = edwards ? CKK_EC_EDWARDS : CKK_EC;
  if (!edwards) REQUIRE(algorithm.take(tag::oid));
  const auto curve = *algorithm.take_whole(tag::oid);
  parts.curve.assign(curve.begin(), curve.end());
  parts.point = crypto::der(tag::octet_string, {contents});
  return parts;
}

TEST_CASE("a public key is put together from a token's attributes") {
  const auto file =
      GENERATE("p256.pub.pem", "p384.pub.pem", "p521.pub.pem", "ed25519.pub.pem", "rsa2048.pub.pem", "rsa4096.pub.pem");
  CAPTURE(file);
  const PublicKey key = key_of(file);
  PublicParts parts = parts_of(key);
  CHECK(**public_key_of(parts) == key);

  SECTION("a bare point is one too") {
    if (parts.point.empty()) return;
    const BytesView inside = *DerReader(parts.point, "point").take(tag::octet_string);
    parts.point = Bytes(inside.begin(), inside.end());
    CHECK(**public_key_of(parts) == key);
  }
  SECTION("the whole SPKI alone does") { CHECK(**public_key_of({.type = parts.type, .spki = key.der()}) == key); }
  SECTION("a part is missing") {
    (parts.point.empty() ? parts.modulus : parts.point).clear();
    CHECK(*public_key_of(parts) == std::nullopt);
  }
}

TEST_CASE("Ed25519 is known by its name, too") {
  const PublicKey key = key_of("ed25519.pub.pem");
  PublicParts parts = parts_of(key);
  parts.curve = to_bytes(
      "\x13\x0c"
      "edwards25519");
  CHECK(**public_key_of(parts) == key);
}

TEST_CASE("attributes that make no key are refused") {
  const auto [what, parts] = GENERATE([] {
    const PublicParts p256 = parts_of(key_of("p256.pub.pem"));
    const PublicParts edwards = parts_of(key_of("ed25519.pub.pem"));
    PublicParts off_curve = p256;
    off_curve.point.back() ^= 1;
    PublicParts other_length = p256;
    other_length.point = parts_of(key_of("p384.pub.pem")).point;
    PublicParts trailing = p256;
    trailing.point.push_back(0);
    PublicParts unnamed = p256;
    unnamed.curve = {0x30, 0x00};
    PublicParts ed448 = edwards;
    ed448.curve = to_bytes(
        "\x13\x0a"
        "edwards448");
    PublicParts x25519 = edwards;
    x25519.curve = {0x06, 0x03, 0x2b, 0x65, 0x6e};
    PublicParts small = {.type = CKK_RSA, .modulus = Bytes(128, 0xff), .public_exponent = {1, 0, 1}};
    return values<std::pair<const char*, PublicParts>>({{"off the curve", off_curve},
                                                        {"of another curve", other_length},
                                                        {"bytes after the point", trailing},
                                                        {"parameters without a name", unnamed},
                                                        {"Ed448", ed448},
                                                        {"X25519", x25519},
                                                        {"RSA of 1024 bits", small},
                                                        {"an SPKI that is none", {.spki = {0x30, 0x01}}}});
  }());
  CAPTURE(what);
  const auto key = public_key_of(parts);
  REQUIRE(!key);
  CHECK(key.error().kind() == Outcome::key);
  CHECK(key.error().cause() == Cause::wrong_key);
}

TEST_CASE("the key of a certificate is taken, and nothing else of it believed") {
  const auto pem = crypto::read_pem(test::key_text("refused-certificate.pem"));
  REQUIRE(pem);
  const Bytes der(pem->bytes.view().begin(), pem->bytes.view().end());
  const auto key = public_key_in(der);
  REQUIRE(key);
  CHECK(key->algorithm() == KeyAlgorithm::ecdsa_p256);

  for (std::size_t length = 0; length < der.size(); ++length) {
    const auto cut = public_key_in(BytesView(der).first(length));
    REQUIRE(!cut);
    CHECK(cut.error().kind() == Outcome::key);
  }
  Bytes longer = der;
  longer.push_back(0);
  CHECK(public_key_in(longer).error().cause() == Cause::malformed_answer);
}

TEST_CASE("an RSA key becomes one of the padding that is asked for") {
  const PublicKey key = key_of("rsa2048.pub.pem");
  const auto pss = with_padding(key, Padding::pss);
  REQUIRE(pss);
  CHECK(pss->algorithm() == KeyAlgorithm::rsa_pss);
  CHECK(pss->bits() == 2048);
  CHECK(*with_padding(*pss, Padding::pkcs1) == key);
  CHECK(*with_padding(*pss, Padding::unsaid) == *pss);
  const PublicKey ec = key_of("p256.pub.pem");
  CHECK(*with_padding(ec, Padding::pss) == ec);
}

}  // namespace
}  // namespace hallmark::keys::token
