#include "registry/docker_config.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using registry::auth_key;
using registry::credential_host;
using registry::DockerConfig;

namespace {

// user:password pairs in base64: YWxpY2U6czNjcmV0 is alice:s3cret, Ym9iOmE6Yg== is bob:a:b
DockerConfig config_of(std::string_view json) {
  auto config = DockerConfig::parse(as_bytes(json), "config.json");
  REQUIRE(config);
  return *std::move(config);
}

std::string found(const DockerConfig& config, std::string_view host, std::string_view repository = "shop/api") {
  const auto credential = config.find(host, repository);
  if (!credential) return "error: " + credential.error().message();
  if (!*credential) return "nothing";
  return (*credential)->user + "/" + std::string((*credential)->password.text()) +
         std::string((*credential)->identity_token.text());
}

}  // namespace

TEST_CASE("credentials are found for exactly the host and port they are for [attack 33]") {
  const auto config = config_of(R"({"auths": {
    "registry.example.com": {"auth": "YWxpY2U6czNjcmV0"},
    "registry.example.com:5000": {"username": "carol", "password": "pw"},
    "[::1]:5000": {"auth": "Ym9iOmE6Yg=="}
  }, "other": 1})");
  CHECK(found(config, "registry.example.com") == "alice/s3cret");
  CHECK(found(config, "REGISTRY.example.com") == "alice/s3cret");
  CHECK(found(config, "registry.example.com:5000") == "carol/pw");
  CHECK(found(config, "[::1]:5000") == "bob/a:b");
  for (const auto* host : {"registry.example.com:443", "registry.example.com:5001", "registry.example.com.evil.com",
                           "evilregistry.example.com", "example.com", "a.registry.example.com", "registry.example.co",
                           "[::1]", "", "registry.example.com@evil.com"}) {
    CAPTURE(host);
    CHECK(found(config, host) == "nothing");
  }
}

TEST_CASE("all of Docker Hub's names are one, and nothing else is [attack 33]") {
  const auto* key = GENERATE("https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io",
                             "https://registry-1.docker.io/v2/", "http://docker.io");
  const auto config = config_of(R"({"auths": {")" + std::string(key) + R"(": {"auth": "YWxpY2U6czNjcmV0"}}})");
  CHECK(found(config, "docker.io") == "alice/s3cret");
  CHECK(found(config, "registry-1.docker.io") == "alice/s3cret");
  CHECK(found(config, "auth.docker.io") == "nothing");
  CHECK(found(config, "docker.io.evil.com") == "nothing");
  CHECK(found(config, "docker.io:443") == "nothing");
}

TEST_CASE("podman's narrower keys win, segment by segment [attack 33]") {
  const auto config = config_of(R"({"auths": {
    "registry.example.com": {"auth": "YWxpY2U6czNjcmV0"},
    "registry.example.com/shop": {"auth": "Ym9iOmE6Yg=="},
    "registry.example.com/shop/api": {"username": "carol", "password": "pw"},
    "only.example.com/shop": {"username": "dave", "password": "pw"}
  }})");
  CHECK(found(config, "registry.example.com", "shop/api") == "carol/pw");
  CHECK(found(config, "registry.example.com", "shop/web") == "bob/a:b");
  CHECK(found(config, "registry.example.com", "shop-evil/api") == "alice/s3cret");
  CHECK(found(config, "registry.example.com", "") == "alice/s3cret");
  CHECK(found(config, "only.example.com", "shop/a/b") == "dave/pw");
  CHECK(found(config, "only.example.com", "shopping") == "nothing");
  CHECK(found(config, "only.example.com", "") == "nothing");
}

TEST_CASE("an identity token takes the place of user and password") {
  const auto config = config_of(R"({"auths": {
    "a.example": {"auth": "YWxpY2U6czNjcmV0", "identitytoken": "refresh"},
    "b.example": {"auth": "broken!", "identitytoken": "refresh"}}})");
  CHECK((*config.find("a.example", ""))->identity_token.text() == "refresh");
  CHECK((*config.find("b.example", ""))->identity_token.text() == "refresh");
}

TEST_CASE("helpers are named by host, then for all") {
  const auto config =
      config_of(R"({"credsStore": "desktop", "credHelpers": {"123.ecr.example": "ecr-login", "docker.io": "hub"}})");
  CHECK(config.helper_for("123.ecr.example") == "ecr-login");
  CHECK(config.helper_for("registry-1.docker.io") == "hub");
  CHECK(config.helper_for("other.example") == "desktop");
  CHECK_FALSE(config_of("{}").helper_for("other.example"));
}

TEST_CASE("docker's empty marker is no credential") {
  const auto config = config_of(R"({"auths": {"a.example": {}, "b.example": {"auth": ""}, "https://x/api/": {}}})");
  CHECK(found(config, "a.example") == "nothing");
  CHECK(found(config, "b.example") == "nothing");
  CHECK(found(config_of(R"({"auths": null})"), "a.example") == "nothing");
}

TEST_CASE("a broken entry spoils only its own registry, and says where it is") {
  const auto config = config_of(R"({"auths": {
    "good.example": {"auth": "YWxpY2U6czNjcmV0"},
    "bad.example": {"auth": "%%%"}, "nocolon.example": {"auth": "YWJj"}, "list.example": [], "number.example": {"auth": 1}
  }})");
  CHECK(found(config, "good.example") == "alice/s3cret");
  CHECK_THAT(found(config, "bad.example"), Catch::Contains(R"(config.json.auths["bad.example"].auth is not base64)"));
  CHECK_THAT(found(config, "nocolon.example"), Catch::Contains("is not the base64 of user:password"));
  CHECK_THAT(found(config, "list.example"), Catch::Contains("expected an object"));
  CHECK_THAT(found(config, "number.example"), Catch::Contains("expected a string"));
  CHECK(config.find("bad.example", "").error().kind() == Outcome::config);
}

TEST_CASE("a file that is no docker configuration is a config error [attack 24]") {
  struct Case {
    std::string json;
    std::string reason;
  };
  const auto [json, reason] = GENERATE(values<Case>({
      {"", "config.json"},
      {"[]", "expected an object"},
      {R"({"auths": []})", "config.json.auths: expected an object"},
      {R"({"auths": {"a": {}, "a": {}}})", "duplicate"},
      {R"({"credsStore": 1})", "credsStore"},
      {R"({"credHelpers": {"a": 1}})", "credHelpers"},
  }));
  const auto config = DockerConfig::parse(as_bytes(json), "config.json");
  REQUIRE_FALSE(config);
  CHECK(config.error().kind() == Outcome::config);
  CHECK_THAT(config.error().message(), Catch::Contains(reason));
}

TEST_CASE("keys are read as docker and podman write them") {
  CHECK(auth_key("https://registry.example/v1/") == "registry.example");
  CHECK(auth_key("registry.example/") == "registry.example");
  CHECK(auth_key("registry.example/team/app") == "registry.example/team/app");
  CHECK_FALSE(auth_key("https://api.example/token"));  // a scheme with a path is not a registry's name
  CHECK_FALSE(auth_key(""));
  CHECK_FALSE(auth_key("https://"));
  CHECK(credential_host("Index.Docker.io") == "docker.io");
}
