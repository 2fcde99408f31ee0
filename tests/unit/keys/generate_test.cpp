#include <catch2/catch.hpp>

#include "unit/keys/key_folder.h"

using namespace hallmark;
using namespace hallmark::keys;
using test::encoded;
using test::KeyFolder;
using test::with_password;

TEST_CASE("a generated key of every type opens and signs") {
  const std::string name =
      GENERATE("ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-2048", "rsa-3072", "rsa-pss-2048", "ed25519");
  const auto pair = generate(*parse_key_type(name), "release", encoded(KeyFormat::pkcs8));
  REQUIRE(pair);
  CHECK(describe(pair->public_key.algorithm(), pair->public_key.bits()) == name);
  const KeyFolder folder;
  const auto signer = open_signer(folder.put("a.key", pair->private_pem.text()), {});
  REQUIRE(signer);
  CHECK((*signer)->public_key() == pair->public_key);
  CHECK((*signer)->sign(as_bytes("message")));
}

TEST_CASE("a generated key is written in every format") {
  const auto [format, label] = GENERATE(table<KeyFormat, std::string>({
      {KeyFormat::sigstore, "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"},
      {KeyFormat::pkcs8, "-----BEGIN PRIVATE KEY-----\n"},
      {KeyFormat::encrypted_pkcs8, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"},
  }));
  const auto pair = generate({}, "release", encoded(format));
  REQUIRE(pair);
  CHECK(describe(pair->public_key.algorithm(), 0) == "ecdsa-p256");
  CHECK_THAT(std::string(pair->private_pem.text()), Catch::StartsWith(label));
  const KeyFolder folder;
  const auto signer = open_signer(folder.put("a.key", pair->private_pem.text()), with_password());
  REQUIRE(signer);
  CHECK((*signer)->public_key() == pair->public_key);
}

TEST_CASE("two generated keys differ") {
  CHECK_FALSE(generate({}, "a", encoded(KeyFormat::pkcs8))->public_key ==
              generate({}, "a", encoded(KeyFormat::pkcs8))->public_key);
}

TEST_CASE("an encrypted key needs a password source") {
  const auto pair = generate({}, "release", {});
  REQUIRE_FALSE(pair);
  CHECK(pair.error().kind() == Outcome::key);
  CHECK(pair.error().message() == "a password for the new key release is missing");
}

TEST_CASE("a type that parse_key_type does not know is not generated") {
  const auto pair = generate({KeyAlgorithm::rsa_pkcs1, 1024}, "release", encoded(KeyFormat::pkcs8));
  REQUIRE_FALSE(pair);
  CHECK(pair.error().kind() == Outcome::usage);
}

TEST_CASE("an imported key is the same key in another form") {
  const KeyFolder folder;
  const auto file = GENERATE("p256.sec1.pem", "rsa2048.pkcs1.pem", "ed25519.pkcs8.pem", "p256.scrypt.pem");
  const auto imported = import_key(folder.vector(file), with_password(), encoded(KeyFormat::sigstore));
  REQUIRE(imported);
  const auto path = folder.put("imported.key", imported->private_pem.text());
  const auto back = import_key(path, with_password(), encoded(KeyFormat::pkcs8));
  REQUIRE(back);
  CHECK(back->public_key == imported->public_key);
  const auto original = import_key(folder.vector(file), with_password(), encoded(KeyFormat::pkcs8));
  REQUIRE(original);
  CHECK(back->private_pem.text() == original->private_pem.text());
}
