#include <sodium.h>

#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "crypto/pem.h"
#include "hallmark/key.h"
#include "support/key_vectors.h"

using namespace hallmark;

namespace {

struct Accepted {
  std::string file;
  std::string name;
  unsigned bits;
};
struct Refused {
  std::string file;
  std::string reason;
};

Bytes spki_of(const std::string& file) {
  const auto block = crypto::read_pem(test::key_text(file));
  const auto view = block->bytes.view();
  return {view.begin(), view.end()};
}

}  // namespace

TEST_CASE("every accepted kind of public key is read") {
  const auto [file, name, bits] = GENERATE(values<Accepted>({
      {"p256.pub.pem", "ecdsa-p256", 256},
      {"p384.pub.pem", "ecdsa-p384", 384},
      {"p521.pub.pem", "ecdsa-p521", 521},
      {"rsa2048.pub.pem", "rsa-2048", 2048},
      {"rsa3072.pub.pem", "rsa-3072", 3072},
      {"rsa4096.pub.pem", "rsa-4096", 4096},
      {"rsapss2048.pub.pem", "rsa-pss-2048", 2048},
      {"rsapss-sha256.pub.pem", "rsa-pss-2048", 2048},
      {"ed25519.pub.pem", "ed25519", 256},
      {"cosign.pub", "ecdsa-p256", 256},
      {"cosign-rsa2048.pub", "rsa-2048", 2048},
  }));
  const auto text = test::key_text(file);
  const auto key = PublicKey::from_pem(text);
  REQUIRE(key);
  CHECK(describe(key->algorithm(), key->bits()) == name);
  CHECK(key->bits() == bits);
  CHECK(key->pem() == text);
  CHECK(key->id().size() == 64);
  CHECK(base::hex_encode(*base::base64_decode(key->hint())) == key->id());
  CHECK(*PublicKey::from_der(key->der()) == *key);
}

TEST_CASE("a PKCS#1 public key is the same key as its SPKI") {
  CHECK(*PublicKey::from_pem(test::key_text("rsa2048.pkcs1pub.pem")) ==
        *PublicKey::from_pem(test::key_text("rsa2048.pub.pem")));
}

TEST_CASE("other keys are refused when they are read [attack 18]") {
  const auto [file, reason] = GENERATE(values<Refused>({
      {"refused-rsa1024.pub.pem", "an RSA key of 1024 bits is not accepted, only 2048 to 4096 bits"},
      {"refused-rsa5120.pub.pem", "an RSA key of 5120 bits is not accepted"},
      {"refused-p192.pub.pem", "curve P-192 is not accepted"},
      {"refused-p224.pub.pem", "curve P-224 is not accepted"},
      {"refused-secp256k1.pub.pem", "curve secp256k1 is not accepted"},
      {"refused-brainpool.pub.pem", "curve brainpoolP256r1 is not accepted"},
      {"refused-explicit.pub.pem", "explicit curve parameters are not accepted"},
      {"refused-compressed.pub.pem", "the point is not in uncompressed form of P-256"},
      {"refused-rsapss-sha1.pub.pem", "RSA-PSS with SHA-1 is not accepted"},
      {"refused-rsapss-sha512.pub.pem", "RSA-PSS with another hash than SHA-256 is not accepted"},
      {"refused-rsapss-salt.pub.pem", "RSA-PSS with a salt of more than 32 bytes is not accepted"},
      {"refused-ed448.pub.pem", "Ed448 keys are not accepted"},
      {"refused-x25519.pub.pem", "X25519 keys are not accepted"},
      {"refused-dsa.pub.pem", "DSA keys are not accepted"},
      {"p256.pkcs8.pem", "is a private key (PRIVATE KEY), expected a public key"},
      {"cosign.key", "is a private key (ENCRYPTED SIGSTORE PRIVATE KEY), expected a public key"},
      {"refused-certificate.pem", "is a certificate, expected a public key"},
  }));
  const auto key = PublicKey::from_pem(test::key_text(file));
  REQUIRE_FALSE(key);
  CHECK(key.error().kind() == Outcome::key);
  CHECK_THAT(key.error().message(), Catch::Contains(reason));
}

TEST_CASE("another PEM label is refused by its name") {
  const auto key =
      PublicKey::from_pem("-----BEGIN PGP PUBLIC KEY BLOCK-----\naGFs\n-----END PGP PUBLIC KEY BLOCK-----\n");
  REQUIRE_FALSE(key);
  CHECK(key.error().message() == "is a PEM block \"PGP PUBLIC KEY BLOCK\", expected \"PUBLIC KEY\"");
}

