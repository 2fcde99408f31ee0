#include "registry/credential_source.h"

#include "unit/registry/fixture.h"

using namespace hallmark;
using registry::CredentialSource;
using test::client_with;
using test::LyingRegistry;
using test::manifest_text;
using test::Reply;
using test::repository;
using test::text_of;

namespace {

constexpr auto* kType = "application/vnd.oci.image.manifest.v1+json";

struct Files {
  RegistryOptions options() const {
    RegistryOptions out;
    out.auth_files = {folder / "first.json", folder / "second.json"};
    out.helper_path = (folder / "bin").string() + ":/usr/bin:/bin";
    out.helper_environment = {{"LOG", (folder / "log").string()}};
    return out;
  }
  void helper(const std::string& script) const {
    const auto file = folder.put("bin/docker-credential-test", "#!/bin/sh\necho asked >>\"$LOG\"\n" + script + "\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  }
  test::TemporaryFolder folder;
};

CredentialSource opened(const RegistryOptions& options) {
  auto source = CredentialSource::open(options);
  REQUIRE(source);
  return *std::move(source);
}

std::string user_in(const CredentialSource& source, const std::string& host) {
  const auto found = source.find(host, "shop/api");
  REQUIRE(found);
  return *found ? (*found)->user : "nobody";
}

}  // namespace

TEST_CASE("a helper that is not there or fails keeps no other source from being asked") {
  Files files;
  struct Case {
    std::string script;  // empty: not installed
    std::string why;
  };
  const auto [script, why] = GENERATE(values<Case>({
      {"", "credential helper docker-credential-test is not in PATH"},
      {"exit 3", "docker-credential-test get: exit code 3"},
      {"echo '[]'", "its answer is not a JSON object"},
  }));
  if (!script.empty()) files.helper(script);
  const std::string marked = R"({"credHelpers":{"r.example":"test"},"auths":{"r.example":)";
  SECTION("an entry of the same file") {
    files.folder.put("first.json", marked + R"({"username":"alice","password":"a"}}})");
    CHECK(user_in(opened(files.options()), "r.example") == "alice");
  }
  SECTION("another file, for exactly this host [attack 33]") {
    files.folder.put("first.json", marked + "{}}}");
    files.folder.put("second.json", R"({"auths":{"r.example":{"username":"bob","password":"b"}}})");
    const auto source = opened(files.options());
    CHECK(user_in(source, "r.example") == "bob");
    CHECK(user_in(source, "other.example") == "nobody");
    CHECK_FALSE(source.problem_of("other.example"));
  }
  SECTION("a lookup") {
    files.folder.put("first.json", marked + "{}}}");
    auto options = files.options();
    options.login_lookups = {[](const auto&, const auto&) -> Result<std::optional<RegistryLogin>> {
      return RegistryLogin{.user = "node", .password = {}, .source = "plugin"};
    }};
    CHECK(user_in(opened(options), "r.example") == "node");
  }
  SECTION("nobody else: anonymous, and the problem is kept; a helper is run once") {
    files.folder.put("first.json", marked + "{}}}");
    const auto source = opened(files.options());
    for (int i = 0; i < 3; ++i) CHECK(user_in(source, "r.example") == "nobody");
    const auto problem = source.problem_of("r.example");
    REQUIRE(problem);
    CHECK_THAT(problem->message(), Catch::StartsWith((files.folder / "first.json").string() + ": "));
    CHECK_THAT(problem->message(), Catch::Contains(why));
    CHECK_FALSE(problem->hint().empty());
    if (!script.empty()) CHECK(text_of(files.folder / "log") == "asked\n");
  }
}

TEST_CASE("a lookup that cannot answer is told like a helper; what is no matter of logins ends the operation") {
  RegistryOptions options;
  int asked = 0;
  Outcome kind = GENERATE(Outcome::config, Outcome::unauthorized, Outcome::internal, Outcome::unreachable);
  options.login_lookups = {[&](const auto&, const auto&) -> Result<std::optional<RegistryLogin>> {
    ++asked;
    return fail(kind, "plugin: exit code 1");
  }};
  const auto source = opened(options);
  if (kind == Outcome::config || kind == Outcome::unauthorized) {
    CHECK(user_in(source, "r.example") == "nobody");
    CHECK(user_in(source, "r.example") == "nobody");
    CHECK(asked == 1);
    CHECK(source.problem_of("r.example")->message() == "plugin: exit code 1");
  } else {
    CHECK(source.find("r.example", "shop/api").error().kind() == kind);
  }
}

TEST_CASE("without its helper a public image is read, and the refusal of a private one names the helper") {
  Files files;
  LyingRegistry registry;
  const auto image = registry.honest().add_manifest("shop/api", kType, manifest_text("image"), "1.4");
  files.folder.put("first.json", R"({"credsStore":"test"})");
  const std::string challenge = "Bearer realm=\"" + registry.url() + "/token\",service=\"s\"";
  registry.tell({.target = "/v2/", .instead = [&](const test::Call& call) -> std::optional<Reply> {
                   if (call.header("authorization") == "Bearer anonymous") return std::nullopt;
                   return Reply{.status = 401, .headers = {{"WWW-Authenticate", challenge}}};
                 }});
  const auto client = client_with(files.options());
  const auto store = client->open(repository(registry.authority()));
  SECTION("public") {
    registry.answer("GET", "/token", Reply{.body = R"({"token":"anonymous"})"});
    CHECK(store->manifest("1.4"));
  }
  SECTION("private: the token server or the registry refuses") {
    registry.answer("GET", "/token", GENERATE(values<Reply>({{.status = 401}, {.body = R"({"token":"of-no-use"})"}})));
    const auto read = store->manifest("1.4");
    REQUIRE_FALSE(read);
    CHECK(read.error().kind() == Outcome::unauthorized);
    CHECK_THAT(read.error().message(), Catch::Contains("credential helper docker-credential-test is not in PATH"));
    CHECK_THAT(read.error().message(), Catch::Contains("first.json"));
    CHECK_THAT(read.error().hint(), Catch::Contains("take it out of credsStore"));
  }
}
