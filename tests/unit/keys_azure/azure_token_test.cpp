#include "keys/kms/azure_token.h"

#include <catch2/catch.hpp>

#include "base/time.h"

using namespace hallmark;
using namespace hallmark::keys::azure;

namespace {

constexpr std::string_view kResource = "https://vault.azure.net";
const Time kNow = *base::parse_time("2026-11-28T12:00:00Z");

Result<Token> read(std::string_view text) {
  return read_token(*base::Json::parse(as_bytes(text), "answer"), "the login", kResource, kNow);
}

}  // namespace

TEST_CASE("a token is read with its end, from each kind of server") {
  struct Case {
    std::string text;
    std::int64_t seconds;
  };
  const auto [text, seconds] = GENERATE(values<Case>({
      {R"({"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"abc"})", 3599},
      // IMDS and App Service write numbers as text.
      {R"({"access_token":"abc","expires_in":"86399","expires_on":"1506484173","resource":"https://vault.azure.net","token_type":"Bearer"})",
       86399},
      {R"({"access_token":"abc","expires_on":"1795910400","resource":"https://vault.azure.net/","token_type":"bearer"})",
       1795910400 - kNow.time_since_epoch().count()},
      {R"({"access_token":"abc","expires_in":9223372036854775807})", 30 * 24 * 3600},
  }));
  INFO(text);
  const auto token = read(text);
  REQUIRE(token);
  CHECK(token->bearer.text() == "abc");
  CHECK((token->ends - kNow).count() == std::min<std::int64_t>(seconds, 30 * 24 * 3600));
}

TEST_CASE("what is no token is refused") {
  struct Case {
    std::string text, reason;
  };
  const auto [text, reason] = GENERATE(values<Case>({
      {"[]", "expected an object"},
      {"null", "expected an object"},
      {R"({"token_type":"Bearer","expires_in":1})", "access_token"},
      {R"({"token_type":"Bearer","expires_in":1,"access_token":5})", "access_token"},
      {R"({"token_type":"Bearer","expires_in":1,"access_token":""})", "is no token"},
      {R"({"token_type":"Bearer","expires_in":1,"access_token":"a b"})", "is no token"},
      {R"({"token_type":"Bearer","expires_in":1,"access_token":"a\r\nX: y"})", "is no token"},
      {R"({"token_type":"Bearer","expires_in":1,"access_token":"ä"})", "is no token"},
      {R"({"token_type":"pop","expires_in":1,"access_token":"a"})", "not Bearer"},
      {R"({"token_type":"Bearer","access_token":"a"})", "expires_on"},
      {R"({"token_type":"Bearer","expires_in":"soon","access_token":"a"})", "expires_in"},
      {R"({"token_type":"Bearer","expires_in":0,"access_token":"a"})", "has ended"},
      {R"({"token_type":"Bearer","expires_in":-5,"access_token":"a"})", "has ended"},
      {R"({"token_type":"Bearer","expires_on":"-5","access_token":"a"})", "before 1970"},
      {R"({"token_type":"Bearer","expires_on":"1506484173","access_token":"a"})", "has ended"},
  }));
  INFO(text);
  const auto token = read(text);
  REQUIRE_FALSE(token);
  CHECK(token.error().kind() == Outcome::key);
  CHECK(token.error().cause() == Cause::malformed_answer);
  CHECK_THAT(token.error().message(), Catch::StartsWith("the login") && Catch::Contains(reason));
}

TEST_CASE("a token for another resource than asked for is a wrong answer") {
  const auto token = read(R"({"access_token":"a","expires_in":"60","resource":"https://management.azure.com/"})");
  REQUIRE_FALSE(token);
  CHECK(token.error().cause() == Cause::wrong_answer);
}
