#include <catch2/catch.hpp>

#include "unit/keys/key_folder.h"

using namespace hallmark;
using namespace hallmark::keys;
using test::KeyFolder;
using test::with_password;

namespace {

struct Case {
  std::string file;
  std::string format;
  std::string kdf;
  std::string cipher;
  bool is_private;
};

}  // namespace

TEST_CASE("inspect says what a key file is without its password") {
  const auto [file, format, kdf, cipher, is_private] = GENERATE(values<Case>({
      {"p256.pub.pem", "spki", "", "", false},
      {"rsa2048.pkcs1pub.pem", "pkcs1", "", "", false},
      {"p256.pkcs8.pem", "pkcs8", "", "", true},
      {"p256.sec1.pem", "sec1", "", "", true},
      {"rsa2048.pkcs1.pem", "pkcs1", "", "", true},
      {"p256.pbkdf2.pem", "encrypted-pkcs8", "pbkdf2 hmac-sha256 iterations=2048", "aes-256-cbc", true},
      {"p256.scrypt.pem", "encrypted-pkcs8", "scrypt N=1024 r=8 p=1", "aes-256-cbc", true},
      {"cosign.key", "sigstore", "scrypt N=65536 r=8 p=1", "nacl/secretbox", true},
      {"cosign-old-label.key", "cosign", "scrypt N=65536 r=8 p=1", "nacl/secretbox", true},
  }));
  const KeyFolder folder;
  const auto info = inspect(folder.vector(file), {});
  REQUIRE(info);
  CHECK(info->format == format);
  CHECK(info->kdf == kdf);
  CHECK(info->cipher == cipher);
  CHECK(info->is_private == is_private);
  CHECK(info->encrypted == !kdf.empty());
  CHECK(info->public_key.has_value() == kdf.empty());
  CHECK(info->mode == 0600);
  CHECK_FALSE(info->exposed);
}

TEST_CASE("inspect tells the public key of an encrypted one that it has the password for") {
  const KeyFolder folder;
  const auto info = inspect(folder.vector("cosign.key"), with_password());
  REQUIRE(info);
  REQUIRE(info->public_key);
  CHECK(info->public_key->pem() == test::key_text("cosign.pub"));
  CHECK_FALSE(inspect(folder.vector("cosign.key"), with_password("wrong")));
}

TEST_CASE("inspect tells a private key that others can read, and opens it all the same") {
  const KeyFolder folder;
  const auto info = inspect(folder.put("a.key", test::key_text("p256.pkcs8.pem"), 0644), {});
  REQUIRE(info);
  CHECK(info->exposed);
  CHECK(info->mode == 0644);
  CHECK_FALSE(inspect(folder.put("a.pub", test::key_text("p256.pub.pem"), 0644), {})->exposed);
}

TEST_CASE("inspect refuses what is no key") {
  const KeyFolder folder;
  const auto info = inspect(folder.vector("refused-certificate.pem"), {});
  REQUIRE_FALSE(info);
  CHECK(info.error().kind() == Outcome::key);
}
