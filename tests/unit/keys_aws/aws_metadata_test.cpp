#include "keys/kms/aws_metadata.h"

#include "keys/kms/aws_container.h"
#include "unit/keys_aws/aws_fixture.h"

using namespace hallmark;
using namespace hallmark::keys::aws;
using test::check_failure;

namespace {

constexpr const char* kCredentials =
    R"({"Code": "Success", "LastUpdated": "2026-11-28T11:00:00Z", "Type": "AWS-HMAC", "AccessKeyId": "ASIAROLE",
        "SecretAccessKey": "hush-role", "Token": "hush-token", "Expiration": "2026-11-28T17:00:00Z"})";

struct Fixture {
  test::TemporaryFolder home;
  test::KeyServices world;
  keys::Services services = world.services();
  Settings settings;
  std::map<std::string, net::Response> pages;  // by method and path
  std::string why;

  Fixture() {
    settings.metadata.endpoint = "http://169.254.169.254";
    page("PUT /latest/api/token", "hush-imds");
    page("GET /latest/meta-data/iam/security-credentials/", "release-role\n");
    page("GET /latest/meta-data/iam/security-credentials/release-role", kCredentials);
    page("GET /latest/meta-data/placement/region", "eu-north-1");
    const auto answer = [this](const test::SentRequest& sent) -> Result<net::Response> {
      const std::string& url = sent.request.url;
      const auto found = pages.find(sent.request.method + " " + url.substr(url.find('/', 8)));
      return found == pages.end() ? net::Response{404, {}, {}, {}} : found->second;
    };
    world.metadata.answer(answer);
    world.http.answer(answer);
  }
  void page(const std::string& name, const std::string& text, int status = 200) {
    pages[name] = {status, {}, to_bytes(text), {}};
  }
  [[nodiscard]] Scene scene() { return {services, settings, "eu-north-1", services.deadline()}; }
};

}  // namespace

TEST_CASE("the instance's role is asked for with a session token, and without a proxy") {
  Fixture f;
  const auto got = instance_credentials(f.scene(), f.why);
  REQUIRE(got);
  REQUIRE(*got);
  CHECK((*got)->access_key_id == "ASIAROLE");
  CHECK((*got)->session_token.text() == "hush-token");
  CHECK((*got)->expiration == *base::parse_time("2026-11-28T17:00:00Z"));
  CHECK(f.world.http.sent.empty());
  REQUIRE(f.world.metadata.sent.size() == 3);
  CHECK(f.world.metadata.sent[0].header("X-aws-ec2-metadata-token-ttl-seconds") == "21600");
  CHECK(f.world.metadata.sent[1].header("X-aws-ec2-metadata-token") == "hush-imds");
  CHECK(f.world.metadata.sent[0].request.deadline == f.world.clock.steady() + std::chrono::seconds(2));
  CHECK(*instance_region(f.scene(), f.why) == "eu-north-1");
}

TEST_CASE("version 1 of the metadata service is never spoken") {
  for (const int status : {400, 403, 404, 405, 500}) {
    Fixture f;
    f.page("PUT /latest/api/token", "", status);
    const auto got = instance_credentials(f.scene(), f.why);
    REQUIRE(got);
    CHECK_FALSE(*got);
    CHECK(f.why == "gives no session token (" + std::to_string(status) + ")");
    CHECK(f.world.metadata.sent.size() == 1);
  }
}

TEST_CASE("no metadata service is no credentials") {
  Fixture f;
  SECTION("it does not answer") {
    f.world.metadata.answer({});
    CHECK_FALSE(*instance_credentials(f.scene(), f.why));
    CHECK_THAT(f.why, Catch::Contains("does not answer"));
  }
  SECTION("it is switched off") {
    f.settings.metadata.disabled = true;
    CHECK_FALSE(*instance_credentials(f.scene(), f.why));
    CHECK(f.world.metadata.sent.empty());
    CHECK_THAT(f.why, Catch::Contains("AWS_EC2_METADATA_DISABLED"));
  }
  SECTION("the machine has no role") {
    f.pages.erase("GET /latest/meta-data/iam/security-credentials/");
    CHECK_FALSE(*instance_credentials(f.scene(), f.why));
    CHECK(f.why == "knows no role of this machine");
  }
}

TEST_CASE("a metadata service is link-local, or nobody [attack 29] [attack 34]") {
  const std::string endpoint = GENERATE(as<std::string>(), "http://metadata.example", "http://10.0.0.1",
                                        "http://169.254.169.254.example", "https://8.8.8.8", "nonsense");
  Fixture f;
  f.settings.metadata.endpoint = endpoint;
  check_failure(instance_credentials(f.scene(), f.why).error(), Cause::unsupported, "neither a link-local address");
  CHECK(f.world.metadata.sent.empty());
}

TEST_CASE("a password in the metadata service's address is shown by no error [attack 48]") {
  Fixture f;
  f.settings.metadata.endpoint =
      GENERATE("http://u:hush@169.254.169.254", "http://u:hush@evil.example", "u:hush@evil.example");
  const Error error = instance_credentials(f.scene(), f.why).error();
  CHECK(error.kind() == Outcome::key);
  CHECK_THAT(error.message(), Catch::Contains("neither a link-local address") && !Catch::Contains("hush"));
  CHECK(f.world.metadata.sent.empty());
}

