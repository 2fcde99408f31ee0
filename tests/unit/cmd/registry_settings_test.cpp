#include "cmd/common/registry_settings.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using namespace hallmark::cmd;
using Variables = std::map<std::string, std::string, std::less<>>;

namespace {
RegistryOptions options_in(Variables variables, const RegistryFlags& flags = {}) {
  auto options = registry_options(flags, Environment(std::move(variables)));
  REQUIRE(options);
  return *std::move(options);
}
std::vector<std::string> auth_in(Variables variables) {
  std::vector<std::string> files;
  for (const auto& file : auth_files(Environment(std::move(variables)))) files.push_back(file.string());
  return files;
}
}  // namespace

TEST_CASE("durations are read with their units") {
  struct Case {
    std::string text;
    int milliseconds;
  };
  const auto [text, milliseconds] = GENERATE(values<Case>(
      {{"30s", 30'000}, {"2m", 120'000}, {"500ms", 500}, {"1m30s", 90'000}, {"45", 45'000}, {"24h", 86'400'000}}));
  CAPTURE(text);
  const auto duration = parse_duration(text);
  REQUIRE(duration);
  CHECK(duration->count() == milliseconds);
}

TEST_CASE("what is no duration is refused") {
  const std::string text = GENERATE("", "0", "0s", "-1s", "s", "10x", "5 s", "25h", "99999999999h", "1m30");
  CAPTURE(text);
  const auto duration = parse_duration(text);
  REQUIRE_FALSE(duration);
  CHECK(duration.error().kind() == Outcome::usage);
  CHECK_THAT(duration.error().message(), Catch::Contains("is not a duration"));
}

TEST_CASE("credentials are looked for where docker and podman keep them") {
  CHECK(auth_in({{"HOME", "/home/u"}}) ==
        std::vector<std::string>{"/home/u/.docker/config.json", "/home/u/.config/containers/auth.json"});
  CHECK(auth_in({{"HOME", "/home/u"}, {"DOCKER_CONFIG", "/d"}, {"XDG_RUNTIME_DIR", "/run/user/1"}}) ==
        std::vector<std::string>{"/d/config.json", "/run/user/1/containers/auth.json",
                                 "/home/u/.config/containers/auth.json"});
  CHECK(auth_in({{"HOME", "/home/u"}, {"REGISTRY_AUTH_FILE", "/a.json"}}) == std::vector<std::string>{"/a.json"});
  CHECK(auth_in({}).empty());
}

TEST_CASE("proxies come from the environment in either case, and a CGI client cannot set one") {
  CHECK(options_in({{"https_proxy", "http://p:1"}}).proxy.https == "http://p:1");
  CHECK(options_in({{"HTTPS_PROXY", "http://p:2"}, {"NO_PROXY", ".test"}}).proxy.none == ".test");
  CHECK(options_in({{"HTTP_PROXY", "http://p:3"}}).proxy.http == "http://p:3");
  CHECK(options_in({{"HTTP_PROXY", "http://evil:3"}, {"REQUEST_METHOD", "GET"}}).proxy.http.empty());
  RegistryFlags flags;
  flags.proxy = "http://flag:4";
  const auto flagged = options_in({{"HTTPS_PROXY", "http://p:2"}}, flags);
  CHECK(flagged.proxy.https == "http://flag:4");
  CHECK(flagged.proxy.http == "http://flag:4");
}

TEST_CASE("a helper sees its own variables and none of ours") {
  const auto options =
      options_in({{"HOME", "/h"}, {"PATH", "/bin"}, {"AWS_PROFILE", "p"}, {"HALLMARK_TIMEOUT", "1s"}, {"SECRET", "x"}});
  CHECK(options.helper_environment ==
        std::map<std::string, std::string>{{"AWS_PROFILE", "p"}, {"HOME", "/h"}, {"PATH", "/bin"}});
  CHECK(options.helper_path == "/bin");
}

TEST_CASE("a helper gets the secrets of its cloud, and no private key and no token of another service") {
  REQUIRE(::setenv("AWS_SECRET_ACCESS_KEY", "aws", 1) == 0);
  REQUIRE(::setenv("VAULT_TOKEN", "vault", 1) == 0);
  REQUIRE(::setenv("AWS_PRIVATE", "-----BEGIN PRIVATE KEY-----", 1) == 0);
  const Environment environment = Environment::of_process();
  const auto options = registry_options({}, environment);
  REQUIRE(options);
  CHECK(options->helper_environment.at("AWS_SECRET_ACCESS_KEY") == "aws");
  CHECK(options->helper_environment.count("VAULT_TOKEN") == 0);
  CHECK(options->helper_environment.count("AWS_PRIVATE") == 0);
}

TEST_CASE("flags that do not go together are refused") {
  RegistryFlags half;
  half.client_cert = "c.pem";
  RegistryFlags both;
  both.plain_http = both.tls = true;
  RegistryFlags odd;
  odd.timeout = "soon";
  const std::vector<std::pair<RegistryFlags, std::string>> cases = {
      {half, "belong together"}, {both, "exclude each other"}, {odd, "--timeout: 'soon' is not a duration"}};
  for (const auto& [flags, reason] : cases) {
    const auto options = registry_options(flags, Environment({}));
    REQUIRE_FALSE(options);
    CHECK(options.error().kind() == Outcome::usage);
    CHECK_THAT(options.error().message(), Catch::Contains(reason));
  }
}
