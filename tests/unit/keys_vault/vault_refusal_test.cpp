#include "keys/kms/vault_refusal.h"

#include "unit/keys_vault/vault_fixture.h"

namespace hallmark::keys {
namespace {

using test::FakeVault;
using test::json_response;

constexpr const char* kRelease = "hashivault://release";
constexpr const char* kRead = "GET /v1/transit/keys/release";
constexpr const char* kLookUp = "GET /v1/auth/token/lookup-self";

Error refusal(FakeVault& vault) {
  const auto provider = hashivault(vault.services);
  const auto signer = provider->open_signer(kRelease);
  if (!signer) return signer.error();
  const auto signature = (*signer)->sign(as_bytes(vault.message));
  REQUIRE_FALSE(signature);
  return signature.error();
}

}  // namespace

TEST_CASE("each of Vault's refusals has its own cause and words") {
  struct Case {
    int status;
    std::string body;
    Cause cause;
    std::string words;
  };
  const auto [status, body, cause, words] = GENERATE(values<Case>({
      {400, R"({"errors":["signing key not found"]})", Cause::not_found,
       "signing with hashivault://release: signing key not found"},
      {400, R"({"errors":["encryption key not found"]})", Cause::not_found, "encryption key not found"},
      {404, R"({"errors":[]})", Cause::not_found, "there is no such key"},
      {404, R"({"errors":["no handler for route \"transit/x\". route entry not found."]})", Cause::not_found,
       "check the mount path and the namespace"},
      {400, R"({"errors":["requested version for signing is higher than the latest key version"]})", Cause::not_found,
       "higher than"},
      {400, R"({"errors":["requested version for signing is less than the minimum encryption key version"]})",
       Cause::disabled, "min_encryption_version"},
      {500, R"({"errors":["no such key version"]})", Cause::unreachable, "it failed (500): no such key version"},
      {400, R"({"errors":["requested version for signing does not contain a private part"]})", Cause::wrong_key,
       "only its public half"},
      {400, R"({"errors":["key type aes256-gcm96 does not support signing"]})", Cause::wrong_key,
       "does not support signing"},
      {400, R"({"errors":["message signing not supported for key type hmac"]})", Cause::wrong_key,
       "not supported for key type"},
      {400, R"({"errors":["missing 'context' for key derivation; the key was created using a derived key"]})",
       Cause::wrong_key, "derived from a context"},
      {400, R"({"errors":["key is soft deleted"]})", Cause::pending_deletion, "restore it"},
      {400, R"({"errors":["missing client token"]})", Cause::no_credentials, "set VAULT_TOKEN"},
      {400, R"({"errors":["invalid hash algorithm \"sha2-256\""]})", Cause::unsupported,
       "is refused (400): invalid hash"},
      {405, R"({"errors":["unsupported operation"]})", Cause::unsupported, "is refused (405)"},
      {412, R"({"errors":["required index state not present"]})", Cause::unreachable, "has not yet caught up"},
      {429, R"({"errors":["request path \"x\": rate limit quota exceeded"]})", Cause::throttled, "quota exceeded"},
      {472, R"({"errors":[]})", Cause::unreachable, "stands by for another site (472)"},
      {473, R"({"errors":[]})", Cause::unreachable, "only reads (473)"},
      {500, R"({"errors":["local node not active but active cluster node not found"]})", Cause::unreachable,
       "active cluster node"},
      {501, R"({"errors":[]})", Cause::unreachable, "is not initialised (501)"},
      {502, "<html>bad gateway</html>", Cause::unreachable, "it failed (502)"},
      {503, R"({"errors":["Vault is sealed"]})", Cause::unreachable, "it is sealed (503): Vault is sealed"},
      {503, "", Cause::unreachable, "does not serve now (503)"},
      {418, "", Cause::unsupported, "is refused (418)"},
      {400, R"({"errors":["hvs.hush-token-of-the-test is odd"]})", Cause::unsupported, "is refused (400)"},
      {400, R"({"errors":["\u001b[2Jboo"]})", Cause::unsupported, "\\x1b[2Jboo"},
  }));
  FakeVault vault;
  vault.instead["POST /v1/transit/sign/release/sha2-256"] = json_response(status, body);
  test::check_failure(refusal(vault), cause, words);
  CHECK(vault.world.http.sent.size() == 2);
}

TEST_CASE("a token that may not is told from one that has ended, by one question and only then") {
  struct Case {
    std::string denial;
    int status;
    std::string look_up;
    Cause cause;
    std::string words;
    std::size_t asked;
  };
  const std::string denied = R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})";
  const std::string invalid = R"({"errors":["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"]})";
  const auto [denial, status, look_up, cause, words, asked] = GENERATE_COPY(values<Case>({
      {denied, 200, R"({"data":{"ttl":10}})", Cause::access_denied, "have to grant \"read\" on transit/keys/release",
       1},
      {denied, 403, invalid, Cause::expired_credentials, "the token of VAULT_TOKEN is not known", 1},
      {denied, 403, R"({"errors":["bad token"]})", Cause::expired_credentials, "log in again", 1},
      {denied, 403, denied, Cause::access_denied, "the token may also have ended", 1},
      {denied, 500, "", Cause::access_denied, "have to grant", 1},
      {invalid, 200, "{}", Cause::expired_credentials, "the token of VAULT_TOKEN is not known", 0},
  }));
  FakeVault vault;
  vault.instead[kRead] = json_response(403, denial);
  vault.instead[kLookUp] = json_response(status, look_up);
  test::check_failure(refusal(vault), cause, words);
  CHECK(vault.asked("lookup-self") == asked);
  if (asked == 1) CHECK(vault.last().header("X-Vault-Token") == test::kVaultToken);
}

TEST_CASE("a denied signature names the capability, the path and the place") {
  FakeVault vault;
  vault.world.variables["VAULT_NAMESPACE"] = "team-a";
  vault.instead["POST /v1/transit/sign/release/sha2-256"] = json_response(403, R"({"errors":["permission denied"]})");
  vault.instead[kLookUp] = json_response(200, "{}");
  const Error error = refusal(vault);
  test::check_failure(error, Cause::access_denied, "\"update\" on transit/sign/release/sha2-256");
  CHECK_THAT(error.hint(), Catch::Contains("namespace team-a"));
}

TEST_CASE("a 503 keeps its words: the client is asked to hand it out") {
  FakeVault vault;
  REQUIRE(hashivault(vault.services)->public_key(kRelease));
  CHECK(vault.last().request.temporary_answers);
}

}  // namespace hallmark::keys
