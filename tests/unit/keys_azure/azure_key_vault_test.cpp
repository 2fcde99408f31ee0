#include "keys/kms/azure_key_vault.h"

#include <catch2/catch.hpp>

#include "crypto/hash.h"
#include "keys/kms/azure_certificate.h"
#include "unit/keys_azure/azure_world.h"

using namespace hallmark;
using namespace hallmark::keys;
using namespace hallmark::test;

TEST_CASE("a vault signs by one request, of the digest, by the version that was opened") {
  const auto example = GENERATE(es256(), es512(), rs256());
  AzureWorld world(example);
  auto signer = world.provider->open_signer(kReference);
  REQUIRE(signer);
  REQUIRE(world.outside.http.sent.size() == 2);  // the login and the key
  CHECK(world.outside.http.sent[1].request.url == "https://acme.vault.azure.net/keys/release?api-version=7.4");
  CHECK(world.outside.http.sent[1].header("Authorization") == "Bearer " + kBearer);

  // What the name means from now on is another version: it does not matter.
  world.key = json_response(200, key_bundle(rs256().jwk, "https://acme.vault.azure.net/keys/release/0"));
  const Bytes message = to_bytes(example.message);
  const auto signature = (*signer)->sign(message);
  REQUIRE(signature);
  CHECK((*signer)->public_key().verify(message, *signature));
  REQUIRE(world.outside.http.sent.size() == 3);
  const auto& sent = world.outside.http.sent.back();
  CHECK(sent.request.method == "POST");
  CHECK(sent.request.url == "https://acme.vault.azure.net/keys/release/" + kVersion + "/sign?api-version=7.4");
  CHECK(sent.header("Content-Type") == "application/json");
  const Bytes digest = example.algorithm == "ES512" ? crypto::sha512(message) : crypto::sha256(message);
  CHECK(sent.body == R"({"alg":")" + example.algorithm + R"(","value":")" + azure::base64url(digest) + R"("})");
  REQUIRE((*signer)->sign(message));
  CHECK(world.outside.http.sent.size() == 4);
}

TEST_CASE("a version that is named is asked for") {
  AzureWorld world;
  const auto key = world.provider->public_key(kReference + "/" + kVersion);
  REQUIRE(key);
  CHECK(world.outside.http.sent.back().request.url ==
        "https://acme.vault.azure.net/keys/release/" + kVersion + "?api-version=7.4");
}

