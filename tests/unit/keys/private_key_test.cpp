#include "keys/software/private_key.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "crypto/der.h"
#include "crypto/pem.h"
#include "support/key_vectors.h"

using namespace hallmark;
using namespace hallmark::keys;

namespace {

Bytes der_of(const std::string& file) {
  const auto block = crypto::read_pem(test::key_text(file));
  const auto view = block->bytes.view();
  return {view.begin(), view.end()};
}

bool same(BytesView a, BytesView b) { return std::ranges::equal(a, b); }

struct Case {
  std::string hex;
  std::string reason;
};

const std::string kP256 = "301306072a8648ce3d020106082a8648ce3d030107";
const std::string kEd25519 = "300506032b6570";

// PKCS#8 around an ECPrivateKey of these contents.
Bytes ec_pkcs8(const std::string& contents) {
  using crypto::der;
  namespace tag = crypto::tag;
  const auto key = der(tag::sequence, {*base::hex_decode(contents)});
  return der(tag::sequence, {*base::hex_decode("020100"), *base::hex_decode(kP256), der(tag::octet_string, {key})});
}

}  // namespace

TEST_CASE("a PKCS#8 is read, and is the key of its public file") {
  const std::string name =
      GENERATE("p256", "p384", "p521", "rsa2048", "rsa3072", "rsa4096", "rsapss2048", "rsapss-sha256", "ed25519");
  const auto der = der_of(name + ".pkcs8.pem");
  const auto key = read_pkcs8(der);
  REQUIRE(key);
  CHECK(key->public_key.pem() == test::key_text(name + ".pub.pem"));
  CHECK(same(key->pkcs8.view(), der));
}

TEST_CASE("SEC1 and PKCS#1 give the same PKCS#8 as OpenSSL's") {
  const std::string name = GENERATE("p256", "p384", "p521");
  const auto sec1 = read_sec1(der_of(name + ".sec1.pem"));
  REQUIRE(sec1);
  CHECK(same(sec1->pkcs8.view(), der_of(name + ".pkcs8.pem")));
  const auto pkcs1 = read_pkcs1(der_of("rsa2048.pkcs1.pem"));
  REQUIRE(pkcs1);
  CHECK(same(pkcs1->pkcs8.view(), der_of("rsa2048.pkcs8.pem")));
}

TEST_CASE("the optional parts of keys may be missing or there") {
  const std::string scalar = "0420" + std::string(62, '0') + "01";
  const auto least = read_pkcs8(ec_pkcs8("020101" + scalar));
  REQUIRE(least);  // scalar 1: the public key is the generator
  CHECK_THAT(base::hex_encode(least->public_key.der()), Catch::Contains("6b17d1f2e12c4247"));
  CHECK(read_pkcs8(ec_pkcs8("020101" + scalar + "a00a06082a8648ce3d030107")));
  CHECK(read_pkcs8(ec_pkcs8("020101040101")));  // not padded
  // RFC 8410 section 10.3: with attributes and public key.
  const auto with_public_key = *base::hex_decode(
      "3072020101300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842"
      "a01f301d060a2a864886f70d01090914310f0c0d437572646c6520436861697273"
      "81210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
  CHECK(read_pkcs8(with_public_key));
}

TEST_CASE("EC keys that are wrong in themselves are refused, each with its reason") {
  const std::string one = "0420" + std::string(62, '0') + "01";
  const auto [hex, reason] = GENERATE_COPY(values<Case>({
      {"020101040100", "its scalar is out of range"},
      {"0201010420" + std::string(64, 'f'), "its scalar is out of range"},
      // the order of P-256
      {"0201010420ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "its scalar is out of range"},
      {"0201010421" + std::string(64, '0') + "01" + "00", "structure"},
      {"0201010421" + std::string("01") + std::string(64, '0'), "its scalar is out of range"},
      {"020102" + one, "the version of the EC key is not 1"},
      {"020101" + one + "a00706052b81040022", "it names two different curves"},
      {"020101" + one + "a103030100", "the public key in it is not that of the private one"},
      {"020101" + one + "a14403420004" + std::string(128, '0'), "the public key in it is not that of the private one"},
      {"020101" + one + "0500", "bytes follow"},
      {"020101", "the DER ends too early"},
  }));
  const auto key = read_pkcs8(ec_pkcs8(hex));
  REQUIRE_FALSE(key);
  CHECK(key.error().kind() == Outcome::key);
  if (reason != "structure") CHECK_THAT(key.error().message(), Catch::Contains(reason));
}

TEST_CASE("Ed25519 keys that are wrong in themselves are refused") {
  const std::string seed(64, '4');
  const auto [hex, reason] = GENERATE_COPY(values<Case>({
      {"302d020100" + kEd25519 + "0421041f" + seed.substr(2), "an Ed25519 key has 32 bytes"},
      {"302e020102" + kEd25519 + "04220420" + seed, "the version of the PKCS#8 is neither 1 nor 2"},
      {"302e0201000420" + seed, "structure"},
      {"3051020101" + kEd25519 + "04220420" + seed + "812100" + seed,
       "the public key in it is not that of the private one"},
      {"3051020100" + kEd25519 + "04220420" + seed + "812100" + seed, "bytes follow"},
  }));
  const auto key = read_pkcs8(*base::hex_decode(hex));
  REQUIRE_FALSE(key);
  CHECK(key.error().kind() == Outcome::key);
  if (reason != "structure") CHECK_THAT(key.error().message(), Catch::Contains(reason));
}

TEST_CASE("RSA numbers that do not belong together are refused") {
  auto der = der_of("rsa2048.pkcs1.pem");
  der[30] ^= 0x01;  // in the modulus
  const auto key = read_pkcs1(der);
  REQUIRE_FALSE(key);
  CHECK_THAT(key.error().message(), Catch::Contains("its RSA numbers do not belong together"));
}

TEST_CASE("private keys of kinds that are not accepted are refused [attack 18]") {
  const auto [file, reason] = GENERATE(values<Case>({
      {"refused-rsa1024.pkcs8.pem", "an RSA key of 1024 bits is not accepted"},
      {"refused-secp256k1.pkcs8.pem", "curve secp256k1 is not accepted"},
      {"refused-ed448.pkcs8.pem", "Ed448 keys are not accepted"},
      {"refused-x25519.pkcs8.pem", "X25519 keys are not accepted"},
      {"refused-dsa.pkcs8.pem", "DSA keys are not accepted"},
  }));
  const auto key = read_pkcs8(der_of(file));
  REQUIRE_FALSE(key);
  CHECK(key.error().kind() == Outcome::key);
  CHECK_THAT(key.error().message(), Catch::Contains(reason));
  CHECK_THAT(read_sec1(der_of("refused-explicit.sec1.pem")).error().message(),
             Catch::Contains("explicit curve parameters are not accepted"));
}

TEST_CASE("a key that is cut off is refused at every length [attack 48]") {
  const auto file = GENERATE("p256.pkcs8.pem", "ed25519.pkcs8.pem");
  const auto der = der_of(file);
  for (std::size_t size = 0; size < der.size(); ++size) CHECK_FALSE(read_pkcs8(BytesView(der).first(size)));
}

TEST_CASE("an EC key without its curve is refused where nothing else names it") {
  const auto key = read_sec1(*base::hex_decode("3006020101040101"));
  REQUIRE_FALSE(key);
  CHECK(key.error().message() == "private key: the EC key does not name its curve");
}
