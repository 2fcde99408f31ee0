#include "keys/kms/gcp_aws_source.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "base/try.h"
#include "google.h"
#include "keys/kms/gcp_token.h"

using namespace hallmark;
using namespace hallmark::keys;

namespace {

constexpr const char* kUrls =
    R"({"environment_id":"aws1","region_url":"http://169.254.169.254/latest/meta-data/placement/availability-zone",
        "url":"http://169.254.169.254/latest/meta-data/iam/security-credentials",
        "regional_cred_verification_url":"https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15")";
const std::string kSource = std::string(kUrls) + "}";
const std::string kWithSession =
    std::string(kUrls) + R"(,"imdsv2_session_token_url":"http://169.254.169.254/latest/api/token"})";
constexpr const char* kRole =
    R"({"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIAROLE","SecretAccessKey":"hush-role-secret-4711",
        "Token":"hush/role+session/token==","Expiration":"2026-11-28T17:00:00Z"})";
const std::string kZone = "GET /latest/meta-data/placement/availability-zone";
const std::string kRoles = "GET /latest/meta-data/iam/security-credentials";

// A machine at AWS: its variables, and its metadata service by "METHOD PATH".
struct Aws {
  test::KeyServices world{};
  std::map<std::string, std::pair<int, std::string>> pages{
      {"PUT /latest/api/token", {200, "hush-imds-session"}},
      {kZone, {200, "eu-north-1a\n"}},
      {kRoles, {200, "release-role\n"}},
      {kRoles + "/release-role", {200, kRole}},
  };

  Aws() {
    world.metadata.answer([this](const test::SentRequest& sent) -> Result<net::Response> {
      const std::string& url = sent.request.url;
      const auto found = pages.find(sent.request.method + " " + url.substr(url.find('/', 8)));
      if (found == pages.end()) return fail(Outcome::unreachable, "nobody answers " + url);
      return test::json_response(found->second.first, found->second.second);
    });
  }
  void environment() {
    world.variables = {{"AWS_ACCESS_KEY_ID", "AKIAENV"},
                       {"AWS_SECRET_ACCESS_KEY", "hush-env-secret-4711"},
                       {"AWS_REGION", "us-east-2"}};
  }
  Result<GcpToken> log_in(const std::string& source = kSource) {
    const auto credentials = GcpCredentials::parse(as_bytes(test::external_file(source)), "aws.json");
    REQUIRE(credentials);
    const Services services = world.services();
    return keys::log_in(*credentials, services, services.deadline());
  }
  // The request that Google is to send, and its headers in order.
  base::Json signed_request(const std::string& source = kSource) {
    const auto credentials = GcpCredentials::parse(as_bytes(test::external_file(source)), "aws.json");
    REQUIRE(credentials);
    const Services services = world.services();
    const auto subject = subject_token(std::get<GcpExternalAccount>(credentials->login), credentials->impersonation,
                                       services, services.deadline());
    REQUIRE(subject);
    const std::string text = *base::percent_decode(subject->token.text());
    CHECK(text.find_first_of("\r\n") == std::string::npos);
    CHECK(subject->token.text().find_first_of(" \"{}=/+") == std::string_view::npos);
    return *base::Json::parse(as_bytes(text), "subject token");
  }
};

std::vector<std::pair<std::string, std::string>> headers_of(const base::Json& request) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const base::Json& header : *request.find("headers")->as_array())
    headers.emplace_back(*header.find("key")->as_string(), *header.find("value")->as_string());
  return headers;
}

}  // namespace

TEST_CASE("an access key of the environment signs, and nobody is asked") {
  Aws aws;
  aws.environment();
  const auto request = aws.signed_request();
  CHECK(*request.find("url")->as_string() ==
        "https://sts.us-east-2.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15");
  CHECK(*request.find("method")->as_string() == "POST");
  const auto headers = headers_of(request);
  REQUIRE(headers.size() == 4);
  CHECK(headers[0].first == "Authorization");
  CHECK_THAT(headers[0].second,
             Catch::StartsWith("AWS4-HMAC-SHA256 Credential=AKIAENV/20261128/us-east-2/sts/aws4_request, "
                               "SignedHeaders=host;x-amz-date;x-goog-cloud-target-resource, Signature="));
  CHECK(headers[1] == std::pair<std::string, std::string>("host", "sts.us-east-2.amazonaws.com"));
  CHECK(headers[2] == std::pair<std::string, std::string>("x-amz-date", "20261128T120000Z"));
  CHECK(headers[3].first == "x-goog-cloud-target-resource");
  CHECK_THAT(headers[3].second, Catch::StartsWith("//iam.googleapis.com/projects/1/"));
  CHECK(aws.world.metadata.sent.empty());
  CHECK(aws.world.http.sent.empty());
}

