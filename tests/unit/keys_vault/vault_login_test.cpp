#include "keys/kms/vault_login.h"

#include <filesystem>

#include "unit/keys_vault/vault_fixture.h"

namespace hallmark::keys {
namespace {

using std::filesystem::perms;
using test::FakeVault;
using test::json_response;

constexpr const char* kRelease = "hashivault://release";

net::Response lease(const std::string& token, int seconds) {
  return json_response(200, R"({"auth":{"client_token":")" + token + R"(","lease_duration":)" +
                                std::to_string(seconds) + R"(,"renewable":true,"policies":["signer"]}})");
}

std::filesystem::path put_token(const FakeVault& vault, const std::string& name, const std::string& text,
                                perms mode = perms::owner_read | perms::owner_write) {
  const auto path = vault.home.put(name, text);
  std::filesystem::permissions(path, mode);
  return path;
}

}  // namespace

TEST_CASE("a token is taken from where Vault's clients keep it, in cosign's order") {
  struct Case {
    std::map<std::string, std::string> variables;
    std::string file;
    std::string token;
  };
  const auto [variables, file, token] = GENERATE(values<Case>({
      {{{"VAULT_TOKEN", "a"}, {"BAO_TOKEN", "b"}, {"VAULT_ROLE_ID", "r"}}, "c", "a"},
      {{{"BAO_TOKEN", "b"}, {"VAULT_ROLE_ID", "r"}}, "c", "b"},
      {{{"VAULT_TOKEN", " a\n"}}, "", "a"},
      {{{"VAULT_TOKEN", "a b"}, {"BAO_TOKEN", "b"}}, "", "b"},
      {{{"HALLMARK_VAULT_AUTH", "token"}, {"VAULT_ROLE_ID", "r"}}, "c\n", "c"},
      {{}, "c\n", "c"},
      {{{"BAO_TOKEN", "b"}, {"BAO_ADDR", "https://bao.test:8200"}}, "c", "c"},
      {{{"BAO_TOKEN", "b"}, {"BAO_ADDR", "https://vault.test:8200"}}, "c", "b"},
  }));
  FakeVault vault;
  vault.world.variables.erase("VAULT_TOKEN");
  for (const auto& [name, value] : variables) vault.world.variables[name] = value;
  if (!file.empty()) put_token(vault, ".vault-token", file);
  REQUIRE(hashivault(vault.services)->public_key(kRelease));
  CHECK(vault.world.http.sent.size() == 1);
  CHECK(vault.last().header("X-Vault-Token") == token);
}

TEST_CASE("what is for OpenBao at another address does not go to Vault [attack 48]") {
  FakeVault vault;
  vault.world.variables.erase("VAULT_TOKEN");
  vault.world.variables["BAO_ADDR"] = "https://bao.test:8200";
  vault.world.variables["BAO_TOKEN"] = "hush-bao";
  vault.world.variables["BAO_ROLE_ID"] = "hush-role";
  const auto none = hashivault(vault.services)->public_key(kRelease);
  REQUIRE_FALSE(none);
  test::check_failure(none.error(), Cause::no_credentials, "BAO_TOKEN is for BAO_ADDR, and VAULT_ADDR is another");
  CHECK(vault.world.http.sent.empty());
}

TEST_CASE("without a token, every place that was looked at is named") {
  FakeVault vault;
  vault.world.variables.erase("VAULT_TOKEN");
  const auto none = hashivault(vault.services)->public_key(kRelease);
  REQUIRE_FALSE(none);
  test::check_failure(none.error(), Cause::no_credentials,
                      "VAULT_TOKEN is not set; BAO_TOKEN is not set; " + vault.home.path().string() +
                          "/.vault-token does not exist; VAULT_ROLE_ID and BAO_ROLE_ID are not set");
  vault.services.home.clear();
  test::check_failure(hashivault(vault.services)->public_key(kRelease).error(), Cause::no_credentials,
                      "there is no home folder");
  CHECK(vault.world.http.sent.empty());
}

TEST_CASE("a token file that others can read is not used, nor one that holds no token [attack 48]") {
  FakeVault vault;
  vault.world.variables.erase("VAULT_TOKEN");
  const auto [text, mode, words] = GENERATE(table<std::string, unsigned, std::string>({
      {"hush", 0644, "can be read or changed by others (chmod 600 it)"},
      {"hush", 0640, "can be read or changed by others"},
      {"hush", 0602, "can be read or changed by others"},
      {"", 0600, "holds no token"},
      {"hush hush", 0600, "holds no token"},
      {std::string(70'000, 'x'), 0600, ".vault-token"},
  }));
  put_token(vault, ".vault-token", text, static_cast<perms>(mode));
  const auto key = hashivault(vault.services)->public_key(kRelease);
  REQUIRE_FALSE(key);
  test::check_failure(key.error(), Cause::no_credentials, words);
  CHECK(vault.world.http.sent.empty());
}

TEST_CASE("each login sends what its method takes, and its token does the rest") {
  struct Case {
    std::map<std::string, std::string> variables;
    std::string path;
    std::string body;
  };
  FakeVault vault;
  const std::string jwt = "a file";
  const auto [variables, path, body] = GENERATE_COPY(values<Case>({
      {{{"VAULT_ROLE_ID", "role"}, {"VAULT_SECRET_ID", "s"}},
       "auth/approle/login",
       R"({"role_id":"role","secret_id":"s"})"},
      {{{"VAULT_ROLE_ID", "role"}}, "auth/approle/login", R"({"role_id":"role"})"},
      {{{"BAO_ROLE_ID", "role"}, {"BAO_SECRET_ID", "s"}},
       "auth/approle/login",
       R"({"role_id":"role","secret_id":"s"})"},
      {{{"HALLMARK_VAULT_AUTH", "approle"},
        {"HALLMARK_VAULT_ROLE_ID_FILE", jwt},
        {"HALLMARK_VAULT_SECRET_ID_FILE", jwt},
        {"HALLMARK_VAULT_AUTH_MOUNT", "team/ci"}},
       "auth/team/ci/login",
       R"({"role_id":"e.y.J","secret_id":"e.y.J"})"},
      {{{"HALLMARK_VAULT_AUTH", "kubernetes"}, {"HALLMARK_VAULT_ROLE", "signer"}, {"HALLMARK_VAULT_JWT_FILE", jwt}},
       "auth/kubernetes/login",
       R"({"jwt":"e.y.J","role":"signer"})"},
      {{{"HALLMARK_VAULT_AUTH", "jwt"}, {"HALLMARK_VAULT_JWT", "a.b.c"}}, "auth/jwt/login", R"({"jwt":"a.b.c"})"},
      {{{"HALLMARK_VAULT_AUTH", "jwt"},
        {"HALLMARK_VAULT_JWT_FILE", jwt},
        {"HALLMARK_VAULT_ROLE", "ci"},
        {"HALLMARK_VAULT_AUTH_MOUNT", "github"},
        {"VAULT_TOKEN", "not this one"}},
       "auth/github/login",
       R"({"jwt":"e.y.J","role":"ci"})"},
  }));
  vault.world.variables.erase("VAULT_TOKEN");
  const std::string file = put_token(vault, "jwt", "e.y.J\n").string();
  for (const auto& [name, value] : variables) vault.world.variables[name] = value == jwt ? file : value;
  vault.world.variables["VAULT_NAMESPACE"] = "team";
  vault.instead["POST /v1/" + path] = lease("hvs.fresh", 3600);
  REQUIRE(hashivault(vault.services)->public_key(kRelease));
  REQUIRE(vault.world.http.sent.size() == 2);
  CHECK(vault.world.http.sent[0].body == body);
  CHECK(vault.world.http.sent[0].header("X-Vault-Token").empty());
  CHECK(vault.world.http.sent[0].header("X-Vault-Namespace") == "team");
  CHECK(vault.last().header("X-Vault-Token") == "hvs.fresh");
}

TEST_CASE("a login is kept, and made anew before it ends") {
  FakeVault vault;
  vault.world.variables.erase("VAULT_TOKEN");
  vault.world.variables["VAULT_ROLE_ID"] = "role";
  vault.instead["POST /v1/auth/approle/login"] = lease("hvs.first", 600);
  const auto provider = hashivault(vault.services);
  const auto signer = provider->open_signer(kRelease);
  REQUIRE(signer);
  REQUIRE((*signer)->sign(as_bytes(vault.message)));
  CHECK(vault.asked("/login") == 1);
  vault.world.clock.advance(std::chrono::seconds(539));
  REQUIRE((*signer)->sign(as_bytes(vault.message)));
  CHECK(vault.asked("/login") == 1);
  vault.instead["POST /v1/auth/approle/login"] = lease("hvs.second", 0);
  vault.world.clock.advance(std::chrono::seconds(1));
  REQUIRE((*signer)->sign(as_bytes(vault.message)));
  CHECK(vault.asked("/login") == 2);
  CHECK(vault.last().header("X-Vault-Token") == "hvs.second");
  vault.world.clock.advance(std::chrono::hours(1000));  // a lease of 0 does not end
  REQUIRE((*signer)->sign(as_bytes(vault.message)));
  CHECK(vault.asked("/login") == 2);
}

TEST_CASE("a login that was revoked is made anew at the next try") {
  FakeVault vault;
  vault.world.variables.erase("VAULT_TOKEN");
  vault.world.variables["VAULT_ROLE_ID"] = "role";
  vault.instead["POST /v1/auth/approle/login"] = lease("hvs.first", 600);
  const auto provider = hashivault(vault.services);
  vault.instead["GET /v1/transit/keys/release"] =
      json_response(403, R"({"errors":["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"]})");
  const auto ended = provider->public_key(kRelease);
  REQUIRE_FALSE(ended);
  test::check_failure(ended.error(), Cause::expired_credentials,
                      "the token of the AppRole login at auth/approle/login");
  vault.instead.erase("GET /v1/transit/keys/release");
  CHECK(provider->public_key(kRelease));
  CHECK(vault.asked("/login") == 2);
}

TEST_CASE("an agent on this machine adds the token itself") {
  FakeVault vault;
  vault.world.variables = {{"VAULT_AGENT_ADDR", "http://127.0.0.1:8100"}};
  REQUIRE(hashivault(vault.services)->public_key(kRelease));
  CHECK(vault.last().request.url == "http://127.0.0.1:8100/v1/transit/keys/release");
  CHECK(vault.last().header("X-Vault-Token").empty());
  CHECK(vault.last().header("X-Vault-Request") == "true");
}

TEST_CASE("a login without what it needs says what to set") {
  struct Case {
    std::map<std::string, std::string> variables;
    Cause cause;
    std::string words;
  };
  const auto [variables, cause, words] = GENERATE(values<Case>({
      {{{"HALLMARK_VAULT_AUTH", "ldap"}}, Cause::unsupported, "token, approle, kubernetes, jwt"},
      {{{"HALLMARK_VAULT_AUTH", "approle"}},
       Cause::no_credentials,
       "VAULT_ROLE_ID, BAO_ROLE_ID and HALLMARK_VAULT_ROLE_ID_FILE"},
      {{{"HALLMARK_VAULT_AUTH", "approle"}, {"HALLMARK_VAULT_ROLE_ID_FILE", "/no/such"}},
       Cause::no_credentials,
       "HALLMARK_VAULT_ROLE_ID_FILE: /no/such"},
      {{{"HALLMARK_VAULT_AUTH", "kubernetes"}}, Cause::no_credentials, "HALLMARK_VAULT_ROLE is not set"},
      {{{"HALLMARK_VAULT_AUTH", "kubernetes"}, {"HALLMARK_VAULT_ROLE", "r"}, {"HALLMARK_VAULT_JWT_FILE", "/no/such"}},
       Cause::no_credentials,
       "HALLMARK_VAULT_JWT_FILE: /no/such"},
      {{{"HALLMARK_VAULT_AUTH", "jwt"}}, Cause::no_credentials, "HALLMARK_VAULT_JWT and HALLMARK_VAULT_JWT_FILE"},
      {{{"HALLMARK_VAULT_AUTH", "jwt"}, {"HALLMARK_VAULT_JWT", "hush hush"}}, Cause::no_credentials, "is no JWT"},
  }));
  FakeVault vault;
  for (const auto& [name, value] : variables) vault.world.variables[name] = value;
  const auto key = hashivault(vault.services)->public_key(kRelease);
  REQUIRE_FALSE(key);
  test::check_failure(key.error(), cause, words);
  CHECK(vault.world.http.sent.empty());
}

TEST_CASE("each refusal of a login has its own cause, and repeats no secret") {
  struct Case {
    int status;
    std::string body;
    Cause cause;
    std::string words;
  };
  const auto [status, body, cause, words] = GENERATE(values<Case>({
      {400, R"({"errors":["invalid role or secret ID"]})", Cause::refused_credentials, "invalid role or secret ID"},
      {400, R"({"errors":["role \"x\" could not be found"]})", Cause::refused_credentials, "could not be found"},
      {403, R"({"errors":["permission denied"]})", Cause::refused_credentials, "permission denied"},
      {400, R"({"errors":["error validating token: invalid expiration time (exp) claim: token is expired"]})",
       Cause::expired_credentials, "token is expired"},
      {400, R"({"errors":["error validating token: invalid not before (nbf) claim: token not yet valid"]})",
       Cause::clock_skew, "not yet valid"},
      {400, R"({"errors":["the jwt hush.a.b is not known"]})", Cause::refused_credentials, "was refused (400)"},
      {404, R"({"errors":["no handler for route \"auth/jwt/login\". route entry not found."]})", Cause::not_found,
       "HALLMARK_VAULT_AUTH_MOUNT"},
      {500, R"({"errors":["internal error"]})", Cause::unreachable, "internal error"},
      {503, R"({"errors":["Vault is sealed"]})", Cause::unreachable, "it is sealed (503)"},
      {429, R"({"errors":["rate limit quota exceeded"]})", Cause::throttled, "quota exceeded"},
      {200, R"({"auth":{"client_token":"","mfa_requirement":{"x":1}}})", Cause::malformed_answer, "second factor"},
      {200, R"({"auth":null})", Cause::malformed_answer, "auth"},
      {200, R"({"errors":["x"]})", Cause::malformed_answer, "auth: missing"},
  }));
  FakeVault vault;
  vault.world.variables["HALLMARK_VAULT_AUTH"] = "jwt";
  vault.world.variables["HALLMARK_VAULT_JWT"] = "hush.a.b";
  vault.instead["POST /v1/auth/jwt/login"] = json_response(status, body);
  const auto key = hashivault(vault.services)->public_key(kRelease);
  REQUIRE_FALSE(key);
  test::check_failure(key.error(), cause, words);
  CHECK(vault.world.http.sent.size() == 1);
}

TEST_CASE("a login that is refused for its time names the clock that is off") {
  FakeVault vault;
  vault.world.variables["HALLMARK_VAULT_AUTH"] = "jwt";
  vault.world.variables["HALLMARK_VAULT_JWT"] = "hush.a.b";
  auto answer = json_response(400, R"({"errors":["error validating token: token is expired"]})");
  answer.headers.add("Date", "Sat, 28 Nov 2026 14:00:00 GMT");
  vault.instead["POST /v1/auth/jwt/login"] = answer;
  const auto key = hashivault(vault.services)->public_key(kRelease);
  REQUIRE_FALSE(key);
  test::check_failure(key.error(), Cause::clock_skew, "clock is 2 h 0 min behind");
}

}  // namespace hallmark::keys
