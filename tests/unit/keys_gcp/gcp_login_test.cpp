#include <catch2/catch.hpp>

#include "base/try.h"
#include "google.h"
#include "keys/kms/gcp_token.h"

using namespace hallmark;
using namespace hallmark::keys;

namespace {

// The fields of a form, in order.
std::vector<std::pair<std::string, std::string>> fields_of(const std::string& body) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find('&', at), body.size());
    const std::string one = body.substr(at, end - at);
    const std::size_t equals = one.find('=');
    fields.emplace_back(*base::percent_decode(one.substr(0, equals)), *base::percent_decode(one.substr(equals + 1)));
    at = end + 1;
  }
  return fields;
}

std::string field_of(const std::string& body, const std::string& name) {
  for (const auto& [one, value] : fields_of(body))
    if (one == name) return value;
  return {};
}

struct LoggedIn {
  test::KeyServices world{};

  Result<GcpToken> operator()(const std::string& file) {
    const auto credentials = GcpCredentials::parse(as_bytes(file), "file");
    REQUIRE(credentials);
    const Services services = world.services();
    return log_in(*credentials, services, services.deadline());
  }
  void say(int status, const std::string& body) {
    world.http.answer([=](const auto&) { return test::json_response(status, body); });
  }
};

}  // namespace

