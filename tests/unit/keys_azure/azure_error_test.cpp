#include "keys/kms/azure_error.h"

#include <catch2/catch.hpp>

#include "unit/keys_azure/azure_world.h"

using namespace hallmark;
using namespace hallmark::keys;
using namespace hallmark::keys::azure;
using namespace hallmark::test;
using Action = Attempt::Action;

namespace {

Error error_of(int status, const std::string& body, Action action = Action::sign, net::Headers headers = {}) {
  const StandingClock clock;
  const KeyReference reference = *KeyReference::parse(kReference);
  const Token token{Secret::copy_of(std::string_view(kBearer)), clock.now(), kTenant};
  Reply reply{status, std::move(headers), to_bytes(body), {}};
  if (auto json = base::Json::parse(reply.body, "answer")) reply.json = *std::move(json);
  return vault_error(reply, {action, reference, token}, clock);
}

}  // namespace

TEST_CASE("each refusal of a vault has its cause, and says what to do") {
  struct Case {
    int status;
    Action action;
    std::string code, inner, message;
    Cause cause;
    std::string words;
  };
  const auto [status, action, code, inner, message, cause, words] = GENERATE(values<Case>({
      {401, Action::get, "Unauthorized", "", "AKV10000: Request is missing a Bearer or PoP token.",
       Cause::refused_credentials, "does not take the token"},
      {401, Action::get, "Unauthorized", "",
       "AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://management.azure.com/.",
       Cause::refused_credentials, "AKV10022"},
      {401, Action::get, "Unauthorized", "", "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/a/",
       Cause::refused_credentials, "AZURE_TENANT_ID"},
      {401, Action::get, "Unauthorized", "", "[TokenExpired] Error validating token: 'S2S12086'.",
       Cause::expired_credentials, "has ended or was revoked"},
      {403, Action::sign, "Forbidden", "ForbiddenByRbac",
       "Caller is not authorized to perform action on resource.\\r\\nAction: "
       "'Microsoft.KeyVault/vaults/keys/sign/action'",
       Cause::access_denied, "may not keys/sign on release of acme.vault.azure.net"},
      {403, Action::sign, "Forbidden", "ForbiddenByRbac", "no", Cause::access_denied,
       "Microsoft.KeyVault/vaults/keys/sign/action"},
      {403, Action::get, "Forbidden", "ForbiddenByPolicy", "does not have keys get permission", Cause::access_denied,
       "may not keys/get on release"},
      {403, Action::create, "Forbidden", "AccessDenied", "no", Cause::access_denied,
       "Microsoft.KeyVault/vaults/keys/create/action"},
      {403, Action::get, "Forbidden", "ForbiddenByFirewall", "Client address is not authorized", Cause::access_denied,
       "firewall"},
      {403, Action::get, "Forbidden", "ForbiddenByConnection", "Public network access is disabled",
       Cause::access_denied, "private endpoints"},
      {403, Action::get, "Forbidden", "", "", Cause::access_denied, "may not keys/get"},
      {403, Action::sign, "Forbidden", "KeyDisabled", "Operation sign is not allowed on a disabled key.",
       Cause::disabled, "is disabled"},
      {403, Action::sign, "Forbidden", "", "Operation sign is not allowed on a disabled key.", Cause::disabled,
       "is disabled"},
      {403, Action::sign, "Forbidden", "KeyExpired", "Operation sign is not allowed on an expired key.",
       Cause::disabled, "outside its time"},
      {403, Action::sign, "Forbidden", "KeyNotYetValid", "Operation sign is not allowed, the key is not yet valid.",
       Cause::disabled, "outside its time"},
      {404, Action::sign, "KeyNotFound", "", "A key with (name/id) release was not found in this key vault.",
       Cause::not_found, "there is no key release"},
      {409, Action::create, "Conflict", "ObjectIsDeletedButRecoverable",
       "Key release is currently in a deleted but "
       "recoverable state",
       Cause::pending_deletion, "is deleted"},
      {409, Action::create, "Conflict", "ObjectIsBeingDeleted", "", Cause::pending_deletion, "recover"},
      {409, Action::create, "Conflict", "", "try again", Cause::unreachable, "just now"},
      {400, Action::sign, "BadParameter", "", "Key and signing algorithm are incompatible.", Cause::wrong_key,
       "does not sign in this way"},
      {400, Action::create, "BadParameter", "", "EC curve is not supported", Cause::unsupported, "cannot make"},
      {400, Action::get, "BadParameter", "", "The request URI contains an invalid name", Cause::not_found,
       "there is no release"},
      {500, Action::sign, "InternalServerError", "", "An error occurred", Cause::unreachable, "HTTP 500"},
      {418, Action::sign, "Teapot", "", "", Cause::malformed_answer, "HTTP 418"},
  }));
  INFO(status << " " << code << " " << inner << " " << message);
  const Error error = error_of(status, vault_refusal(code, inner, message), action);
  CHECK(error.kind() == Outcome::key);
  CHECK(error.cause() == cause);
  CHECK_THAT(error.message(), Catch::StartsWith("Azure Key Vault: "));
  CHECK_THAT(all_of(error), Catch::Contains(words));
  CHECK(error.message().find('\r') == std::string::npos);
}

