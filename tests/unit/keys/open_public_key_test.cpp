#include <catch2/catch.hpp>

#include "unit/keys/key_folder.h"

using namespace hallmark;
using namespace hallmark::keys;
using test::KeyFolder;

TEST_CASE("a public key opens, whoever can read it") {
  const KeyFolder folder;
  const auto key = open_public_key(folder.put("a.pub", test::key_text("p256.pub.pem"), 0666));
  REQUIRE(key);
  CHECK(key->pem() == test::key_text("p256.pub.pem"));
}

TEST_CASE("a private key where a public one is needed says how to get it [attack 48]") {
  const KeyFolder folder;
  const auto path = folder.vector(GENERATE("p256.pkcs8.pem", "cosign.key", "p256.sec1.pem"));
  const auto key = open_public_key(path);
  REQUIRE_FALSE(key);
  CHECK(key.error().kind() == Outcome::key);
  CHECK_THAT(key.error().message(), Catch::StartsWith(path + ": is a private key"));
  CHECK_THAT(key.error().hint(), Catch::Contains("hallmark key public"));
}

TEST_CASE("a certificate in place of a public key is refused [attack 48]") {
  const KeyFolder folder;
  const auto path = folder.vector("refused-certificate.pem");
  CHECK(open_public_key(path).error().message() == path + ": is a certificate, expected a public key");
}
