#include "keys/kms/aws_credential_chain.h"

#include "unit/keys_aws/aws_fixture.h"

using namespace hallmark;
using namespace hallmark::keys::aws;
using test::check_failure;

namespace {

// A world with every source: each takes away what comes before the one that it wants.
struct Fixture {
  test::TemporaryFolder home;
  test::KeyServices world;
  keys::Services services = world.services();
  std::vector<std::string> roles;  // that were assumed, with who asked
  std::string ends = "2026-11-28T13:00:00Z";
  std::optional<Settings> settings;
  std::optional<CredentialChain> chain;

  Fixture() {
    services.home = home.path();
    world.http.answer([this](const test::SentRequest& sent) -> Result<net::Response> { return sts(sent); });
    world.metadata.answer([this](const test::SentRequest& sent) -> Result<net::Response> {
      const std::string& url = sent.request.url;
      if (url == "http://169.254.169.254/latest/api/token") return net::Response{200, {}, to_bytes("token"), {}};
      if (url.ends_with("/security-credentials/")) return net::Response{200, {}, to_bytes("role"), {}};
      return test::json_response(
          200, R"({"AccessKeyId": "ASIA)" + std::string(url.find("170.2") != std::string::npos ? "TASK" : "INSTANCE") +
                   R"(", "SecretAccessKey": "hush", "Token": "hush", "Expiration": ")" + ends + "\"}");
    });
  }
  Result<net::Response> sts(const test::SentRequest& sent) {
    const bool web = sent.body.find("WithWebIdentity") != std::string::npos;
    const std::string action = web ? "AssumeRoleWithWebIdentity" : "AssumeRole";
    const auto at = sent.body.find("role%2F") + 7;
    const std::string role = sent.body.substr(at, sent.body.find('&', at) - at);
    roles.push_back((web ? "web" : sent.request.aws->access_key_id) + ">" + role);
    const std::string text = "<" + action + "Response><" + action + "Result><Credentials><AccessKeyId>ASIA" + role +
                             "</AccessKeyId><SecretAccessKey>hush</SecretAccessKey><SessionToken>hush</SessionToken>"
                             "<Expiration>" +
                             ends + "</Expiration></Credentials></" + action + "Result></" + action + "Response>";
    return net::Response{200, {}, to_bytes(text), {}};
  }
  Result<std::string> id() {
    auto loaded = Settings::load(services);
    if (!loaded) return fail(loaded.error());
    settings = *std::move(loaded);
    chain.emplace(services, *settings);
    return again();
  }
  Result<std::string> again() {
    const auto got = chain->get("eu-north-1", services.deadline());
    if (!got) return fail(got.error());
    return (*got)->access_key_id;
  }
};

}  // namespace

