#include "keys/kms/gcp_credentials_file.h"

#include <catch2/catch.hpp>

#include "google.h"

using namespace hallmark;
using namespace hallmark::keys;

namespace {

Result<GcpCredentials> parse(const std::string& text) { return GcpCredentials::parse(as_bytes(text), "ci.json"); }

constexpr const char* kFile = R"({"file":"/var/run/token"})";

}  // namespace

TEST_CASE("a service account's file") {
  const auto credentials = parse(test::service_account_file());
  REQUIRE(credentials);
  const auto& account = std::get<GcpServiceAccount>(credentials->login);
  CHECK(account.email == "ci@shop.iam.gserviceaccount.com");
  CHECK(account.key_id == "key-1");
  CHECK(account.token_url == "https://oauth2.googleapis.com/token");
  CHECK(credentials->who() == account.email);
  CHECK(credentials->universe == "googleapis.com");
  CHECK(credentials->impersonation.url.empty());
}

TEST_CASE("a user's file, with the project that pays") {
  const auto credentials = parse(test::user_file(R"("quota_project_id":"pays")"));
  REQUIRE(credentials);
  const auto& user = std::get<GcpUser>(credentials->login);
  CHECK(user.client_id == "client-1");
  CHECK(user.refresh_token.text() == test::kRefreshToken);
  CHECK(user.token_url == "https://oauth2.googleapis.com/token");
  CHECK_FALSE(user.workforce);
  CHECK(credentials->quota_project == "pays");
}

