#include "keys/kms/gcp_error.h"

#include <catch2/catch.hpp>

#include "google.h"

using namespace hallmark;
using namespace hallmark::keys;

namespace {

Reply reply(int status, const std::string& body, net::Headers headers = {}) {
  auto json = base::Json::parse(as_bytes(body), "answer");
  return {status, std::move(headers), to_bytes(body), json ? *std::move(json) : base::Json()};
}

GcpAction signing() {
  return {.permission = "cloudkms.cryptoKeyVersions.useToSign",
          .role = "roles/cloudkms.signer",
          .resource = test::kVersion,
          .caller = "ci@shop.iam.gserviceaccount.com"};
}

}  // namespace

TEST_CASE("each refusal of Cloud KMS has its cause and its words") {
  struct Case {
    int status;
    std::string body;
    Cause cause;
    std::string words;
  };
  using test::error_answer;
  const auto one = GENERATE_COPY(values<Case>({
      {401,
       error_answer(401, "UNAUTHENTICATED", "invalid authentication credentials",
                    test::reason_detail("ACCESS_TOKEN_TYPE_UNSUPPORTED")),
       Cause::refused_credentials, "refused"},
      {401, error_answer(401, "UNAUTHENTICATED", "bad", test::reason_detail("ACCESS_TOKEN_EXPIRED")),
       Cause::expired_credentials, "has expired"},
      {401, "<html>", Cause::refused_credentials, "refused"},
      {403, error_answer(403, "PERMISSION_DENIED", "Permission 'x' denied on resource 'y' (or it may not exist)."),
       Cause::access_denied, "cloudkms.cryptoKeyVersions.useToSign on projects/shop/"},
      {403,
       error_answer(
           403, "PERMISSION_DENIED", "no",
           R"({"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"IAM_PERMISSION_DENIED","metadata":{"permission":"cloudkms.other"}})"),
       Cause::access_denied, "cloudkms.other on"},
      {403, error_answer(403, "PERMISSION_DENIED", "API has not been used in project 1 before"), Cause::access_denied,
       "gcloud services enable"},
      {403, error_answer(403, "PERMISSION_DENIED", "off", test::reason_detail("SERVICE_DISABLED")),
       Cause::access_denied, "gcloud services enable"},
      {400, error_answer(400, "FAILED_PRECONDITION", "API has not been used in this project before"),
       Cause::access_denied, "not enabled"},
      {403, error_answer(403, "PERMISSION_DENIED", "scopes", test::reason_detail("ACCESS_TOKEN_SCOPE_INSUFFICIENT")),
       Cause::access_denied, "scope"},
      {403, error_answer(403, "PERMISSION_DENIED", "project", test::reason_detail("USER_PROJECT_DENIED")),
       Cause::access_denied, "serviceusage.services.use"},
      {404, error_answer(404, "NOT_FOUND", "CryptoKeyVersion not found."), Cause::not_found, "does not exist"},
      {404, error_answer(404, "NOT_FOUND", "The request concerns location 'eu-1' but was sent to location 'global'."),
       Cause::wrong_region, "location"},
      {400, error_answer(400, "INVALID_ARGUMENT", "Location eu-1 could not be found"), Cause::wrong_region, "location"},
      {400,
       error_answer(400, "FAILED_PRECONDITION", "it is not enabled, current state is: DISABLED.",
                    test::state_detail("DISABLED")),
       Cause::disabled, "is disabled"},
      {400, error_answer(400, "FAILED_PRECONDITION", "it is not enabled, current state is: DISABLED."), Cause::disabled,
       "is disabled"},
      {400, error_answer(400, "FAILED_PRECONDITION", "x", test::state_detail("DESTROY_SCHEDULED")),
       Cause::pending_deletion, "scheduled for destruction"},
      {400, error_answer(400, "FAILED_PRECONDITION", "it is not enabled, current state is: DESTROYED."),
       Cause::pending_deletion, "is destroyed"},
      {400, error_answer(400, "FAILED_PRECONDITION", "x", test::state_detail("PENDING_GENERATION")), Cause::disabled,
       "not yet usable"},
      {400, error_answer(400, "FAILED_PRECONDITION", "the external key manager said no"), Cause::disabled,
       "external key manager"},
      {400, error_answer(400, "INVALID_ARGUMENT", "not supported for ENCRYPT_DECRYPT"), Cause::wrong_key,
       "ENCRYPT_DECRYPT"},
      {429, error_answer(429, "RESOURCE_EXHAUSTED", "quota"), Cause::throttled, "too many requests"},
      {501, error_answer(501, "UNIMPLEMENTED", "not here"), Cause::unsupported, "cannot do that"},
      {500, error_answer(500, "INTERNAL", "oops"), Cause::unreachable, "status 500"},
      {500, "", Cause::unreachable, "status 500"},
      {418, "{}", Cause::malformed_answer, "status 418"},
      {409, R"({"error":{"code":409,"status":"ALREADY_EXISTS","message":"taken"}})", Cause::exists, "exists already"},
      {404, R"({"error":"text","error_description":1})", Cause::not_found, "does not exist"},
      {403, R"({"error":{"details":[1,{"@type":1},{"@type":"google.rpc.PreconditionFailure"}],"message":[]}})",
       Cause::access_denied, "access denied"},
  }));
  const test::StandingClock clock;
  const Error error = refused_by_google(reply(one.status, one.body), signing(), clock);
  INFO(one.body);
  CHECK(error.kind() == Outcome::key);
  CHECK(word(error.cause()) == word(one.cause));
  CHECK_THAT(test::told(error), Catch::Contains(one.words));
}