TEST_CASE("credentials are found in the order of the SDKs") {
  Fixture f;
  f.world.variables = {{"AWS_ACCESS_KEY_ID", "AKIAENV"},
                       {"AWS_SECRET_ACCESS_KEY", "hush"},
                       {"AWS_WEB_IDENTITY_TOKEN_FILE", f.home.put("web", "hush").string()},
                       {"AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/WEB"},
                       {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"}};
  f.home.put(".aws/credentials", "[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = hush\n");
  CHECK(*f.id() == "AKIAENV");
  f.world.variables.erase("AWS_SECRET_ACCESS_KEY");
  CHECK(*f.id() == "ASIAWEB");
  f.world.variables.erase("AWS_WEB_IDENTITY_TOKEN_FILE");
  CHECK(*f.id() == "AKIAFILE");
  std::filesystem::remove(f.home / ".aws/credentials");
  CHECK(*f.id() == "ASIATASK");
  f.world.variables.erase("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  CHECK(*f.id() == "ASIAINSTANCE");
  f.world.metadata.answer({});
  const auto none = f.id();
  check_failure(none.error(), Cause::no_credentials,
                "environment: AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not; web identity: "
                "AWS_WEB_IDENTITY_TOKEN_FILE is not set; profile default: it is not in ");
  check_failure(none.error(), Cause::no_credentials,
                "; container: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor _FULL_URI is set; EC2 metadata "
                "service: does not answer");
}

TEST_CASE("a profile leads to credentials in each of its ways") {
  Fixture f;
  f.home.put(
      ".aws/config",
      "[profile static]\naws_access_key_id = AKIASTATIC\naws_secret_access_key = hush\naws_session_token = hush\n"
      "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/ONE\nsource_profile = static\n"
      "[profile twice]\nrole_arn = arn:aws:iam::123456789012:role/TWO\nsource_profile = role\n"
      "[profile self]\nrole_arn = arn:aws:iam::123456789012:role/SELF\nsource_profile = self\n"
      "aws_access_key_id = AKIASELF\naws_secret_access_key = hush\n"
      "[profile web]\nrole_arn = arn:aws:iam::123456789012:role/WEB\nweb_identity_token_file = " +
          f.home.put("web", "hush").string() +
          "\n[profile env]\nrole_arn = arn:aws:iam::123456789012:role/ENV\ncredential_source = Environment\n"
          "[profile task]\nrole_arn = arn:aws:iam::123456789012:role/T\ncredential_source = EcsContainer\n"
          "[profile ec2]\nrole_arn = arn:aws:iam::123456789012:role/E\ncredential_source = Ec2InstanceMetadata\n"
          "[profile tool]\ncredential_process = /bin/echo '{\"Version\": 1, \"AccessKeyId\": \"AKIATOOL\", "
          "\"SecretAccessKey\": \"hush\"}'\n");
  const auto [profile, id, roles] = GENERATE(values<std::tuple<std::string, std::string, std::vector<std::string>>>({
      {"static", "AKIASTATIC", {}},
      {"role", "ASIAONE", {"AKIASTATIC>ONE"}},
      {"twice", "ASIATWO", {"AKIASTATIC>ONE", "ASIAONE>TWO"}},
      {"self", "ASIASELF", {"AKIASELF>SELF"}},
      {"web", "ASIAWEB", {"web>WEB"}},
      {"env", "ASIAENV", {"AKIAENV>ENV"}},
      {"task", "ASIAT", {"ASIATASK>T"}},
      {"ec2", "ASIAE", {"ASIAINSTANCE>E"}},
      {"tool", "AKIATOOL", {}},
  }));
  f.world.variables["AWS_PROFILE"] = profile;
  if (profile == "env") {
    // The environment alone would come first: a role by its keys is a profile's business only where they are set apart.
    f.world.variables["AWS_ACCESS_KEY_ID"] = "AKIAENV";
    f.world.variables["AWS_SECRET_ACCESS_KEY"] = "hush";
    std::string why;
    auto settings = Settings::load(f.services);
    REQUIRE(settings);
    const auto got = profile_credentials({f.services, *settings, "eu-north-1", f.services.deadline()}, why);
    REQUIRE(got);
    CHECK((*got)->access_key_id == id);
  } else {
    if (profile == "task") f.world.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/c";
    const auto got = f.id();
    REQUIRE(got);
    CHECK(*got == id);
  }
  CHECK(f.roles == roles);
}

TEST_CASE("a profile that leads nowhere says where it ends") {
  Fixture f;
  f.home.put(
      ".aws/config",
      "[profile loop]\nrole_arn = r\nsource_profile = back\n[profile back]\nrole_arn = r\nsource_profile = loop\n"
      "[profile missing]\nrole_arn = r\nsource_profile = nobody\n"
      "[profile half]\naws_access_key_id = AKIA\n"
      "[profile other-half]\naws_secret_access_key = hush\n"
      "[profile alone]\nrole_arn = r\n"
      "[profile odd]\nrole_arn = r\ncredential_source = Elsewhere\n"
      "[profile env]\nrole_arn = r\ncredential_source = Environment\n"
      "[profile task]\nrole_arn = r\ncredential_source = EcsContainer\n"
      "[profile mfa]\nrole_arn = r\nsource_profile = half\nmfa_serial = s\n"
      "[profile sso]\nsso_session = corp\nsso_account_id = 1\n"
      "[profile login]\nlogin_session = x\n");
  const auto [profile, cause, words] = GENERATE(values<std::tuple<std::string, Cause, std::string>>({
      {"loop", Cause::no_credentials, "leads back to it"},
      {"missing", Cause::no_credentials, "source_profile nobody gives nothing"},
      {"half", Cause::no_credentials, "no aws_secret_access_key"},
      {"other-half", Cause::no_credentials, "no aws_access_key_id"},
      {"alone", Cause::no_credentials, "role_arn needs"},
      {"odd", Cause::no_credentials, "credential_source is none of"},
      {"env", Cause::no_credentials, "credential_source Environment gives nothing"},
      {"task", Cause::no_credentials, "credential_source EcsContainer gives nothing"},
      {"mfa", Cause::unsupported, "mfa_serial"},
      {"sso", Cause::unsupported, "export-credentials --profile sso"},
      {"login", Cause::unsupported, "aws login"},
  }));
  f.world.variables["AWS_PROFILE"] = profile;
  check_failure(f.id().error(), cause, words);
}

TEST_CASE("credentials are kept, and renewed before they end") {
  using namespace std::chrono_literals;
  Fixture f;
  f.world.variables = {{"AWS_WEB_IDENTITY_TOKEN_FILE", f.home.put("web", "hush").string()},
                       {"AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/WEB"}};
  REQUIRE(f.id());
  REQUIRE(f.again());
  f.world.clock.advance(58min);
  REQUIRE(f.again());
  CHECK(f.roles.size() == 1);
  f.world.clock.advance(1min);
  f.ends = "2026-11-28T14:00:00Z";
  REQUIRE(f.again());
  CHECK(f.roles.size() == 2);
  // While the old ones hold, a renewal that fails is not the end.
  f.world.clock.advance(60min + 30s);
  f.world.http.answer({});
  REQUIRE(f.again());
  f.world.clock.advance(1min);
  const auto late = f.again();
  REQUIRE_FALSE(late);
  check_failure(late.error(), Cause::unreachable, "AWS STS");
}

TEST_CASE("keys that could not be header fields are refused") {
  Fixture f;
  f.world.variables = {{"AWS_ACCESS_KEY_ID", "AKIA"}, {"AWS_SECRET_ACCESS_KEY", "hush\r\nx: y"}};
  check_failure(f.id().error(), Cause::malformed_answer, "holds blanks");
}