TEST_CASE("a service account signs a JWT and gets a token for it") {
  LoggedIn log_in;
  log_in.say(200, test::token_answer());
  const auto token = log_in(test::service_account_file());
  REQUIRE(token);
  CHECK(token->value.text() == test::kAccessToken);
  CHECK(token->expires == log_in.world.clock.now() + std::chrono::seconds(3599));

  REQUIRE(log_in.world.http.sent.size() == 1);
  const auto& sent = log_in.world.http.sent[0];
  CHECK(sent.request.url == "https://oauth2.googleapis.com/token");
  CHECK(sent.header("Content-Type") == "application/x-www-form-urlencoded");
  CHECK(field_of(sent.body, "grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer");
  CHECK(fields_of(sent.body).size() == 2);

  const std::string jwt = field_of(sent.body, "assertion");
  const std::size_t first = jwt.find('.');
  const std::size_t last = jwt.rfind('.');
  const auto part = [](const std::string& text) { return *base::base64_decode_any(text); };
  CHECK(as_text(part(jwt.substr(0, first))) == R"({"alg":"RS256","typ":"JWT","kid":"key-1"})");
  const auto claims = *base::Json::parse(part(jwt.substr(first + 1, last - first - 1)), "claims");
  CHECK(*claims.find("iss")->as_string() == "ci@shop.iam.gserviceaccount.com");
  CHECK(*claims.find("scope")->as_string() == "https://www.googleapis.com/auth/cloudkms");
  CHECK(*claims.find("aud")->as_string() == "https://oauth2.googleapis.com/token");
  const std::int64_t now = log_in.world.clock.now().time_since_epoch().count();
  CHECK(*claims.find("iat")->as_integer() == now - 10);
  CHECK(*claims.find("exp")->as_integer() == now + 3590);
  const auto key = PublicKey::from_pem(test::key_text("rsa2048.pub.pem"));
  CHECK(key->verify(as_bytes(jwt.substr(0, last)), part(jwt.substr(last + 1))));
}

TEST_CASE("in another universe the JWT of a service account is the token, and nobody is asked") {
  LoggedIn log_in;
  std::string file = test::service_account_file(R"("universe_domain":"cloud.example")");
  file.replace(file.find("oauth2.googleapis.com"), 21, "oauth2.cloud.example");
  const auto token = log_in(file);
  REQUIRE(token);
  CHECK(log_in.world.http.sent.empty());
  CHECK(std::ranges::count(token->value.text(), '.') == 2);
  CHECK(token->expires == log_in.world.clock.now() + std::chrono::seconds(3590));
}

TEST_CASE("a service account without a usable key [attack 48]") {
  const auto [pem, words] = GENERATE(table<std::string, std::string>({
      {"hush", "private_key of a@b"},
      {test::key_text("p256.pkcs8.pem"), "no RSA key"},
      {test::key_text("rsa2048.pub.pem"), "public key"},
  }));
  LoggedIn log_in;
  const auto token =
      log_in(base::Json::object({{"type", "service_account"}, {"client_email", "a@b"}, {"private_key", pem}}).dump());
  REQUIRE_FALSE(token);
  CHECK(token.error().cause() == Cause::no_credentials);
  CHECK_THAT(token.error().message(), Catch::Contains(words));
  CHECK(test::is_hushed(token.error()));
  CHECK(log_in.world.http.sent.empty());
}

TEST_CASE("a user's refresh token is exchanged, the client in the body") {
  LoggedIn log_in;
  log_in.say(200, test::token_answer());
  REQUIRE(log_in(test::user_file()));
  const auto& sent = log_in.world.http.sent.at(0);
  CHECK(sent.request.url == "https://oauth2.googleapis.com/token");
  CHECK(field_of(sent.body, "grant_type") == "refresh_token");
  CHECK(field_of(sent.body, "refresh_token") == test::kRefreshToken);
  CHECK(field_of(sent.body, "client_id") == "client-1");
  CHECK(field_of(sent.body, "client_secret") == test::kClientSecret);
  CHECK(sent.header("Authorization").empty());
}

TEST_CASE("a workforce user's refresh token is exchanged, the client in a header") {
  LoggedIn log_in;
  log_in.say(200, test::token_answer());
  std::string file = test::user_file();
  file.replace(file.find("authorized_user"), 15, "external_account_authorized_user");
  REQUIRE(log_in(file));
  const auto& sent = log_in.world.http.sent.at(0);
  CHECK(sent.request.url == "https://sts.googleapis.com/v1/oauthtoken");
  CHECK(field_of(sent.body, "refresh_token") == test::kRefreshToken);
  CHECK(field_of(sent.body, "client_secret").empty());
  CHECK(sent.header("Authorization") ==
        "Basic " + base::base64_encode(as_bytes(std::string("client-1:") + test::kClientSecret)));
}

TEST_CASE("a federated identity exchanges its token, and turns into the service account") {
  LoggedIn log_in;
  test::TemporaryFolder folder;
  const std::string source = R"({"file":")" + folder.put("token", test::kSubjectToken).string() + "\"}";
  log_in.world.http.answer([&](const test::SentRequest& sent) {
    if (sent.request.url == "https://sts.googleapis.com/v1/token")
      return test::json_response(200, test::token_answer("hush-federated"));
    return test::json_response(
        200, std::string(R"({"accessToken":")") + test::kAccessToken + R"(","expireTime":"2026-11-28T13:00:00Z"})");
  });
  const auto token = log_in(test::external_file(source, test::kImpersonate));
  REQUIRE(token);
  CHECK(token->value.text() == test::kAccessToken);
  CHECK(token->expires == log_in.world.clock.now() + std::chrono::hours(1));
  REQUIRE(log_in.world.http.sent.size() == 2);

  const auto& exchange = log_in.world.http.sent[0];
  CHECK(fields_of(exchange.body).size() == 6);
  CHECK(field_of(exchange.body, "grant_type") == "urn:ietf:params:oauth:grant-type:token-exchange");
  CHECK(field_of(exchange.body, "subject_token") == test::kSubjectToken);
  CHECK(field_of(exchange.body, "subject_token_type") == "urn:ietf:params:oauth:token-type:jwt");
  CHECK(field_of(exchange.body, "requested_token_type") == "urn:ietf:params:oauth:token-type:access_token");
  CHECK(field_of(exchange.body, "scope") == "https://www.googleapis.com/auth/cloud-platform");
  CHECK_THAT(field_of(exchange.body, "audience"), Catch::StartsWith("//iam.googleapis.com/projects/1/"));

  const auto& impersonation = log_in.world.http.sent[1];
  CHECK(impersonation.header("Authorization") == "Bearer hush-federated");
  CHECK(impersonation.body == R"({"scope":["https://www.googleapis.com/auth/cloudkms"],"lifetime":"3600s"})");
}

TEST_CASE("a workforce's project and a client go along with the exchange") {
  LoggedIn log_in;
  test::TemporaryFolder folder;
  log_in.say(200, test::token_answer());
  const std::string source = R"({"file":")" + folder.put("token", test::kSubjectToken).string() + "\"}";
  REQUIRE(log_in(test::external_file(source, R"("workforce_pool_user_project":"pays")")));
  CHECK(field_of(log_in.world.http.sent[0].body, "options") == R"({"userProject":"pays"})");
  REQUIRE(log_in(test::external_file(
      source, std::string(R"("workforce_pool_user_project":"pays","client_id":"c","client_secret":")") +
                  test::kClientSecret + "\"")));
  CHECK(field_of(log_in.world.http.sent[1].body, "options").empty());
  CHECK_THAT(log_in.world.http.sent[1].header("Authorization"), Catch::StartsWith("Basic "));
}

TEST_CASE("delegates are passed on") {
  LoggedIn log_in;
  log_in.world.http.answer([&](const test::SentRequest& sent) {
    if (sent.request.url.find("oauth2") != std::string::npos) return test::json_response(200, test::token_answer());
    return test::json_response(200, R"({"accessToken":"t","expireTime":"2026-11-28T13:00:00Z"})");
  });
  REQUIRE(log_in(std::string(R"({"type":"impersonated_service_account","delegates":["a","b"],)") + test::kImpersonate +
                 R"(,"source_credentials":)" + test::service_account_file() + "}"));
  CHECK_THAT(log_in.world.http.sent[1].body, Catch::Contains(R"("delegates":["a","b"])"));
  // The service account that impersonates needs the wide scope.
  const std::string jwt = field_of(log_in.world.http.sent[0].body, "assertion");
  const std::size_t first = jwt.find('.');
  CHECK_THAT(std::string(as_text(*base::base64_decode_any(jwt.substr(first + 1, jwt.rfind('.') - first - 1)))),
             Catch::Contains("auth/cloud-platform"));
}

TEST_CASE("a login that is refused shows none of what was sent, even where the server says it back [attack 48]") {
  test::TemporaryFolder folder;
  const std::string source = R"({"file":")" + folder.put("token", test::kSubjectToken).string() + "\"}";
  const std::vector<std::string> files{test::user_file(), test::external_file(source), test::service_account_file()};
  const std::string file = files[GENERATE(0u, 1u, 2u)];
  LoggedIn log_in;
  log_in.world.http.answer([](const test::SentRequest& sent) {
    const std::string echo = field_of(sent.body, "refresh_token") + field_of(sent.body, "subject_token") +
                             field_of(sent.body, "assertion") + " " + field_of(sent.body, "client_secret");
    return test::json_response(
        400, base::Json::object({{"error", "invalid_grant"}, {"error_description", "no " + echo}}).dump());
  });
  const auto token = log_in(file);
  REQUIRE_FALSE(token);
  CHECK(token.error().cause() == Cause::refused_credentials);
  CHECK(test::is_hushed(token.error()));
  CHECK_THAT(token.error().message(), Catch::Contains("no ***"));
}

