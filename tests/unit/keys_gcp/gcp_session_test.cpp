#include "keys/kms/gcp_session.h"

#include <catch2/catch.hpp>

#include "google.h"

using namespace hallmark;
using namespace hallmark::keys;

namespace {

// A process with a session, and answers that count.
struct Process {
  test::TemporaryFolder folder{};
  test::KeyServices world{};
  int lifetime = 3599;

  Process() {
    world.http.answer(
        [this](const auto&) { return test::json_response(200, test::token_answer(test::kAccessToken, lifetime)); });
  }
  Services services(bool with_home = true) {
    Services out = world.services();
    if (with_home) out.home = folder.path() / "home";
    return out;
  }
  void name_file(const std::string& text) {
    world.variables["GOOGLE_APPLICATION_CREDENTIALS"] = folder.put("named.json", text).string();
  }
  void be_at_google(const std::string& body = test::token_answer(), int status = 200,
                    const std::string& flavor = "Google") {
    world.metadata.answer([=](const auto&) {
      auto response = test::json_response(status, body);
      if (!flavor.empty()) response.headers.add("Metadata-Flavor", flavor);
      return response;
    });
  }
};

std::string authorization(const GcpSession::Access& access) {
  const std::string* field = access.headers.find("Authorization");
  return field == nullptr ? "" : *field;
}

}  // namespace

TEST_CASE("the file that GOOGLE_APPLICATION_CREDENTIALS names comes first") {
  Process process;
  process.name_file(test::service_account_file());
  process.folder.put("home/.config/gcloud/application_default_credentials.json", test::user_file());
  process.be_at_google();
  const Services services = process.services();
  GcpSession session(services);
  const auto access = session.access(services.deadline());
  REQUIRE(access);
  CHECK(access->origin == "https://cloudkms.googleapis.com");
  CHECK(authorization(*access) == std::string("Bearer ") + test::kAccessToken);
  CHECK(access->caller == "ci@shop.iam.gserviceaccount.com");
  CHECK(access->headers.find("X-Goog-User-Project") == nullptr);
  CHECK(process.world.metadata.sent.empty());
}

TEST_CASE("then the file that gcloud writes, in its own folder where it has one") {
  Process process;
  process.be_at_google();
  process.folder.put("home/.config/gcloud/application_default_credentials.json", test::user_file());
  {
    const Services services = process.services();
    GcpSession session(services);
    CHECK(session.access(services.deadline())->caller == "the user who logged in with gcloud");
  }
  process.folder.put("sdk/application_default_credentials.json", test::service_account_file());
  process.world.variables["CLOUDSDK_CONFIG"] = (process.folder / "sdk").string();
  const Services services = process.services();
  GcpSession session(services);
  CHECK(session.access(services.deadline())->caller == "ci@shop.iam.gserviceaccount.com");
  CHECK(process.world.metadata.sent.empty());
}

TEST_CASE("then the metadata server, which is asked without a proxy and must say who it is") {
  Process process;
  process.be_at_google();
  const Services services = process.services();
  GcpSession session(services);
  const auto access = session.access(services.deadline());
  REQUIRE(access);
  CHECK(access->caller == "the service account of this machine");
  CHECK(process.world.http.sent.empty());
  REQUIRE(process.world.metadata.sent.size() == 1);
  const auto& sent = process.world.metadata.sent[0];
  CHECK(sent.request.url ==
        "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token?scopes="
        "https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform");
  CHECK(sent.header("Metadata-Flavor") == "Google");
  CHECK_FALSE(sent.request.follow_redirects);
}

TEST_CASE("where nothing is found, every place is told in order") {
  Process process;
  const Services services = process.services();
  GcpSession session(services);
  const auto access = session.access(services.deadline());
  REQUIRE_FALSE(access);
  CHECK(access.error().cause() == Cause::no_credentials);
  CHECK_THAT(access.error().message(),
             Catch::Matches("Google Cloud KMS: no credentials were found: GOOGLE_APPLICATION_CREDENTIALS is not set; "
                            ".*/home/.config/gcloud/application_default_credentials.json is not there; "
                            "Google's metadata server: .*"));
  CHECK_THAT(access.error().hint(), Catch::Contains("gcloud auth application-default login"));
}