TEST_CASE("bodies that are no errors of a vault are told by their status alone") {
  for (const char* body : {"", "no JSON", "{}", "[]", R"({"error":"x"})", R"({"error":{"code":7,"innererror":[]}})"}) {
    CHECK(error_of(403, body).cause() == Cause::access_denied);
    CHECK(error_of(404, body).cause() == Cause::not_found);
    CHECK(error_of(500, body).cause() == Cause::unreachable);
  }
}

TEST_CASE("a vault of another tenant is told from a bad login") {
  const net::Headers headers{
      {"WWW-Authenticate",
       R"(Bearer authorization="https://login.microsoftonline.com/other-tenant", resource="https://vault.azure.net")"}};
  const Error error = error_of(401, vault_refusal("Unauthorized", "", "AKV10032"), Action::get, headers);
  CHECK(error.cause() == Cause::refused_credentials);
  CHECK_THAT(error.message(), Catch::Contains("belongs to tenant other-tenant, the login is of " + kTenant));
  CHECK_THAT(error.hint(), Catch::Contains("AZURE_TENANT_ID"));
}

TEST_CASE("a session that was revoked has ended") {
  const net::Headers headers{
      {"WWW-Authenticate", "Bearer authorization=\"https://login.microsoftonline.com/" + kTenant +
                               "\", resource=\"https://vault.azure.net\", error=\"insufficient_claims\""}};
  CHECK(error_of(401, vault_refusal("Unauthorized", "", "no"), Action::get, headers).cause() ==
        Cause::expired_credentials);
}

TEST_CASE("a refused token on a machine whose clock is wrong is told as that") {
  const Error error = error_of(401, vault_refusal("Unauthorized", "", "[TokenExpired]"), Action::get,
                               {{"Date", "Sat, 28 Nov 2026 14:03:00 GMT"}});
  CHECK(error.cause() == Cause::clock_skew);
  CHECK_THAT(error.message(), Catch::Contains("2 h 3 min behind"));
}

TEST_CASE("a vault's words are bounded and cannot move the cursor") {
  const Error error = error_of(403, vault_refusal("Forbidden", "", "\\u001b[2J" + std::string(5000, 'x')));
  CHECK(error.message().size() < 1000);
  CHECK(error.message().find('\x1b') == std::string::npos);
}

TEST_CASE("a managed HSM has its own names for rights") {
  const Cloud& hsm = *KeyReference::parse("azurekms://acme.managedhsm.azure.net/release")->cloud;
  CHECK(data_action(Action::get, hsm) == "Microsoft.KeyVault/managedHsm/keys/read/action");
  CHECK(data_action(Action::sign, hsm) == "Microsoft.KeyVault/managedHsm/keys/sign/action");
  CHECK(data_action(Action::create, hsm) == "Microsoft.KeyVault/managedHsm/keys/create");
}