TEST_CASE("a signature that the key does not verify is not handed out [attack 49]") {
  struct Case {
    std::string answer;
    Cause cause;
    std::string words;
  };
  const std::string other = "https://acme.vault.azure.net/keys/release/00000000000000000000000000000000";
  const auto [answer, cause, words] = GENERATE_COPY(values<Case>({
      // by another message, by another key, of another width, none
      {signature_answer("AtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
       Cause::wrong_answer, "does not verify"},
      {signature_answer(std::string(86, 'A')), Cause::wrong_answer, "does not verify"},
      {signature_answer(es512().signature), Cause::wrong_answer, "132 bytes"},
      {signature_answer(es256().signature, other), Cause::wrong_answer, "has signed, asked was"},
      {R"({"error":{"code":"Forbidden","message":"a 200 that is none"}})", Cause::malformed_answer,
       "not as documented"},
      {"[1,2,3]", Cause::malformed_answer, "not as documented"},
      {"", Cause::malformed_answer, "not as documented"},
      {"{\"kid\":", Cause::malformed_answer, "not as documented"},
      {"<html></html>", Cause::malformed_answer, "not as documented"},
  }));
  INFO(answer);
  AzureWorld world;
  world.signature = json_response(200, answer);
  const Error error = world.failure();
  CHECK(error.kind() == Outcome::key);
  CHECK(error.cause() == cause);
  CHECK_THAT(error.message(), Catch::Contains(words));
  CHECK(world.requests_to("/sign?") == 1);
}

TEST_CASE("a redirect is not followed: the token would go along [attack 30]") {
  AzureWorld world;
  const net::Response redirect{307, {{"Location", "https://evil.example/keys/release"}}, {}, {}};
  for (net::Response* answer : {&world.key, &world.signature, &world.login}) {
    AzureWorld other;
    (answer == &world.key ? other.key : answer == &world.signature ? other.signature : other.login) = redirect;
    const Error error = other.failure();
    CHECK(error.cause() == Cause::malformed_answer);
    CHECK(other.requests_to("evil.example") == 0);
    for (const auto& sent : other.outside.http.sent) CHECK_FALSE(sent.request.follow_redirects);
  }
}

TEST_CASE("every question has an end and a bound") {
  AzureWorld world;
  CHECK(world.failure().message() == "it signed");
  for (const auto& sent : world.outside.http.sent) {
    CHECK(sent.request.deadline == world.outside.clock.steady() + std::chrono::seconds(30));
    CHECK(sent.request.limit > 0);
    CHECK(sent.request.limit <= (256u << 10));
  }
}

TEST_CASE("failures of the network have their cause") {
  struct Case {
    Outcome outcome;
    Cause cause;
  };
  const auto [outcome, cause] = GENERATE(values<Case>({{Outcome::unreachable, Cause::unreachable},
                                                       {Outcome::throttled, Cause::throttled},
                                                       {Outcome::malformed, Cause::malformed_answer}}));
  AzureWorld world;
  const Outcome kind = outcome;
  world.outside.http.answer([&world, kind](const SentRequest& sent) -> Result<net::Response> {
    if (sent.request.url.find("/sign?") != std::string::npos) return fail(kind, "no luck");
    return world.answer(sent);
  });
  CHECK(world.failure().cause() == cause);
}

TEST_CASE("a key that cannot sign is told before anything is signed") {
  struct Case {
    std::string jwk, attributes;
    Cause cause;
    std::string words;
  };
  const std::string verify_only =
      R"("kty":"EC","key_ops":["verify"],)" + es256().jwk.substr(es256().jwk.find("\"crv\""));
  const auto [jwk, attributes, cause, words] = GENERATE_COPY(values<Case>({
      {es256().jwk, R"("enabled":false)", Cause::disabled, "is disabled"},
      {es256().jwk, R"("enabled":true,"nbf":1795910400)", Cause::disabled, "only from 2026-11-29T00:00:00Z"},
      {es256().jwk, R"("enabled":true,"exp":1764288000)", Cause::disabled, "has expired at 2025-11-28T00:00:00Z"},
      {verify_only, R"("enabled":true)", Cause::wrong_key, "do not name \"sign\""},
  }));
  INFO(attributes);
  AzureWorld world;
  world.key = json_response(200, key_bundle(jwk, kKeyId, attributes));
  const Error error = world.failure();
  CHECK(error.cause() == cause);
  CHECK_THAT(error.message(), Catch::Contains(words));
  CHECK(world.requests_to("/sign?") == 0);
  // Its signatures can still be verified.
  CHECK(world.provider->public_key(kReference));
}

TEST_CASE("a key that was deleted is told from one that never was") {
  AzureWorld world;
  world.key = json_response(404, vault_refusal("KeyNotFound", "", "A key with (name/id) release was not found"));
  CHECK(world.failure().cause() == Cause::not_found);
  world.deleted = json_response(
      200, R"({"recoveryId":"https://acme.vault.azure.net/deletedkeys/release","scheduledPurgeDate":1800000000})");
  const Error error = world.failure();
  CHECK(error.cause() == Cause::pending_deletion);
  CHECK_THAT(error.message(), Catch::Contains("until 2027-01-15T08:00:00Z"));
  for (const char* body : {"{}", "[]", R"({"recoveryId":"x","scheduledPurgeDate":-1})"}) {
    world.deleted = json_response(200, body);
    const Cause cause = world.failure().cause();
    CHECK((cause == Cause::not_found || cause == Cause::pending_deletion));
  }
}

TEST_CASE("a token that a vault refused is not used again") {
  AzureWorld world;
  const net::Response good = world.key;
  world.key = json_response(401, vault_refusal("Unauthorized", "", "[TokenExpired]"));
  CHECK(world.failure().cause() == Cause::expired_credentials);
  world.key = good;
  world.login = json_response(200, token_answer("hush-second"));
  CHECK(world.failure().message() == "it signed");
  CHECK(world.outside.http.sent.back().header("Authorization") == "Bearer hush-second");
  world.signature = json_response(401, vault_refusal("Unauthorized", "", "no"));
  CHECK(world.failure().cause() == Cause::refused_credentials);
  CHECK(world.failure().cause() == Cause::refused_credentials);
  CHECK(world.requests_to("https://login.") == 3);
}

TEST_CASE("keys are made where the name is free") {
  struct Case {
    std::string type, vault, body;
    JoseExample made;
  };
  const auto [type, vault, body, made] = GENERATE(values<Case>({
      {"ecdsa-p256", "acme.vault.azure.net", R"({"kty":"EC","crv":"P-256","key_ops":["sign","verify"]})", es256()},
      {"ecdsa-p521", "acme.managedhsm.azure.net", R"({"kty":"EC-HSM","crv":"P-521","key_ops":["sign","verify"]})",
       es512()},
      {"rsa-2048", "acme.vault.azure.net", R"({"kty":"RSA","key_size":2048,"key_ops":["sign","verify"]})", rs256()},
  }));
  AzureWorld world;
  world.key = json_response(404, vault_refusal("KeyNotFound", "", "no"));
  world.created = json_response(200, key_bundle(made.jwk, "https://" + vault + "/keys/release/" + kVersion));
  const auto key = world.provider->create("azurekms://" + vault + "/release", *parse_key_type(type));
  REQUIRE(key);
  CHECK(describe(key->algorithm(), key->bits()) == type);
  CHECK(world.outside.http.sent.back().request.url == "https://" + vault + "/keys/release/create?api-version=7.4");
  CHECK(world.outside.http.sent.back().body == body);
}

TEST_CASE("a key is not made where that could mean something else") {
  const KeyType p256 = *parse_key_type("ecdsa-p256");
  AzureWorld taken;
  const auto there = taken.provider->create(kReference, p256);
  REQUIRE_FALSE(there);
  CHECK_THAT(there.error().message(), Catch::Contains("there is a key release of acme.vault.azure.net already"));
  CHECK(there.error().cause() == Cause::exists);
  CHECK(taken.requests_to("/create?") == 0);

  AzureWorld free;
  free.key = json_response(404, vault_refusal("KeyNotFound", "", "no"));
  free.created = json_response(409, vault_refusal("Conflict", "ObjectIsDeletedButRecoverable", "deleted"));
  CHECK(free.provider->create(kReference, p256).error().cause() == Cause::pending_deletion);
  free.created = json_response(200, key_bundle(rs256().jwk));
  CHECK(free.provider->create(kReference, p256).error().cause() == Cause::wrong_answer);
  free.key = json_response(403, vault_refusal("Forbidden", "ForbiddenByRbac", "no"));
  CHECK(free.provider->create(kReference, p256).error().cause() == Cause::access_denied);
  CHECK(free.provider->create(kReference + "/" + kVersion, p256).error().cause() == Cause::unsupported);
  for (const char* type : {"ed25519", "rsa-pss-2048"})
    CHECK(free.provider->create(kReference, *parse_key_type(type)).error().cause() == Cause::unsupported);
}

TEST_CASE("inspect tells what the vault says, and guesses nothing") {
  AzureWorld world;
  world.key =
      json_response(200, key_bundle(es256().jwk, kKeyId, R"("enabled":true,"nbf":1493942451,"exp":4102444800)"));
  const auto info = world.provider->inspect(kReference);
  REQUIRE(info);
  CHECK(info->is_private);
  CHECK(info->format == "azurekms");
  CHECK(info->name == kKeyId);
  CHECK(info->place ==
        "Azure Key Vault acme.vault.azure.net (public cloud), in software, enabled, from 2017-05-05T00:00:51Z, until "
        "2100-01-01T00:00:00Z, recovery level Recoverable+Purgeable");
  CHECK(info->exportable == Known::no);
  CHECK(info->public_key);
  REQUIRE(info->rights.size() == 4);
  const auto right = [&](KeyRight::Action action) {
    for (const auto& one : info->rights)
      if (one.action == action) return one;
    return KeyRight{action, Known::unknown, ""};
  };
  CHECK(right(KeyRight::Action::read_public_key).held == Known::yes);
  CHECK(right(KeyRight::Action::read_public_key).name == "Microsoft.KeyVault/vaults/keys/read");
  CHECK(right(KeyRight::Action::sign).held == Known::unknown);
  CHECK(right(KeyRight::Action::sign).name == "Microsoft.KeyVault/vaults/keys/sign/action");
  CHECK(right(KeyRight::Action::export_key).held == Known::no);
  CHECK(right(KeyRight::Action::delete_key).held == Known::unknown);
  CHECK(world.requests_to("/sign?") == 0);

  AzureWorld hsm(es512());
  hsm.key = json_response(
      200, key_bundle(es512().jwk, "https://acme.managedhsm.azure.net/keys/release/" + kVersion, R"("enabled":false)"));
  const auto disabled = hsm.provider->inspect("azurekms://acme.managedhsm.azure.net/release");
  REQUIRE(disabled);
  CHECK_THAT(disabled->place,
             Catch::StartsWith("Azure Managed HSM acme.managedhsm.azure.net (public cloud), in an HSM, "
                               "disabled"));
  for (const auto& one : disabled->rights) {
    if (one.action != KeyRight::Action::sign) continue;
    CHECK(one.held == Known::no);
    CHECK(one.name == "Microsoft.KeyVault/managedHsm/keys/sign/action");
  }
}

TEST_CASE("a malformed reference asks nobody") {
  AzureWorld world;
  const std::string bad = "azurekms://evil.example/release";
  CHECK_FALSE(world.provider->open_signer(bad));
  CHECK_FALSE(world.provider->public_key(bad));
  CHECK_FALSE(world.provider->inspect(bad));
  CHECK_FALSE(world.provider->create(bad, {}));
  CHECK(world.outside.http.sent.empty());
  CHECK(world.outside.metadata.sent.empty());
}

TEST_CASE("no secret stands in any failure, whatever the services write [attack 48]") {
  for (const int status : {200, 400, 401, 403, 404, 409, 418, 500}) {
    for (int which = 0; which < 3; ++which) {
      AzureWorld world;
      const std::string echo = "your " + (which == 0 ? kClientSecret : kBearer);  // the vault never sees the other
      const auto bad = json_response(status, vault_refusal(echo, echo, echo));
      (which == 0 ? world.login : which == 1 ? world.key : world.signature) = bad;
      const Error error = world.failure();
      INFO(status << " " << which << " " << all_of(error));
      CHECK(error.message() != "it signed");
      CHECK(all_of(error).find("hush") == std::string::npos);
    }
  }
}
