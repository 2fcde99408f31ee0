#include "keys/kms/azure_key.h"

#include <catch2/catch.hpp>

#include "unit/keys_azure/azure_world.h"

using namespace hallmark;
using namespace hallmark::keys::azure;
using namespace hallmark::test;

namespace {

Result<VaultKey> read(const std::string& bundle, const std::string& reference = kReference) {
  const auto json = base::Json::parse(as_bytes(bundle), "answer");
  REQUIRE(json);
  return read_key(*json, *KeyReference::parse(reference));
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("the keys of RFC 7515 are read from a vault's answer") {
  const auto [example, name] = GENERATE(
      table<JoseExample, std::string>({{es256(), "ecdsa-p256"}, {es512(), "ecdsa-p521"}, {rs256(), "rsa-2048"}}));
  const auto key = read(key_bundle(example.jwk, kKeyId, R"("enabled":true,"nbf":1493942451,"exp":4102444800)"));
  REQUIRE(key);
  CHECK(describe(key->public_key.algorithm(), key->public_key.bits()) == name);
  CHECK(key->id == kKeyId);
  CHECK(key->version == kVersion);
  CHECK(key->in_hsm == (name == "ecdsa-p521"));
  CHECK(key->may_sign);
  CHECK(key->enabled);
  CHECK(key->not_before->time_since_epoch().count() == 1493942451);
  CHECK(key->expires->time_since_epoch().count() == 4102444800);
  CHECK(key->exportable == keys::Known::no);
  CHECK(key->recovery_level == "Recoverable+Purgeable");
}

TEST_CASE("an answer for another vault, key or version is a wrong answer [attack 49]") {
  const auto id = GENERATE(values<std::string>({
      "https://acme.vault.azure.net/keys/other/78deebed173b48e48f55abf87ed4cf71",
      "https://acme2.vault.azure.net/keys/release/78deebed173b48e48f55abf87ed4cf71",
      "https://acme.vault.azure.net.evil.example/keys/release/78deebed173b48e48f55abf87ed4cf71",
      "http://acme.vault.azure.net/keys/release/78deebed173b48e48f55abf87ed4cf71",
      "https://acme.vault.azure.net/secrets/release/78deebed173b48e48f55abf87ed4cf71",
      "https://acme.vault.azure.net/keys/release/",
      "https://acme.vault.azure.net/keys/release",
      "https://acme.vault.azure.net/keys/release/a/b",
      "https://acme.vault.azure.net/keys/release/78deebed173b48e48f55abf87ed4cf72",
      "",
  }));
  INFO(id);
  const auto key = read(key_bundle(es256().jwk, id), kReference + "/" + kVersion);
  REQUIRE_FALSE(key);
  CHECK(key.error().cause() == Cause::wrong_answer);
  CHECK_THAT(key.error().message(), Catch::Contains("asked was release, version " + kVersion));
}

TEST_CASE("a vault's names are the same in either case") {
  CHECK(read(key_bundle(es256().jwk, "https://acme.vault.azure.net/keys/Release/" + kVersion)));
}

TEST_CASE("keys that cannot sign images are named with their type") {
  struct Case {
    std::string jwk, reason;
  };
  const std::string small = replaced(rs256().jwk, rs256().jwk.substr(rs256().jwk.find("\"n\":\"") + 5, 171), "");
  const auto [jwk, reason] = GENERATE_COPY(values<Case>({
      {R"("kty":"EC","crv":"P-256K","x":"AA","y":"AA")", "its curve is P-256K"},
      {R"("kty":"oct-HSM","key_ops":["encrypt"])", "its type is oct-HSM"},
      {R"("kty":"OKP","crv":"Ed25519","x":"AA")", "its type is OKP"},
      {small, "is not accepted"},
  }));
  INFO(jwk);
  const auto key = read(key_bundle(jwk));
  REQUIRE_FALSE(key);
  CHECK(key.error().cause() == Cause::wrong_key);
  CHECK_THAT(key.error().message(), Catch::Contains("cannot sign images") && Catch::Contains(reason));
}

TEST_CASE("an answer that is not as documented is malformed") {
  const std::string good = key_bundle(es256().jwk);
  const std::string x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
  const auto bundle = GENERATE_COPY(values<std::string>({
      "[]",
      "{}",
      R"({"key":[]})",
      R"({"error":{"code":"Forbidden","message":"no"}})",
      replaced(good, "\"kid\":", "\"id\":"),
      replaced(good, "\"kty\":\"EC\"", "\"kty\":7"),
      replaced(good, "\"crv\":\"P-256\",", ""),
      replaced(good, "P-256", "P-384"),
      replaced(good, x, x + "="),
      replaced(good, x, x.substr(1)),
      replaced(good, x, "AAA" + x),
      replaced(good, x, ""),
      replaced(good, x, "g" + x.substr(1)),        // a point that is not on the curve
      replaced(good, "y\":\"x_FE", "y\":\"x/FE"),  // another alphabet
      replaced(good, "\"attributes\":", "\"attribute\":"),
      replaced(good, "\"enabled\":true", "\"enabled\":\"true\""),
      replaced(good, "\"enabled\":true", "\"enabled\":true,\"exp\":-1"),
      replaced(good, "\"enabled\":true", "\"enabled\":true,\"nbf\":\"never\""),
      replaced(good, "\"enabled\":true", "\"enabled\":true,\"exp\":253402300800"),
      replaced(good, "\"Recoverable+Purgeable\"", "7"),
  }));
  INFO(bundle);
  const auto key = read(bundle);
  REQUIRE_FALSE(key);
  CHECK(key.error().cause() == Cause::malformed_answer);
  CHECK_THAT(key.error().message(), Catch::StartsWith("Azure Key Vault answered with what is not as documented"));
}

TEST_CASE("what a vault does not say stays unknown") {
  const auto key = read(R"({"key":{"kid":")" + kKeyId + R"(",)" +
                        replaced(es256().jwk, R"("key_ops":["sign","verify"],)", "") + R"(},"attributes":{}})");
  REQUIRE(key);
  CHECK_FALSE(key->may_sign);
  CHECK_FALSE(key->enabled);
  CHECK(key->exportable == keys::Known::unknown);
  CHECK_FALSE(key->expires);
}

TEST_CASE("a signature is taken from the very version that was asked [attack 49]") {
  const auto key = read(key_bundle(es256().jwk));
  REQUIRE(key);
  const auto signature_of = [&](const std::string& text) {
    return read_signature(*base::Json::parse(as_bytes(text), "answer"), *key);
  };
  CHECK(signature_of(signature_answer(es256().signature))->size() == 64);
  struct Case {
    std::string answer;
    Cause cause;
  };
  const auto [answer, cause] = GENERATE(values<Case>({
      {signature_answer(es256().signature, "https://acme.vault.azure.net/keys/release/0"), Cause::wrong_answer},
      {signature_answer(es256().signature, "https://acme.vault.azure.net/keys/other/" + kVersion), Cause::wrong_answer},
      {signature_answer(""), Cause::malformed_answer},
      {signature_answer("AA=="), Cause::malformed_answer},
      {signature_answer("A"), Cause::malformed_answer},
      {signature_answer(std::string(1400, 'A')), Cause::malformed_answer},
      {"{}", Cause::malformed_answer},
      {"[]", Cause::malformed_answer},
      {R"({"kid":")" + kKeyId + R"("})", Cause::malformed_answer},
      {R"({"error":{"code":"Forbidden"}})", Cause::malformed_answer},
  }));
  INFO(answer);
  const auto signature = signature_of(answer);
  REQUIRE_FALSE(signature);
  CHECK(signature.error().cause() == cause);
}