TEST_CASE("the file of a workforce pool's user") {
  std::string text = test::user_file(R"("token_url":"https://sts.googleapis.com/v1/oauthtoken")");
  text.replace(text.find("authorized_user"), 15, "external_account_authorized_user");
  const auto credentials = parse(text);
  REQUIRE(credentials);
  CHECK(std::get<GcpUser>(credentials->login).workforce);
  CHECK(std::get<GcpUser>(credentials->login).token_url == "https://sts.googleapis.com/v1/oauthtoken");
}

TEST_CASE("an external account's file, with each of its sources") {
  const auto file = parse(test::external_file(kFile, test::kImpersonate));
  REQUIRE(file);
  CHECK(std::get<GcpExternalAccount>(file->login).source.place == "/var/run/token");
  CHECK(file->impersonation.email() == "signer@shop.iam.gserviceaccount.com");
  CHECK(file->impersonation.lifetime == 3600);
  CHECK(file->who() == "signer@shop.iam.gserviceaccount.com");

  const auto url = parse(test::external_file(
      R"({"url":"https://idp.example/token","headers":{"Authorization":"x"},"format":{"type":"json","subject_token_field_name":"value"}})",
      std::string(test::kImpersonate) + R"(,"service_account_impersonation":{"token_lifetime_seconds":1200})"));
  REQUIRE(url);
  const auto& account = std::get<GcpExternalAccount>(url->login);
  CHECK(account.source.kind == GcpSubjectSource::Kind::url);
  CHECK(account.source.field == "value");
  CHECK(account.source.headers.size() == 1);
  CHECK(url->impersonation.lifetime == 1200);

  const auto executable = parse(test::external_file(
      R"({"executable":{"command":"/usr/bin/idp --now","timeout_millis":5000,"output_file":"/tmp/x"}})"));
  REQUIRE(executable);
  CHECK(std::get<GcpExternalAccount>(executable->login).source.patience == std::chrono::seconds(5));
  CHECK_THAT(executable->who(), Catch::Contains("//iam.googleapis.com/projects/1"));
}

TEST_CASE("a service account that another identity turns into") {
  const auto credentials = parse(std::string(R"({"type":"impersonated_service_account","delegates":["a@shop"],)") +
                                 test::kImpersonate + R"(,"source_credentials":)" + test::user_file() + "}");
  REQUIRE(credentials);
  CHECK(std::holds_alternative<GcpUser>(credentials->login));
  CHECK(credentials->impersonation.delegates == std::vector<std::string>{"a@shop"});
}

TEST_CASE("credentials of another universe stay in it") {
  std::string text = test::service_account_file(R"("universe_domain":"cloud.example")");
  CHECK_FALSE(parse(text));  // its token server is Google's
  text.replace(text.find("oauth2.googleapis.com"), 21, "oauth2.cloud.example");
  const auto credentials = parse(text);
  REQUIRE(credentials);
  CHECK(credentials->universe == "cloud.example");
}

TEST_CASE("a credentials file that is wrong says where, and nothing of its secrets [attack 48]") {
  const std::string header =
      std::string(R"({"url":"http://idp.example/","headers":{"Authorization":")") + test::kHeaderSecret + "\"}}";
  const auto [text, words] = GENERATE_COPY(table<std::string, std::string>({
      {"", "ci.json"},
      {"{}", "type: missing"},
      {"[]", "expected an object"},
      {R"({"type":"wizard"})", "\"wizard\" is no kind"},
      {R"({"web":{"client_secret":"hush"}})", "OAuth client"},
      {R"({"installed":{}})", "OAuth client"},
      {R"({"type":"service_account"})", "client_email: missing"},
      {R"({"type":"service_account","client_email":"a","private_key":1})", "private_key"},
      {R"({"type":"service_account","client_email":"a","private_key":""})", "private_key is empty"},
      {test::service_account_file(R"("type":"x")"), "type"},
      {R"({"type":"service_account","client_email":"a","private_key":"hush","token_uri":"http://oauth2.googleapis.com/token"})",
       "token_uri is no https URL"},
      {R"({"type":"service_account","client_email":"a","private_key":"hush","token_uri":"https://169.254.169.254/token"})",
       "token_uri is no https URL"},
      {R"({"type":"service_account","client_email":"a","private_key":"hush","token_uri":"https://googleapis.com.evil.example/token"})",
       "token_uri is no https URL"},
      {R"({"type":"service_account","client_email":"a","private_key":"hush","token_uri":"https://evilgoogleapis.com/token"})",
       "token_uri is no https URL"},
      {R"({"type":"service_account","client_email":"a","private_key":"hush","universe_domain":"10.0.0.1"})",
       "universe_domain is no domain"},
      {R"({"type":"service_account","client_email":"a","private_key":"hush","universe_domain":"com"})",
       "universe_domain is no domain"},
      {R"({"type":"service_account","client_email":"a","private_key":"hush","universe_domain":""})",
       "universe_domain is no domain"},
      {R"({"type":"authorized_user","client_id":"a","client_secret":"hush"})", "refresh_token: missing"},
      {test::user_file(R"("quota_project_id":7)"), "quota_project_id"},
      {test::external_file("{}"), "expected one of file, url and executable"},
      {test::external_file(R"({"file":"a","url":"https://b.example"})"), "expected one of"},
      {test::external_file(R"({"file":"a","format":{"type":"xml"}})"), "neither text nor json"},
      {test::external_file(R"({"file":"a","format":{"type":"json"}})"), "subject_token_field_name"},
      {test::external_file(R"({"file":"a","format":{"type":"json","subject_token_field_name":""}})"), "is empty"},
      {test::external_file(header), "url is neither https nor"},
      {test::external_file(R"({"url":"ftp://idp.example/"})"), "url is neither https nor"},
      {test::external_file(R"({"url":"https://idp.example/","headers":[]})"), "headers"},
      {test::external_file(R"({"executable":{"command":"idp"}})"), "absolute path"},
      {test::external_file(R"({"executable":{"command":"/idp","timeout_millis":1}})"), "5000 to 120000"},
      {test::external_file(R"({"environment_id":"aws2"})"), "environment_id aws2 is not supported"},
      {test::external_file(R"({"environment_id":"aws1","url":"x"})"), "url is no metadata service near by"},
      {test::external_file(R"({"environment_id":"aws1","url":"http://169.254.169.254/?role="})"),
       "url is no metadata service near by"},
      {test::external_file(R"({"environment_id":"aws1","region_url":"http://metadata.example/"})"),
       "region_url is no metadata service near by"},
      {test::external_file(R"({"environment_id":"aws1","imdsv2_session_token_url":"https://evil.example/"})"),
       "imdsv2_session_token_url is no metadata service near by"},
      {test::external_file(R"({"environment_id":"aws1","regional_cred_verification_url":"https://sts.evil.example/"})"),
       "no GetCallerIdentity of AWS STS"},
      {test::external_file(R"({"certificate":{}})"), "X.509"},
      {test::external_file(kFile,
                           R"("service_account_impersonation_url":"https://iamcredentials.googleapis.com/v1/other")"),
       ":generateAccessToken"},
      {test::external_file(
           kFile,
           R"("service_account_impersonation_url":"https://iam.example/v1/projects/-/serviceAccounts/a:generateAccessToken")"),
       "no https URL of googleapis.com"},
      {test::external_file(
           kFile, std::string(test::kImpersonate) + R"(,"service_account_impersonation":{"token_lifetime_seconds":1})"),
       "600 to 43200"},
      {R"({"type":"impersonated_service_account"})", "source_credentials: missing"},
      {std::string(R"({"type":"impersonated_service_account",)") + test::kImpersonate +
           R"(,"delegates":[1],"source_credentials":)" + test::user_file() + "}",
       "expected a string"},
      {std::string(R"({"type":"impersonated_service_account",)") + test::kImpersonate + R"(,"source_credentials":)" +
           test::external_file(kFile, test::kImpersonate) + "}",
       "one step"},
      {std::string(R"({"type":"impersonated_service_account",)") + test::kImpersonate +
           R"(,"source_credentials":{"type":"impersonated_service_account"}})",
       "not supported"},
      {R"({"type":"gdch_service_account"})", "Distributed Cloud"},
  }));
  const auto credentials = parse(text);
  INFO(text);
  REQUIRE_FALSE(credentials);
  CHECK(credentials.error().kind() == Outcome::key);
  CHECK_THAT(credentials.error().message(), Catch::Contains(words));
  CHECK(test::is_hushed(credentials.error()));
  const bool unsupported = words == "environment_id aws2 is not supported" || words == "X.509" ||
                           words == "Distributed Cloud" || words == "one step" || words == "not supported";
  CHECK(credentials.error().cause() == (unsupported ? Cause::unsupported : Cause::no_credentials));
}

TEST_CASE("which URLs are Google's") {
  CHECK(is_google("https://oauth2.googleapis.com/token", "googleapis.com"));
  CHECK(is_google("https://accounts.google.com/o/oauth2/token", "googleapis.com"));
  CHECK(is_google("https://cloudkms-mine.p.googleapis.com", "googleapis.com"));
  CHECK(is_google("https://sts.cloud.example:8443/v1/token", "cloud.example"));
  const auto url = GENERATE(
      values<std::string>({"http://oauth2.googleapis.com/", "https://googleapis.com/", "https://xgoogleapis.com/",
                           "https://user@sts.googleapis.com/", "https://sts.googleapis.com.evil.example/",
                           "sts.googleapis.com", "https://127.0.0.1/", "https://evil.example/?.googleapis.com", ""}));
  CHECK_FALSE(is_google(url, "googleapis.com"));
  CHECK_FALSE(is_google("https://accounts.google.com/", "cloud.example"));
}