TEST_CASE("who answers in the place of a metadata server gives no credentials") {
  const auto [status, body, flavor, cause, words] = GENERATE(table<int, std::string, std::string, Cause, std::string>({
      {200, test::token_answer(), "", Cause::no_credentials, "none of Google's"},
      {404, "{}", "Google", Cause::no_credentials, "has no service account"},
      {403, "{}", "Google", Cause::no_credentials, "status 403"},
      {500, "{}", "Google", Cause::no_credentials, "status 500"},
      {200, "{}", "Google", Cause::malformed_answer, "access_token: missing"},
      {302, "", "Google", Cause::malformed_answer, "redirects"},
  }));
  Process process;
  process.be_at_google(body, status, flavor);
  const Services services = process.services(false);
  GcpSession session(services);
  const auto access = session.access(services.deadline());
  REQUIRE_FALSE(access);
  CHECK(word(access.error().cause()) == word(cause));
  CHECK_THAT(access.error().message(), Catch::Contains(words));
  CHECK(test::is_hushed(access.error()));
}

TEST_CASE("credentials of a metadata server come from near by only") {
  const auto [host, url] = GENERATE(table<std::string, std::string>({
      {"127.0.0.1:8080", "http://127.0.0.1:8080/"},
      {"[fe80::1]", "http://[fe80::1]/"},
      {"metadata.google.internal", "http://169.254.169.254/"},
      {"metadata.example", ""},
      {"10.0.0.1", ""},
      {"127.0.0.1/path", ""},
      {"user@127.0.0.1", ""},
      {"127.0.0.1.evil.example", ""},
  }));
  Process process;
  process.be_at_google();
  process.world.variables["GCE_METADATA_HOST"] = host;
  const Services services = process.services();
  GcpSession session(services);
  const auto access = session.access(services.deadline());
  INFO(host);
  if (!url.empty()) {
    REQUIRE(access);
    CHECK_THAT(process.world.metadata.sent.at(0).request.url, Catch::StartsWith(url + "computeMetadata/v1/"));
    return;
  }
  REQUIRE_FALSE(access);
  CHECK(access.error().cause() == Cause::no_credentials);
  CHECK(process.world.metadata.sent.empty());
}

TEST_CASE("a password in an address of Google's is shown by no error [attack 48]") {
  const auto [name, value] = GENERATE(table<const char*, const char*>({
      {"GCE_METADATA_HOST", "u:hush@evil.example"},
      {"GCE_METADATA_HOST", "http://u:hush@169.254.169.254"},
      {"CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS", "https://u:hush@cloudkms.evil.example/"},
  }));
  Process process;
  process.be_at_google();
  process.world.variables[name] = value;
  const Services services = process.services();
  GcpSession session(services);
  const auto access = session.access(services.deadline());
  REQUIRE_FALSE(access);
  CHECK(access.error().kind() == Outcome::key);
  CHECK_THAT(access.error().message(), Catch::Contains(name) && !Catch::Contains("hush"));
}

TEST_CASE("a file that is named or found and cannot be used is an error; nothing is looked for behind it") {
  Process process;
  process.be_at_google();
  SECTION("named, and not there") {
    process.world.variables["GOOGLE_APPLICATION_CREDENTIALS"] = (process.folder / "missing.json").string();
  }
  SECTION("named, and no JSON") { process.name_file("hush"); }
  SECTION("named, and too large") { process.name_file(std::string((1u << 20) + 1, ' ')); }
  SECTION("found, and no JSON") {
    process.folder.put("home/.config/gcloud/application_default_credentials.json", "{\"type\":\"authorized_user\"}");
  }
  const Services services = process.services();
  GcpSession session(services);
  const auto access = session.access(services.deadline());
  REQUIRE_FALSE(access);
  CHECK(access.error().kind() == Outcome::key);
  CHECK(access.error().cause() == Cause::no_credentials);
  CHECK(test::is_hushed(access.error()));
  CHECK(process.world.metadata.sent.empty());
}

