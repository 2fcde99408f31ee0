#include "keys/kms/vault_answer.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "support/key_vectors.h"

namespace hallmark::keys {
namespace {

base::Json json(std::string_view text) {
  auto read = base::Json::parse(as_bytes(text), "test");
  REQUIRE(read);
  return *std::move(read);
}

}  // namespace

TEST_CASE("a key's answer is read with all that decides whether it may sign") {
  const auto key = vault_key(json(R"({"data":{"name":"k","type":"rsa-2048","latest_version":3,"min_available_version":1,
      "min_decryption_version":2,"min_encryption_version":3,"derived":true,"exportable":true,
      "allow_plaintext_backup":true,"soft_deleted":true,"keys":{"2":{"public_key":"a"},"3":{"public_key":"b"}}}})"));
  REQUIRE(key);
  CHECK(key->name == "k");
  CHECK(key->signs());
  CHECK(key->latest == 3);
  CHECK(key->min_available == 1);
  CHECK(key->min_decryption == 2);
  CHECK(key->min_encryption == 3);
  CHECK((key->derived && key->exportable && key->plaintext_backup && key->soft_deleted));
  CHECK(key->publics == std::map<std::string, std::string>{{"2", "a"}, {"3", "b"}});
  const auto symmetric =
      vault_key(json(R"({"data":{"name":"k","type":"aes256-gcm96","latest_version":1,"keys":{"1":1732788000}}})"));
  REQUIRE(symmetric);
  CHECK_FALSE(symmetric->signs());
}

TEST_CASE("an answer about a key that is not as documented says what is wrong [attack 49]") {
  const auto [text, words] = GENERATE(table<std::string, std::string>({
      {R"([])", "answer: expected an object"},
      {R"({})", "answer.data: missing"},
      {R"({"errors":["permission denied"]})", "answer.data: missing"},
      {R"({"data":{}})", "data.name: missing"},
      {R"({"data":{"name":"k","type":7}})", "data.type: expected a string"},
      {R"({"data":{"name":"k","type":"x","latest_version":-1}})", "data.latest_version"},
      {R"({"data":{"name":"k","type":"x","latest_version":1,"min_decryption_version":"x"}})", "min_decryption_version"},
      {R"({"data":{"name":"k","type":"x","latest_version":1,"derived":"no"}})", "derived: expected true or false"},
      {R"({"data":{"name":"k","type":"x","latest_version":1}})", "data.keys: missing"},
      {R"({"data":{"name":"k","type":"x","latest_version":1,"keys":[]}})", "data.keys: expected an object"},
      {R"({"data":{"name":"k","type":"x","latest_version":1,"keys":{"1":{"public_key":3}}}})", "public_key"},
  }));
  const auto key = vault_key(json(text));
  REQUIRE_FALSE(key);
  CHECK(key.error().kind() == Outcome::malformed);
  CHECK_THAT(key.error().message(), Catch::Contains(words));
}

TEST_CASE("the public key is of the algorithm that the key's type says") {
  VaultKey key;
  key.type = "ecdsa-p256";
  key.publics["1"] = test::key_text("p256.pub.pem");
  REQUIRE(vault_public_key(key, 1));
  const auto [type, text, words] = GENERATE(table<std::string, std::string, std::string>({
      {"ecdsa-p256", "", "missing"},
      {"aes256-gcm96", "x", "missing"},
      {"ecdsa-p384", "p256.pub.pem", "is ecdsa-p256, though the key's type is ecdsa-p384"},
      {"rsa-3072", "rsa2048.pub.pem", "is rsa-2048, though the key's type is rsa-3072"},
      {"rsa-2048", "rsapss2048.pub.pem", "is rsa-pss-2048"},
      {"ecdsa-p256", "refused-certificate.pem", "public_key"},
      {"ecdsa-p256", "p256.pkcs8.pem", "public_key"},
      {"ed25519", "ed25519.pub.pem", "public_key"},
  }));
  key.type = type;
  key.publics["1"] = text.ends_with(".pem") ? test::key_text(text) : text;
  const auto read = vault_public_key(key, 1);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind() == Outcome::malformed);
  CHECK_THAT(read.error().message(), Catch::Contains(words));
  CHECK_FALSE(vault_public_key(key, 2));
  key.type = "ed25519";
  key.publics["1"] = base::base64_encode(Bytes(31, 1));
  CHECK_THAT(vault_public_key(key, 1).error().message(), Catch::Contains("31 bytes, not 32"));
}

