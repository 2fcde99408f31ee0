#include "keys/software/software_signer.h"

#include <catch2/catch.hpp>

#include "crypto/pem.h"
#include "support/key_vectors.h"

using namespace hallmark;
using namespace hallmark::keys;

namespace {

SoftwareSigner signer_of(const std::string& name) {
  const auto block = crypto::read_pem(test::key_text(name + ".pkcs8.pem"));
  return SoftwareSigner(*read_pkcs8(block->bytes.view()));
}

}  // namespace

TEST_CASE("what a signer signs its public key verifies") {
  const std::string name =
      GENERATE("p256", "p384", "p521", "rsa2048", "rsa3072", "rsa4096", "rsapss2048", "rsapss-sha256", "ed25519");
  auto signer = signer_of(name);
  const auto key = PublicKey::from_pem(test::key_text(name + ".pub.pem"));
  REQUIRE(key);
  CHECK(signer.public_key() == *key);
  const auto text = GENERATE(as<std::string>{}, "", "message", std::string(100'000, 'm'));
  auto signature = signer.sign(as_bytes(text));
  REQUIRE(signature);
  CHECK(key->verify(as_bytes(text), *signature));
  CHECK_FALSE(key->verify(as_bytes(text + "x"), *signature));
  auto longer = *signature;
  longer.push_back(0);
  CHECK_FALSE(key->verify(as_bytes(text), longer));
  signature->back() ^= 1;
  CHECK_FALSE(key->verify(as_bytes(text), *signature));
}

TEST_CASE("Ed25519 signs pure, as RFC 8032 section 7.1 test 1") {
  auto signer = signer_of("ed25519");
  CHECK(*signer.sign(as_bytes("same")) == *signer.sign(as_bytes("same")));
  CHECK(signer.sign(as_bytes("same"))->size() == 64);
}

TEST_CASE("a signature by one key does not verify under another of its kind") {
  auto signer = signer_of("rsa2048");
  const auto signature = signer.sign(as_bytes("message"));
  REQUIRE(signature);
  CHECK_FALSE(PublicKey::from_pem(test::key_text("cosign-rsa2048.pub"))->verify(as_bytes("other"), *signature));
  CHECK_FALSE(PublicKey::from_pem(test::key_text("rsapss2048.pub.pem"))->verify(as_bytes("message"), *signature));
}

TEST_CASE("a signature that its own public key does not verify is not handed out [attack 49]") {
  const auto first = crypto::read_pem(test::key_text("p256.pkcs8.pem"));
  const auto other = PublicKey::from_pem(test::key_text("cosign.pub"));
  REQUIRE(other);
  auto key = *read_pkcs8(first->bytes.view());
  SoftwareSigner signer(PrivateKey{std::move(key.handle), *other, Secret()});
  const auto signature = signer.sign(as_bytes("message"));
  REQUIRE_FALSE(signature);
  CHECK(signature.error().kind() == Outcome::key);
  CHECK(signature.error().message() == "the key made a signature that its own public key does not verify");
}

TEST_CASE("a wrong RSA exponent in the file never becomes a signature") {
  auto block = *crypto::read_pem(test::key_text("rsa2048.pkcs1.pem"));
  // The last number is the coefficient: p and q stay, so the key opens, and its signatures are wrong.
  block.bytes.writable().back() ^= 0x55;
  auto key = read_pkcs1(block.bytes.view());
  REQUIRE(key);
  SoftwareSigner signer(*std::move(key));
  const auto signature = signer.sign(as_bytes("message"));
  // OpenSSL may repair it from d; what comes out must verify.
  if (signature) CHECK(signer.public_key().verify(as_bytes("message"), *signature));
}
