#include "keys/provider/signature.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "hallmark/keys.h"
#include "support/key_vectors.h"

namespace hallmark::keys {
namespace {

std::unique_ptr<Signer> signer_of(const std::string& name) {
  OpenOptions options;
  options.variable = [text = test::key_text(name)](const std::string&) {
    return Secret::copy_of(std::string_view(text));
  };
  auto signer = open_signer("env://KEY", options);
  REQUIRE(signer);
  return *std::move(signer);
}

std::string hex(BytesView bytes) { return base::hex_encode(bytes); }

}  // namespace

TEST_CASE("every algorithm has the hash of docs/formats.md") {
  CHECK(hash_of(KeyAlgorithm::ecdsa_p256) == Hash::sha256);
  CHECK(hash_of(KeyAlgorithm::ecdsa_p384) == Hash::sha384);
  CHECK(hash_of(KeyAlgorithm::ecdsa_p521) == Hash::sha512);
  CHECK(hash_of(KeyAlgorithm::rsa_pkcs1) == Hash::sha256);
  CHECK(hash_of(KeyAlgorithm::rsa_pss) == Hash::sha256);
  CHECK(hash_of(KeyAlgorithm::ed25519) == Hash::none);
}

TEST_CASE("digests are those of FIPS 180-2's example, and none is the message itself") {
  const BytesView abc = as_bytes(std::string_view("abc"));
  CHECK(hex(hashed(Hash::sha256, abc)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(hashed(Hash::sha384, abc)).starts_with("cb00753f45a35e8bb5a03d699ac65007"));
  CHECK(hex(hashed(Hash::sha512, abc)).starts_with("ddaf35a193617abacc417349ae204131"));
  CHECK(hashed(Hash::none, abc) == to_bytes("abc"));
}

TEST_CASE("only a signature that the public key verifies is let out [attack 49]") {
  const std::string name = GENERATE("p256.pkcs8.pem", "rsa2048.pkcs8.pem", "rsapss2048.pkcs8.pem", "ed25519.pkcs8.pem");
  const auto signer = signer_of(name);
  const BytesView message = as_bytes(std::string_view("message"));
  const auto good = signer->sign(message);
  REQUIRE(good);
  REQUIRE(checked_signature(signer->public_key(), message, *good, "KMS"));

  Bytes flipped = *good;
  flipped[flipped.size() / 2] ^= 1;
  const auto other = signer_of("p384.pkcs8.pem")->sign(message);
  const auto elsewhere = signer->sign(as_bytes(std::string_view("another")));
  for (const Bytes& bad : {flipped, Bytes(), Bytes(64, 0), *other, *elsewhere}) {
    const auto refused = checked_signature(signer->public_key(), message, bad, "KMS");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind() == Outcome::key);
    CHECK(refused.error().cause() == Cause::wrong_answer);
    CHECK_THAT(refused.error().message(), Catch::StartsWith("KMS answered with a signature that the public key"));
    CHECK_THAT(refused.error().message(), Catch::Contains("nothing was published"));
  }
}

TEST_CASE("r and s become DER integers: no sign, no leading zeros") {
  Bytes both(64, 0);
  both[31] = 5;     // r = 5
  both[32] = 0x80;  // s = 0x80 << 248
  const auto der = ecdsa_der(KeyAlgorithm::ecdsa_p256, both, "KMS");
  REQUIRE(der);
  CHECK(hex(*der) ==
        "3026020105022100"
        "80" +
            std::string(62, '0'));
}

TEST_CASE("DER that was made from r and s verifies, on every curve") {
  const auto [file, algorithm, width] = GENERATE(table<std::string, KeyAlgorithm, std::size_t>({
      {"p256.pkcs8.pem", KeyAlgorithm::ecdsa_p256, 32},
      {"p384.pkcs8.pem", KeyAlgorithm::ecdsa_p384, 48},
      {"p521.pkcs8.pem", KeyAlgorithm::ecdsa_p521, 66},
  }));
  const auto signer = signer_of(file);
  const BytesView message = as_bytes(std::string_view("message"));
  const auto signature = signer->sign(message);
  REQUIRE(signature);
  // SEQUENCE { INTEGER r, INTEGER s }, taken apart by hand.
  std::size_t at = (*signature)[1] == 0x81 ? 3 : 2;
  Bytes both;
  for (int i = 0; i < 2; ++i) {
    const std::size_t length = (*signature)[at + 1];
    Bytes number(signature->begin() + static_cast<std::ptrdiff_t>(at + 2),
                 signature->begin() + static_cast<std::ptrdiff_t>(at + 2 + length));
    if (number.size() > width) number.erase(number.begin());
    both.insert(both.end(), width - number.size(), 0);
    both.insert(both.end(), number.begin(), number.end());
    at += 2 + length;
  }
  const auto der = ecdsa_der(algorithm, both, "KMS");
  REQUIRE(der);
  CHECK(*der == *signature);
  CHECK(signer->public_key().verify(message, *der));
}

TEST_CASE("r and s of another width are an answer for another key [attack 49]") {
  const auto [algorithm, size] = GENERATE(table<KeyAlgorithm, std::size_t>({
      {KeyAlgorithm::ecdsa_p256, 0},
      {KeyAlgorithm::ecdsa_p256, 63},
      {KeyAlgorithm::ecdsa_p256, 96},
      {KeyAlgorithm::ecdsa_p384, 64},
      {KeyAlgorithm::ecdsa_p521, 128},
      {KeyAlgorithm::rsa_pkcs1, 64},
      {KeyAlgorithm::ed25519, 64},
  }));
  const auto der = ecdsa_der(algorithm, Bytes(size, 1), "KMS");
  REQUIRE_FALSE(der);
  CHECK(der.error().cause() == Cause::wrong_answer);
  CHECK_THAT(der.error().message(), Catch::Contains("a signature of " + std::to_string(size) + " bytes"));
}

}  // namespace hallmark::keys