TEST_CASE("a session token of the environment is signed with the rest") {
  Aws aws;
  aws.environment();
  aws.world.variables["AWS_SESSION_TOKEN"] = "hush/session+token==";
  aws.world.variables.erase("AWS_REGION");
  aws.world.variables["AWS_DEFAULT_REGION"] = "cn-north-1";
  const std::string source =
      R"({"environment_id":"aws1","regional_cred_verification_url":"https://sts.{region}.amazonaws.com.cn/?Version=2011-06-15&Action=GetCallerIdentity"})";
  const auto headers = headers_of(aws.signed_request(source));
  REQUIRE(headers.size() == 5);
  CHECK_THAT(headers[0].second,
             Catch::Contains("/cn-north-1/sts/") &&
                 Catch::Contains("SignedHeaders=host;x-amz-date;x-amz-security-token;x-goog-cloud-target-resource,"));
  CHECK(headers[1].second == "sts.cn-north-1.amazonaws.com.cn");
  CHECK(headers[3] == std::pair<std::string, std::string>("x-amz-security-token", "hush/session+token=="));
}

TEST_CASE("the machine's role and region are asked for without a proxy, with a session token where the file says so") {
  Aws aws;
  const bool session = GENERATE(false, true);
  const auto request = aws.signed_request(session ? kWithSession : kSource);
  CHECK(*request.find("url")->as_string() ==
        "https://sts.eu-north-1.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15");
  CHECK_THAT(headers_of(request)[0].second, Catch::Contains("Credential=ASIAROLE/20261128/eu-north-1/"));
  CHECK(headers_of(request)[3].second == "hush/role+session/token==");
  CHECK(aws.world.http.sent.empty());
  const auto& sent = aws.world.metadata.sent;
  REQUIRE(sent.size() == (session ? 4 : 3));
  for (const test::SentRequest& one : sent) {
    CHECK(one.request.deadline == aws.world.clock.steady() + std::chrono::seconds(2));
    CHECK(one.request.limit == 65'536);
    if (one.request.method == "GET")
      CHECK(one.header("X-aws-ec2-metadata-token") == (session ? "hush-imds-session" : ""));
    else
      CHECK(one.header("X-aws-ec2-metadata-token-ttl-seconds") == "300");
  }
}

TEST_CASE("what is in the environment is not asked for") {
  Aws aws;
  aws.environment();
  aws.world.variables.erase("AWS_REGION");
  CHECK(aws.signed_request(kWithSession).find("url") != nullptr);
  CHECK(aws.world.metadata.sent.size() == 2);  // a session, and the zone
  aws.world.metadata.sent.clear();
  aws.world.variables = {{"AWS_REGION", "us-east-2"}, {"AWS_ACCESS_KEY_ID", "AKIAALONE"}};
  CHECK_THAT(headers_of(aws.signed_request())[0].second, Catch::Contains("ASIAROLE/20261128/us-east-2/"));
  CHECK(aws.world.metadata.sent.size() == 2);  // which role, and its key
}

TEST_CASE("without an access key it is told where one was looked for") {
  Aws aws;
  const auto [variables, source, words] =
      GENERATE_COPY(table<std::map<std::string, std::string>, std::string, std::string>({
          {{}, R"({"environment_id":"aws1"})", "AWS_ACCESS_KEY_ID is not set; the credential_source has no url"},
          {{{"AWS_ACCESS_KEY_ID", "AKIA"}}, R"({"environment_id":"aws1"})", "AWS_SECRET_ACCESS_KEY is not; "},
          {{{"AWS_SECRET_ACCESS_KEY", "hush"}}, R"({"environment_id":"aws1"})", "AWS_ACCESS_KEY_ID is not; "},
          {{{"AWS_EC2_METADATA_DISABLED", "True"}},
           kSource,
           "AWS_ACCESS_KEY_ID is not set; the EC2 metadata service is switched off by AWS_EC2_METADATA_DISABLED"},
          {{{"AWS_ACCESS_KEY_ID", "AKIA"}, {"AWS_SECRET_ACCESS_KEY", "hush"}},
           R"({"environment_id":"aws1"})",
           "AWS_REGION is not set; the credential_source has no region_url"},
          {{{"AWS_ACCESS_KEY_ID", "AKIA"}, {"AWS_SECRET_ACCESS_KEY", "hush"}, {"AWS_EC2_METADATA_DISABLED", "true"}},
           kSource,
           "AWS_REGION is not set; the EC2 metadata service is switched off"},
          {{{"AWS_ACCESS_KEY_ID", "AKIA"}, {"AWS_SECRET_ACCESS_KEY", "hush"}, {"AWS_REGION", "evil.example/"}},
           kSource,
           "names no region"},
          {{{"AWS_ACCESS_KEY_ID", "AKIA"}, {"AWS_SECRET_ACCESS_KEY", "hush\r\nx: y"}}, kSource, "is none"},
          {{{"AWS_ACCESS_KEY_ID", "AKIA/x"}, {"AWS_SECRET_ACCESS_KEY", "hush"}}, kSource, "is none"},
      }));
  aws.world.variables = variables;
  const auto token = aws.log_in(source);
  REQUIRE_FALSE(token);
  CHECK(token.error().kind() == Outcome::key);
  CHECK(word(token.error().cause()) == word(Cause::no_credentials));
  CHECK_THAT(token.error().message(), Catch::Contains(words));
  CHECK(test::is_hushed(token.error()));
  CHECK(aws.world.metadata.sent.empty());
  CHECK(aws.world.http.sent.empty());
}

TEST_CASE("a metadata service that has nothing, refuses or says something else [attack 48]") {
  const std::string role = kRoles + "/release-role";
  const std::string session = "PUT /latest/api/token";
  const auto [page, status, body, cause, words] =
      GENERATE_COPY(table<std::string, int, std::string, Cause, std::string>({
          {kRoles, 404, "", Cause::no_credentials, "security-credentials answers with status 404"},
          {kRoles, 200, "", Cause::no_credentials, "knows no role"},
          {kRoles, 401, "hush", Cause::refused_credentials, "status 401"},
          {kRoles, 200, "../../user-data", Cause::malformed_answer, "cannot be one"},
          {kRoles, 200, "<html>hush", Cause::malformed_answer, "cannot be one"},
          {kRoles, 500, "hush", Cause::unreachable, "status 500"},
          {kRoles, 302, "", Cause::malformed_answer, "redirects"},
          {role, 403, "hush", Cause::refused_credentials, "status 403"},
          {role, 200, "hush", Cause::malformed_answer, "no JSON"},
          {role, 200, "{}", Cause::malformed_answer, "AccessKeyId: missing"},
          {role, 200, R"({"AccessKeyId":"A","SecretAccessKey":["hush"]})", Cause::malformed_answer, "SecretAccessKey"},
          {role, 200, R"({"AccessKeyId":"A","SecretAccessKey":""})", Cause::malformed_answer, "is none"},
          {role, 200, R"({"AccessKeyId":"A","SecretAccessKey":"hush \n"})", Cause::malformed_answer, "is none"},
          {role, 200, R"({"AccessKeyId":"A","SecretAccessKey":"hush","Expiration":"hush"})", Cause::malformed_answer,
           "Expiration is no time"},
          {role, 200, R"({"AccessKeyId":"A","SecretAccessKey":"hush","Expiration":"2026-11-28T12:00:00Z"})",
           Cause::expired_credentials, "has expired"},
          {role, 200, R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"hush"})", Cause::refused_credentials,
           "cannot be used: AssumeRoleUnauthorizedAccess"},
          {kZone, 404, "", Cause::no_credentials, "availability-zone answers with status 404"},
          {kZone, 200, "", Cause::malformed_answer, "zone it names is none"},
          {kZone, 200, "evil.example/?a", Cause::malformed_answer, "zone it names is none"},
          {session, 403, "hush", Cause::refused_credentials, "api/token answers with status 403"},
          {session, 200, "", Cause::malformed_answer, "session token is none"},
          {session, 200, "hush\r\nX-Other: y", Cause::malformed_answer, "session token is none"},
      }));
  Aws aws;
  aws.pages[page] = {status, body};
  const auto token = aws.log_in(kWithSession);
  REQUIRE_FALSE(token);
  CHECK(token.error().kind() == Outcome::key);
  CHECK(word(token.error().cause()) == word(cause));
  CHECK_THAT(token.error().message(), Catch::Contains(words) && Catch::StartsWith("the EC2 metadata service"));
  CHECK(test::is_hushed(token.error()));
  CHECK(aws.world.http.sent.empty());
}

