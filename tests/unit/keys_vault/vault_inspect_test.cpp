#include "unit/keys_vault/vault_fixture.h"

namespace hallmark::keys {
namespace {

using test::FakeVault;
using test::json_response;

constexpr const char* kRelease = "hashivault://release";
constexpr const char* kCapabilities = "POST /v1/sys/capabilities-self";

std::map<std::string, Known> rights_of(const KeyInfo& info) {
  std::map<std::string, Known> rights;
  for (const KeyRight& right : info.rights) rights[right.name] = right.held;
  return rights;
}

}  // namespace

TEST_CASE("inspecting tells where the key is, which version, and what the token may") {
  FakeVault vault;
  vault.world.variables["VAULT_NAMESPACE"] = "team-a";
  vault.instead[kCapabilities] = json_response(200, R"({"data":{
      "transit/keys/release":["read"],"transit/sign/release/sha2-256":["update"],
      "transit/export/signing-key/release":["deny"],"transit/backup/release":["deny"],"capabilities":["read"]}})");
  const auto info = hashivault(vault.services)->inspect(kRelease);
  REQUIRE(info);
  CHECK(info->is_private);
  CHECK(info->format == "hashivault");
  CHECK(info->place == "Vault at https://vault.test:8200, mount transit, namespace team-a");
  CHECK(info->name == "release version 1");
  CHECK(info->exportable == Known::no);
  CHECK(info->public_key == vault.signer->public_key());
  CHECK(rights_of(*info) == std::map<std::string, Known>{{"read on transit/keys/release", Known::yes},
                                                         {"update on transit/sign/release/sha2-256", Known::yes},
                                                         {"read on transit/export/signing-key/release", Known::no},
                                                         {"read on transit/backup/release", Known::no},
                                                         {"delete on transit/keys/release", Known::no}});
  CHECK(vault.last().body ==
        R"({"paths":["transit/keys/release","transit/sign/release/sha2-256","transit/export/signing-key/release",)"
        R"("transit/backup/release"]})");
  CHECK(vault.world.http.sent.size() == 2);
}

TEST_CASE("a root token may everything, and a key that can leave is said to") {
  FakeVault vault;
  const std::string flag = GENERATE("exportable", "allow_plaintext_backup");
  vault.key = base::Json::object({{flag, true}});
  vault.instead[kCapabilities] = json_response(200, R"({"data":{
      "transit/keys/release":["root"],"transit/sign/release/sha2-256":["root"],
      "transit/export/signing-key/release":["root"],"transit/backup/release":["root"]}})");
  const auto info = openbao(vault.services)->inspect("openbao://release");
  REQUIRE(info);
  CHECK(info->format == "openbao");
  CHECK(info->exportable == Known::yes);
  for (const KeyRight& right : info->rights) CHECK(right.held == Known::yes);
}

TEST_CASE("what Vault does not tell stays unknown, and is no failure") {
  const auto [status, body] = GENERATE(table<int, std::string>({
      {403, R"({"errors":["permission denied"]})"},
      {200, R"({"data":{}})"},
      {200, R"({"data":{"transit/keys/release":"read"}})"},
      {200, "<html>"},
      {503, ""},
  }));
  FakeVault vault;
  vault.instead[kCapabilities] = json_response(status, body);
  vault.instead["GET /v1/auth/token/lookup-self"] = json_response(200, "{}");
  const auto info = hashivault(vault.services)->inspect(kRelease);
  REQUIRE(info);
  REQUIRE(info->rights.size() == 5);
  for (const KeyRight& right : info->rights)
    CHECK(right.held == (right.action == KeyRight::Action::read_public_key ? Known::yes : Known::unknown));
}

}  // namespace hallmark::keys