TEST_CASE("who was denied is told") {
  const Error error = refused_by_google(reply(403, "{}"), signing(), test::StandingClock());
  CHECK_THAT(error.message(), Catch::Contains("to ci@shop.iam.gserviceaccount.com: "));
  CHECK_THAT(error.hint(), Catch::Contains("roles/cloudkms.signer"));
}

TEST_CASE("a refused token and a clock that is off is a clock that is off") {
  const test::StandingClock clock("2026-11-28T12:00:00Z");
  const auto answer =
      reply(401, test::error_answer(401, "UNAUTHENTICATED", "no"), {{"Date", "Sat, 28 Nov 2026 14:00:00 GMT"}});
  const Error error = refused_by_google(answer, signing(), clock);
  CHECK(error.cause() == Cause::clock_skew);
  CHECK_THAT(error.message(), Catch::Contains("behind"));
}

TEST_CASE("each refusal of a token server has its cause") {
  const auto [status, body, cause, words] = GENERATE(table<int, std::string, Cause, std::string>({
      {400, R"({"error":"invalid_grant","error_description":"Invalid JWT Signature."})", Cause::refused_credentials,
       "is refused"},
      {400,
       R"({"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."})",
       Cause::clock_skew, "clock"},
      {400, R"({"error":"invalid_grant","error_description":"Token has been expired or revoked."})",
       Cause::expired_credentials, "expired or was revoked"},
      {400, R"({"error":"invalid_grant","error_description":"reauth related error","error_subtype":"invalid_rapt"})",
       Cause::expired_credentials, "log in again"},
      {400, R"({"error":"invalid_grant","error_description":"ID Token issued at 1 is stale to sign-in."})",
       Cause::expired_credentials, "expired"},
      {401, R"({"error":"invalid_client"})", Cause::refused_credentials, "invalid_client"},
      {401, R"({"error":"unauthorized_client","error_description":"rejected by the attribute condition"})",
       Cause::refused_credentials, "attribute condition"},
      {400, R"({"error":{"code":400}})", Cause::malformed_answer, "status 400"},
      {403, "<html>", Cause::refused_credentials, "status 403"},
      {500, R"({"error":"internal_failure"})", Cause::unreachable, "status 500"},
  }));
  const Error error = refused_by_oauth(reply(status, body), "the token server", "the login", test::StandingClock());
  INFO(body);
  CHECK(word(error.cause()) == word(cause));
  CHECK_THAT(test::told(error), Catch::Contains(words));
}

TEST_CASE("a token server that says another time names the clock, if time was what it looked at") {
  const net::Headers late{{"Date", "Sat, 28 Nov 2026 09:00:00 GMT"}};
  const test::StandingClock clock("2026-11-28T12:00:00Z");
  CHECK(refused_by_oauth(reply(400, R"({"error":"invalid_grant"})", late), "s", "w", clock).cause() ==
        Cause::clock_skew);
  CHECK(refused_by_oauth(reply(400, R"({"error":"invalid_client"})", late), "s", "w", clock).cause() ==
        Cause::refused_credentials);
}

TEST_CASE("what a server says is printed bounded, and fit for a terminal") {
  CHECK(said("").empty());
  CHECK(said("no") == " (\"no\")");
  CHECK(said("a\x1b[31mred\n") == " (\"a\\x1b[31mred\\x0a\")");
  CHECK(said(std::string(5'000, 'x')).size() < 320);
}