TEST_CASE("a signature is vault:vN:BASE64 and nothing else") {
  const auto good = vault_signature(json(R"({"data":{"signature":"vault:v12:AQI=","key_version":12}})"));
  REQUIRE(good);
  CHECK(good->version == 12);
  CHECK(good->bytes == Bytes{1, 2});
  CHECK(vault_signature(json(R"({"data":{"signature":"vault:v1:AQI="}})")));  // before 1.6

  const auto [text, words] = GENERATE(table<std::string, std::string>({
      {R"({"data":{}})", "signature: missing"},
      {R"({"data":{"signature":"AQI="}})", "is not vault:vN:BASE64"},
      {R"({"data":{"signature":"vault:v1"}})", "is not vault:vN:BASE64"},
      {R"({"data":{"signature":"vault:v:AQI="}})", "is not vault:vN:BASE64"},
      {R"({"data":{"signature":"vault:v-1:AQI="}})", "is not vault:vN:BASE64"},
      {R"({"data":{"signature":"vault:v01:AQI="}})", "is not vault:vN:BASE64"},
      {R"({"data":{"signature":"vault:v99999999999999999999999:AQI="}})", "is not vault:vN:BASE64"},
      {R"({"data":{"signature":"vault:v1:"}})", "is not vault:vN:BASE64"},
      {R"({"data":{"signature":"vault:v1:AQI"}})", "is not vault:vN:BASE64"},
      {R"({"data":{"signature":"vault:v1:AQI=","key_version":2}})", "key_version is 2"},
      {R"({"data":{"signature":"vault:v1:AQI=","key_version":"x"}})", "key_version"},
      {R"({"data":{"batch_results":[{"signature":"vault:v1:AQI="}]}})", "signature: missing"},
  }));
  const auto read = vault_signature(json(text));
  REQUIRE_FALSE(read);
  CHECK(read.error().kind() == Outcome::malformed);
  CHECK_THAT(read.error().message(), Catch::Contains(words));
  const std::string huge = base::base64_encode(Bytes(2000, 1));
  CHECK_FALSE(vault_signature(json(R"({"data":{"signature":"vault:v1:)" + huge + "\"}}")));
}

TEST_CASE("a login's answer is a token and how long it lasts") {
  const auto lease = vault_lease(json(R"({"auth":{"client_token":"hvs.x","lease_duration":1200,"renewable":true}})"));
  REQUIRE(lease);
  CHECK(lease->token.text() == "hvs.x");
  CHECK(lease->lasts == std::chrono::seconds(1200));
  CHECK(vault_lease(json(R"({"auth":{"client_token":"hvs.x"}})"))->lasts.count() == 0);

  const auto [text, words] = GENERATE(table<std::string, std::string>({
      {R"({})", "auth: missing"},
      {R"({"auth":null})", "auth"},
      {R"({"auth":{"client_token":"","mfa_requirement":{}}})", "second factor"},
      {R"({"auth":{"client_token":"a b"}})", "is no token"},
      {R"({"auth":{"client_token":"a\nb"}})", "is no token"},
      {R"({"auth":{"client_token":"x","lease_duration":-5}})", "lease_duration"},
  }));
  const auto read = vault_lease(json(text));
  REQUIRE_FALSE(read);
  CHECK_THAT(read.error().message(), Catch::Contains(words));
}

TEST_CASE("what a token may is read by path, and an absent path is no answer") {
  const auto read = vault_capabilities(json(R"({"data":{"a":["read","update"],"capabilities":["deny"]}})"), {"a", "b"});
  REQUIRE(read);
  CHECK(*read == VaultCapabilities{{"a", {"read", "update"}}});
  CHECK_FALSE(vault_capabilities(json(R"({"data":{"a":"read"}})"), {"a"}));
  CHECK_FALSE(vault_capabilities(json(R"({"data":{"a":[1]}})"), {"a"}));
  CHECK_FALSE(vault_capabilities(json(R"({})"), {"a"}));
}

TEST_CASE("Vault's errors become one line that a terminal can bear") {
  CHECK(vault_errors(json(R"({"errors":["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"]})")) ==
        "2 errors occurred: * permission denied * invalid token");
  CHECK(vault_errors(json(R"({"errors":["a","b",3]})")) == "a; b");
  CHECK(vault_errors(json(R"({"errors":["\u001b[31mred"]})")) == "\\x1b[31mred");
  CHECK(vault_errors(json(R"({"errors":[]})")).empty());
  CHECK(vault_errors(json(R"({"errors":{}})")).empty());
  CHECK(vault_errors(json(R"([])")).empty());
  CHECK(vault_errors(json("{\"errors\":[\"" + std::string(5000, 'x') + "\"]}")).size() < 500);
  CHECK(vault_warns(json(R"({"warnings":["key k already existed"]})"), "already existed"));
  CHECK_FALSE(vault_warns(json(R"({"warnings":null})"), "already existed"));
}

}  // namespace hallmark::keys