TEST_CASE("a token is kept for the next request, and renewed before it ends") {
  Process process;
  process.name_file(test::service_account_file());
  const Services services = process.services();
  GcpSession session(services);
  REQUIRE(session.access(services.deadline()));
  process.world.clock.advance(std::chrono::seconds(3599 - 61));
  REQUIRE(session.access(services.deadline()));
  CHECK(process.world.http.sent.size() == 1);
  process.world.clock.advance(std::chrono::seconds(1));
  REQUIRE(session.access(services.deadline()));
  CHECK(process.world.http.sent.size() == 2);
  session.forget();
  REQUIRE(session.access(services.deadline()));
  CHECK(process.world.http.sent.size() == 3);
}

TEST_CASE("a metadata server that gave a token once and is then gone is unreachable, not unknown") {
  Process process;
  process.be_at_google();
  const Services services = process.services();
  GcpSession session(services);
  REQUIRE(session.access(services.deadline()));
  process.world.metadata.answer(
      [](const auto&) -> Result<net::Response> { return fail(Outcome::unreachable, "no route"); });
  process.world.clock.advance(std::chrono::hours(2));
  // The token has ended; that it was there is known.
  CHECK(session.access(services.deadline()).error().cause() == Cause::unreachable);
}

TEST_CASE("the project that pays is said, the variable before the file") {
  Process process;
  process.name_file(test::user_file(R"("quota_project_id":"from-file")"));
  {
    const Services services = process.services();
    GcpSession session(services);
    CHECK(*session.access(services.deadline())->headers.find("X-Goog-User-Project") == "from-file");
  }
  process.world.variables["GOOGLE_CLOUD_QUOTA_PROJECT"] = "from-variable";
  const Services services = process.services();
  GcpSession session(services);
  CHECK(*session.access(services.deadline())->headers.find("X-Goog-User-Project") == "from-variable");
}

TEST_CASE("another universe has other hosts, and credentials of one are not sent to the other") {
  Process process;
  std::string file = test::service_account_file(R"("universe_domain":"cloud.example")");
  file.replace(file.find("oauth2.googleapis.com"), 21, "oauth2.cloud.example");
  process.name_file(file);
  const auto [variable, origin] = GENERATE(table<std::string, std::string>({
      {"", ""},  // a file alone neither
      {"cloud.example", "https://cloudkms.cloud.example"},
      {"other.example", ""},
      {"127.0.0.1", ""},
  }));
  process.world.variables["GOOGLE_CLOUD_UNIVERSE_DOMAIN"] = variable;
  const Services services = process.services();
  GcpSession session(services);
  const auto access = session.access(services.deadline());
  if (!origin.empty()) {
    REQUIRE(access);
    CHECK(access->origin == origin);
  } else {
    REQUIRE_FALSE(access);
    CHECK(access.error().cause() == Cause::refused_credentials);
    CHECK(process.world.http.sent.empty());
  }
}

TEST_CASE("a variable alone leads a machine's credentials to no other domain") {
  Process process;
  process.be_at_google();
  process.world.variables["GOOGLE_CLOUD_UNIVERSE_DOMAIN"] = "cloud.example";
  const Services services = process.services();
  GcpSession session(services);
  const auto access = session.access(services.deadline());
  REQUIRE_FALSE(access);
  CHECK(access.error().cause() == Cause::refused_credentials);
}

TEST_CASE("an endpoint of one's own is one of Google's") {
  const auto [url, origin] = GENERATE(table<std::string, std::string>({
      {"https://cloudkms-mine.p.googleapis.com", "https://cloudkms-mine.p.googleapis.com:443"},
      {"https://cloudkms.us-east1.rep.googleapis.com/", "https://cloudkms.us-east1.rep.googleapis.com:443"},
      {"http://cloudkms.googleapis.com/", ""},
      {"https://cloudkms.evil.example/", ""},
      {"https://cloudkms.googleapis.com/v2/", ""},
      {"cloudkms.googleapis.com", ""},
  }));
  Process process;
  process.name_file(test::service_account_file());
  process.world.variables["CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS"] = url;
  const Services services = process.services();
  GcpSession session(services);
  const auto access = session.access(services.deadline());
  INFO(url);
  if (!origin.empty()) {
    REQUIRE(access);
    CHECK(access->origin == origin);
  } else {
    REQUIRE_FALSE(access);
    CHECK(access.error().cause() == Cause::unsupported);
    CHECK(process.world.http.sent.empty());
  }
}