TEST_CASE("an impersonation that is refused names the permission and the account [attack 48]") {
  LoggedIn log_in;
  log_in.world.http.answer([](const test::SentRequest& sent) {
    if (sent.request.url.find("oauth2") != std::string::npos) return test::json_response(200, test::token_answer());
    return test::json_response(
        403, test::error_answer(403, "PERMISSION_DENIED", "denied for " + sent.header("Authorization")));
  });
  const auto token = log_in(std::string(R"({"type":"impersonated_service_account",)") + test::kImpersonate +
                            R"(,"source_credentials":)" + test::user_file() + "}");
  REQUIRE_FALSE(token);
  CHECK(token.error().cause() == Cause::access_denied);
  CHECK_THAT(token.error().message(),
             Catch::Contains("iam.serviceAccounts.getAccessToken on signer@shop.iam.gserviceaccount.com"));
  CHECK(test::is_hushed(token.error()));
}

TEST_CASE("a token server that answers with something else is malformed [attack 49]") {
  const auto [body, words] = GENERATE(table<std::string, std::string>({
      {"", "answer"},
      {"<html>", "answer"},
      {"{}", "access_token: missing"},
      {R"({"access_token":""})", "is no token"},
      {R"({"access_token":"hush me\r\nX: y","expires_in":1})", "is no token"},
      {R"({"access_token":"hush"})", "expires_in: missing"},
      {R"({"access_token":"hush","expires_in":0})", "expires_in is 0"},
      {R"({"access_token":"hush","expires_in":-1})", "expires_in"},
      {R"({"access_token":"hush","expires_in":1,"token_type":"mac"})", "token_type is not Bearer"},
  }));
  LoggedIn log_in;
  log_in.say(200, body);
  const auto token = log_in(test::user_file());
  REQUIRE_FALSE(token);
  CHECK(token.error().cause() == Cause::malformed_answer);
  CHECK_THAT(token.error().message(), Catch::Contains(words));
  CHECK(test::is_hushed(token.error()));
}

TEST_CASE("a generated token has a time, and a login a day at most") {
  const Time now = test::StandingClock().now();
  const auto json = [](const std::string& text) { return *base::Json::parse(as_bytes(text), "test"); };
  CHECK_FALSE(parse_generated_token(json(R"({"accessToken":"t","expireTime":"soon"})"), now));
  CHECK_FALSE(parse_generated_token(json(R"({"accessToken":"t"})"), now));
  CHECK_FALSE(parse_generated_token(json(R"({"accessToken":"t t","expireTime":"2026-11-28T13:00:00Z"})"), now));
  CHECK(parse_generated_token(json(R"({"accessToken":"t","expireTime":"9999-11-28T13:00:00Z"})"), now)->expires ==
        now + std::chrono::hours(24));
  CHECK(parse_oauth_token(json(R"({"access_token":"t","expires_in":99999999999})"), now)->expires ==
        now + std::chrono::hours(24));
}