TEST_CASE("what the metadata service answers wrongly is refused [attack 34]") {
  struct Case {
    std::string page;
    int status;
    std::string text;
    Cause cause;
    std::string words;
  };
  const std::string roles = "GET /latest/meta-data/iam/security-credentials/";
  const auto one = GENERATE_COPY(values<Case>({
      {"PUT /latest/api/token", 200, "", Cause::malformed_answer, "session token is none"},
      {"PUT /latest/api/token", 200, "hush a b", Cause::malformed_answer, "session token is none"},
      {"PUT /latest/api/token", 302, "", Cause::malformed_answer, "redirects"},
      {roles, 200, "../../x", Cause::malformed_answer, "the role it names cannot be one"},
      {roles, 500, "", Cause::unreachable, "500"},
      {roles, 307, "", Cause::malformed_answer, "redirects"},
      {roles + "release-role", 200, "<html>", Cause::malformed_answer, "not as documented"},
      {roles + "release-role", 404, "", Cause::no_credentials, "no credentials for the role release-role"},
      {roles + "release-role", 200, R"({"Code": "AssumeRoleUnauthorizedAccess"})", Cause::refused_credentials,
       "AssumeRoleUnauthorizedAccess"},
      {roles + "release-role", 200, R"({"Code": "Success", "AccessKeyId": "A"})", Cause::malformed_answer,
       "SecretAccessKey"},
      {roles + "release-role", 200, R"({"AccessKeyId": "A", "SecretAccessKey": "hush", "Expiration": "hush"})",
       Cause::malformed_answer, "no time"},
      {roles + "release-role", 200, R"({"AccessKeyId": "A", "SecretAccessKey": "hush", "Token": ["hush"]})",
       Cause::malformed_answer, "Token"},
  }));
  Fixture f;
  f.page(one.page, one.text, one.status);
  check_failure(instance_credentials(f.scene(), f.why).error(), one.cause, one.words);
}

TEST_CASE("a region that is none is refused") {
  Fixture f;
  f.page("GET /latest/meta-data/placement/region", "evil.example/");
  check_failure(instance_region(f.scene(), f.why).error(), Cause::malformed_answer, "region it names is none");
}

TEST_CASE("a task's credentials come from its own address") {
  Fixture f;
  CHECK_FALSE(*container_credentials(f.scene()));
  f.world.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/1";
  f.world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "https://other.example/";
  f.page("GET /v2/credentials/1", kCredentials);
  const auto got = container_credentials(f.scene());
  REQUIRE(got);
  CHECK((*got)->access_key_id == "ASIAROLE");
  CHECK(f.world.http.sent.empty());
  CHECK(f.world.metadata.sent.at(0).request.url == "http://169.254.170.2/v2/credentials/1");
  CHECK(f.world.metadata.sent.at(0).header("Authorization").empty());
}

TEST_CASE("a pod's token is read anew from its file, and goes to its own agent") {
  Fixture f;
  f.page("GET /v1/credentials", kCredentials);
  f.world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials";
  f.world.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "hush-variable";
  REQUIRE(container_credentials(f.scene()));
  CHECK(f.world.metadata.sent.at(0).header("Authorization") == "hush-variable");
  f.world.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = f.home.put("token", "hush-1\n").string();
  REQUIRE(container_credentials(f.scene()));
  CHECK(f.world.metadata.sent.at(1).header("Authorization") == "hush-1");
  f.home.put("token", "hush-2");
  REQUIRE(container_credentials(f.scene()));
  CHECK(f.world.metadata.sent.at(2).header("Authorization") == "hush-2");
  f.world.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/nowhere/token";
  check_failure(container_credentials(f.scene()).error(), Cause::no_credentials,
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
}

TEST_CASE("container credentials come from near, or by HTTPS [attack 29] [attack 34]") {
  const auto [url, asked] = GENERATE(values<std::pair<std::string, std::string>>({
      {"http://127.0.0.1:80/v1/credentials", "near"},
      {"http://localhost/v1/credentials", "near"},
      {"http://169.254.170.2/v1/credentials", "near"},
      {"http://[fd00:ec2::23]/v1/credentials", "near"},
      {"https://agent.example/v1/credentials", "far"},
      {"http://agent.example/v1/credentials", "nobody"},
      {"http://169.254.169.254/v1/credentials", "nobody"},
      {"http://169.254.170.2.example/v1/credentials", "nobody"},
      {"http://user@127.0.0.1/v1/credentials", "nobody"},
      {"file:///etc/passwd", "nobody"},
  }));
  Fixture f;
  f.page("GET /v1/credentials", kCredentials);
  f.world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
  const auto got = container_credentials(f.scene());
  CHECK(got.has_value() == (asked != "nobody"));
  if (!got) check_failure(got.error(), Cause::unsupported, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
  CHECK(f.world.metadata.sent.size() == (asked == "near" ? 1 : 0));
  CHECK(f.world.http.sent.size() == (asked == "far" ? 1 : 0));
}

TEST_CASE("a container service that refuses is told so") {
  Fixture f;
  f.world.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/c";
  f.page("GET /c", R"({"code": "AccessDeniedException", "message": "x"})", 400);
  check_failure(container_credentials(f.scene()).error(), Cause::refused_credentials, "400: AccessDeniedException");
  f.page("GET /c", "oops", 500);
  check_failure(container_credentials(f.scene()).error(), Cause::unreachable, "500");
  f.page("GET /c", "[]");
  check_failure(container_credentials(f.scene()).error(), Cause::malformed_answer, "not as documented");
  f.page("GET /c", "", 302);
  check_failure(container_credentials(f.scene()).error(), Cause::malformed_answer, "redirects");
}
