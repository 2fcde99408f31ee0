#include "keys/kms/aws_sts.h"

#include "unit/keys_aws/aws_fixture.h"

using namespace hallmark;
using namespace hallmark::keys::aws;
using test::check_failure;

namespace {

constexpr const char* kRole = "arn:aws:iam::123456789012:role/release";

std::string role_answer(const std::string& action, const std::string& expiration = "2026-11-28T13:00:00Z") {
  return "<" + action + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + action +
         "Result><AssumedRoleUser><Arn>a</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>"
         "<SecretAccessKey>hush-role/+=</SecretAccessKey><SessionToken>hush-session</SessionToken><Expiration>" +
         expiration + "</Expiration></Credentials></" + action + "Result></" + action + "Response>";
}

std::string refusal(const std::string& code) {
  return "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>" + code +
         "</Code><Message>its own words</Message></Error><RequestId>1</RequestId></ErrorResponse>";
}

struct Fixture {
  test::TemporaryFolder home;
  test::KeyServices world;
  keys::Services services = world.services();
  Settings settings;
  Credentials by = *make_credentials({"AKIABASE", "hush-base", "hush-base-token", ""}, "the test");

  [[nodiscard]] Scene scene() { return {services, settings, "eu-north-1", services.deadline()}; }
  void answer(int status, const std::string& text) {
    world.http.answer([=](const test::SentRequest&) -> Result<net::Response> {
      return net::Response{status, {{"Content-Type", "text/xml"}}, to_bytes(text), {}};
    });
  }
};

}  // namespace

TEST_CASE("a web identity becomes a role, by one form that is not signed") {
  Fixture f;
  f.answer(200, role_answer("AssumeRoleWithWebIdentity"));
  const auto file = f.home.put("token", "hush-web.token\n").string();
  const auto got = assume_role_with_web_identity(f.scene(), {kRole}, file);
  REQUIRE(got);
  CHECK(got->access_key_id == "ASIAROLE");
  CHECK(got->secret_access_key.text() == "hush-role/+=");
  CHECK(got->session_token.text() == "hush-session");
  CHECK(got->expiration == *base::parse_time("2026-11-28T13:00:00Z"));
  REQUIRE(f.world.http.sent.size() == 1);
  const auto& sent = f.world.http.sent[0];
  CHECK(sent.request.url == "https://sts.eu-north-1.amazonaws.com/");
  CHECK_FALSE(sent.request.aws);
  CHECK(sent.header("Content-Type") == "application/x-www-form-urlencoded");
  CHECK(sent.body ==
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3A"
        "role%2Frelease&RoleSessionName=hallmark-1795867200&WebIdentityToken=hush-web.token");
}

TEST_CASE("a role is assumed by other credentials, which sign") {
  Fixture f;
  f.answer(200, role_answer("AssumeRole"));
  REQUIRE(assume_role(f.scene(), {kRole, "ci", "e x", "900"}, f.by));
  const auto& sent = f.world.http.sent.at(0);
  REQUIRE(sent.request.aws);
  CHECK(sent.request.aws->service == "sts");
  CHECK(sent.request.aws->access_key_id == "AKIABASE");
  CHECK(sent.header("X-Amz-Security-Token") == "hush-base-token");
  CHECK_THAT(sent.body, Catch::EndsWith("&RoleSessionName=ci&ExternalId=e%20x&DurationSeconds=900"));
}

TEST_CASE("what STS refuses has its cause, and names the role") {
  const auto [status, code, cause, words] = GENERATE(values<std::tuple<int, std::string, Cause, std::string>>({
      {400, "ExpiredTokenException", Cause::expired_credentials, "have ended"},
      {400, "InvalidIdentityToken", Cause::refused_credentials, "web identity token is not accepted"},
      {403, "AccessDenied", Cause::access_denied, std::string("may not sts:AssumeRole on the role ") + kRole},
      {403, "InvalidClientTokenId", Cause::refused_credentials, "not known"},
      {403, "RegionDisabledException", Cause::wrong_region, "not switched on"},
      {403, "SignatureDoesNotMatch", Cause::refused_credentials, "signature of the request"},
      {503, "ServiceUnavailable", Cause::unreachable, "not available"},
  }));
  Fixture f;
  f.answer(status, refusal(code));
  const auto got = assume_role(f.scene(), {kRole}, f.by);
  check_failure(got.error(), cause, words);
  check_failure(got.error(), cause, "AWS STS");
  check_failure(got.error(), cause, "its own words");
}

TEST_CASE("what STS answers wrongly is no credential [attack 49]") {
  const auto [text, words] = GENERATE(values<std::pair<std::string, std::string>>({
      {"", "not as documented"},
      {"{\"Credentials\": {}}", "not as documented"},
      {"<!DOCTYPE x><x/>", "not as documented"},
      {role_answer("AssumeRoleWithSAML"), "another document"},
      {"<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>", "another document"},
      {refusal("AccessDenied"), "another document"},
      {role_answer("AssumeRole", "soon"), "what is no time"},
      {"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId></Credentials></"
       "AssumeRoleResult>"
       "</AssumeRoleResponse>",
       "no secret access key"},
      {"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A\nB</AccessKeyId><SecretAccessKey>hush"
       "</SecretAccessKey></Credentials></AssumeRoleResult></AssumeRoleResponse>",
       "holds blanks"},
  }));
  Fixture f;
  f.answer(200, text);
  check_failure(assume_role(f.scene(), {kRole}, f.by).error(), Cause::malformed_answer, words);
}

TEST_CASE("redirects of STS are not followed [attack 34]") {
  Fixture f;
  f.answer(302, "");
  check_failure(assume_role(f.scene(), {kRole}, f.by).error(), Cause::malformed_answer, "redirects");
}

TEST_CASE("a web identity without a role, or without its token, is named") {
  Fixture f;
  check_failure(assume_role_with_web_identity(f.scene(), {}, "/nowhere").error(), Cause::no_credentials, "no role");
  check_failure(assume_role_with_web_identity(f.scene(), {kRole}, "/nowhere").error(), Cause::no_credentials,
                "/nowhere");
  CHECK(f.world.http.sent.empty());
}