TEST_CASE("a metadata service that does not answer, and one that wants a session") {
  Aws aws;
  aws.pages.clear();
  const auto silent = aws.log_in();
  REQUIRE_FALSE(silent);
  CHECK(word(silent.error().cause()) == word(Cause::unreachable));
  CHECK_THAT(silent.error().hint(), Catch::Contains("AWS_ACCESS_KEY_ID is not set") && Catch::Contains("hop limit"));
  aws.pages[kRoles] = {401, ""};
  const auto old = aws.log_in();
  REQUIRE_FALSE(old);
  CHECK_THAT(old.error().hint(), Catch::Contains("--enable-imdsv2"));
}

TEST_CASE("the signed request is exchanged, and a refusal may say it back in no spelling [attack 48]") {
  Aws aws;
  aws.world.http.answer([](const auto&) { return test::json_response(200, test::token_answer()); });
  REQUIRE(aws.log_in());
  const std::string body = aws.world.http.sent.at(0).body;
  const std::string once = *base::percent_decode(body.substr(body.find("subject_token=") + 14));
  const std::string twice = *base::percent_decode(once);
  CHECK_THAT(twice, Catch::Contains("hush/role+session/token=="));
  const std::string signature = twice.substr(twice.find("Signature=") + 10, 64);

  const std::string echo = std::vector<std::string>{body, once, twice}.at(GENERATE(0u, 1u, 2u));
  aws.world.http.answer([&](const auto&) {
    const auto answer = base::Json::object(
        {{"error", "invalid_grant"}, {"error_description", "Invalid AWS GetCallerIdentity token: " + echo}});
    return test::json_response(400, answer.dump());
  });
  const auto refused = aws.log_in();
  REQUIRE_FALSE(refused);
  CHECK(word(refused.error().cause()) == word(Cause::refused_credentials));
  CHECK_THAT(refused.error().message(), Catch::Contains("Invalid AWS GetCallerIdentity token"));
  CHECK_THAT(refused.error().hint(), Catch::Contains("AWS account and role"));
  const std::string told = test::told(refused.error());
  CHECK(test::is_hushed(refused.error()));
  for (std::size_t at = 0; at + 12 <= signature.size(); ++at)
    CHECK(told.find(signature.substr(at, 12)) == std::string::npos);
}

