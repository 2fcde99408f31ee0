#include <catch2/catch.hpp>

#include "hallmark/keys.h"

using namespace hallmark;
using namespace hallmark::keys;

TEST_CASE("a key type is read as describe writes it") {
  const std::string name = GENERATE("ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-2048", "rsa-3072", "rsa-4096",
                                    "rsa-pss-2048", "rsa-pss-3072", "rsa-pss-4096", "ed25519");
  const auto type = parse_key_type(name);
  REQUIRE(type);
  CHECK(describe(type->algorithm, type->bits) == name);
}

TEST_CASE("an unknown key type names the known ones") {
  const auto type = parse_key_type(GENERATE("", "rsa", "rsa-1024", "RSA-2048", "p256", "ed448", "rsa-2048 "));
  REQUIRE_FALSE(type);
  CHECK(type.error().kind() == Outcome::usage);
  CHECK_THAT(type.error().message(), Catch::Contains("expected one of ecdsa-p256, ") && Catch::EndsWith(", ed25519"));
}

TEST_CASE("a key format is read by its name") {
  CHECK(parse_key_format("sigstore") == KeyFormat::sigstore);
  CHECK(parse_key_format("pkcs8") == KeyFormat::pkcs8);
  CHECK(parse_key_format("encrypted-pkcs8") == KeyFormat::encrypted_pkcs8);
  const auto unknown = parse_key_format("der");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind() == Outcome::usage);
  CHECK(unknown.error().message() == "unknown key format \"der\", expected one of sigstore, pkcs8, encrypted-pkcs8");
}