TEST_CASE("a private key or certificate in place of a public one says what to do") {
  CHECK_THAT(PublicKey::from_pem(test::key_text("p256.pkcs8.pem")).error().hint(),
             Catch::Contains("hallmark key public"));
  CHECK_THAT(PublicKey::from_pem(test::key_text("refused-certificate.pem")).error().hint(),
             Catch::Contains("openssl x509 -pubkey"));
}

TEST_CASE("an SPKI that was changed anywhere is another key or none") {
  const auto file = GENERATE("p256.pub.pem", "ed25519.pub.pem", "rsa2048.pub.pem", "rsapss-sha256.pub.pem");
  const auto spki = spki_of(file);
  const auto original = PublicKey::from_der(spki);
  REQUIRE(original);
  for (std::size_t at = 0; at < spki.size(); ++at) {
    auto changed = spki;
    changed[at] ^= 0x01;
    const auto key = PublicKey::from_der(changed);
    if (key) CHECK_FALSE(*key == *original);
  }
}

TEST_CASE("an SPKI that is cut off or longer than itself is refused") {
  const auto spki = spki_of("p256.pub.pem");
  for (std::size_t size = 0; size < spki.size(); ++size) CHECK_FALSE(PublicKey::from_der(BytesView(spki).first(size)));
  auto longer = spki;
  longer.push_back(0);
  CHECK_THAT(PublicKey::from_der(longer).error().message(), Catch::Contains("bytes follow"));
}

TEST_CASE("RSA numbers that make no key are refused") {
  // A 2048-bit modulus with these changes to its last byte or to the exponent (the last three bytes).
  const auto spki = spki_of("rsa2048.pub.pem");
  auto even = spki;
  even[spki.size() - 6] &= 0xfe;
  CHECK_THAT(PublicKey::from_der(even).error().message(), Catch::Contains("modulus is even"));
  auto exponent = spki;
  exponent[spki.size() - 1] = 0x00;
  CHECK_THAT(PublicKey::from_der(exponent).error().message(), Catch::Contains("exponent is not an odd number"));
}

TEST_CASE("Ed25519 points of small order are refused") {
  // Encodings of points of order 1, 2, 4 and 8, and of one that is not canonical.
  const auto point = GENERATE(as<std::string>{}, "0100000000000000000000000000000000000000000000000000000000000000",
                              "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                              "0000000000000000000000000000000000000000000000000000000000000000",
                              "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                              "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
  const auto key = PublicKey::from_der(*base::hex_decode("302a300506032b6570032100" + point));
  REQUIRE_FALSE(key);
  CHECK_THAT(key.error().message(), Catch::Contains("the Ed25519 point is not valid"));
}

TEST_CASE("Ed25519ph signatures verify, as RFC 8032 section 7.3 has them") {
  const auto key =
      PublicKey::from_der(*base::hex_decode("302a300506032b6570032100"
                                            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf"));
  REQUIRE(key);
  auto signature = *base::hex_decode(
      "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
      "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406");
  CHECK(key->verify(as_bytes("abc"), signature));
  CHECK_FALSE(key->verify(as_bytes("abd"), signature));
  signature[0] ^= 1;
  CHECK_FALSE(key->verify(as_bytes("abc"), signature));
}

TEST_CASE("a signature of no bytes or a few is refused by every key") {
  const auto file = GENERATE("p256.pub.pem", "p384.pub.pem", "p521.pub.pem", "rsa2048.pub.pem", "rsapss2048.pub.pem",
                             "ed25519.pub.pem");
  const auto key = PublicKey::from_pem(test::key_text(file));
  REQUIRE(key);
  CHECK_FALSE(key->verify(as_bytes("m"), {}));
  CHECK_FALSE(key->verify({}, {}));
  CHECK_FALSE(key->verify(as_bytes("m"), as_bytes("0")));
  CHECK_FALSE(key->verify(as_bytes("m"), Bytes(64)));
  CHECK_FALSE(key->verify(as_bytes("m"), Bytes(256)));
  CHECK_FALSE(key->verify(as_bytes("m"), *base::hex_decode("3006020100020100")));  // r = s = 0
  CHECK_FALSE(key->verify(as_bytes("m"), *base::hex_decode("3006020101020101")));
}