TEST_CASE("an audience that could forge a header is not signed") {
  Aws aws;
  aws.environment();
  std::string file = test::external_file(kSource);
  file.replace(file.find("//iam"), 5, "//iam\\nhost:evil");
  const auto credentials = GcpCredentials::parse(as_bytes(file), "aws.json");
  REQUIRE(credentials);
  const Services services = aws.world.services();
  const auto token = keys::log_in(*credentials, services, services.deadline());
  REQUIRE_FALSE(token);
  CHECK_THAT(token.error().message(), Catch::Contains("audience"));
}

TEST_CASE("what Google is to ask is GetCallerIdentity of AWS STS and nothing else") {
  const std::string query = "?Action=GetCallerIdentity&Version=2011-06-15";
  CHECK(sts_host("https://sts.eu-north-1.amazonaws.com" + query) == "sts.eu-north-1.amazonaws.com");
  CHECK(sts_host("https://sts.amazonaws.com/" + query) == "sts.amazonaws.com");
  CHECK(sts_host("https://sts.cn-north-1.amazonaws.com.cn" + query) == "sts.cn-north-1.amazonaws.com.cn");
  const auto url = GENERATE_COPY(values<std::string>({
      "http://sts.amazonaws.com" + query,
      "https://sts.amazonaws.com",
      "https://sts.amazonaws.com?Action=AssumeRole&Version=2011-06-15",
      "https://sts.amazonaws.com" + query + "&Action=AssumeRole",
      "https://sts.amazonaws.com" + query + "#x",
      "https://sts.amazonaws.com/x" + query,
      "https://sts.amazonaws.com:8443" + query,
      "https://user@sts.amazonaws.com" + query,
      "https://sts.amazonaws.com.evil.example" + query,
      "https://sts.evil.example/.amazonaws.com" + query,
      "https://sts.a.b.amazonaws.com" + query,
      "https://evil-sts.amazonaws.com" + query,
      "https://ec2.eu-north-1.amazonaws.com" + query,
      "https://sts..amazonaws.com" + query,
      "https://.amazonaws.com" + query,
      "",
  }));
  INFO(url);
  CHECK_FALSE(sts_host(url));
}

TEST_CASE("the region of an availability zone") {
  CHECK(region_of_zone("eu-north-1a") == "eu-north-1");
  CHECK(region_of_zone("us-gov-west-1b\n") == "us-gov-west-1");
  const auto zone = GENERATE(values<std::string>({"", "a", "\na", "eu-north-1", "eu-north-1A", "Eu-north-1a",
                                                  "eu north-1a", "eunorth1a", "eu-north-1.evil.examplea", "eu-a"}));
  CHECK_FALSE(region_of_zone(zone));
}
