#include "registry/endpoint.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using registry::Endpoint;
using registry::endpoints_of;
using registry::HostConfig;
using registry::HostsToml;

namespace {

HostConfig configured(std::string_view toml, const std::string& folder = "/etc/certs.d/r") {
  HostConfig config;
  config.found = true;
  config.folder = folder;
  auto hosts = HostsToml::parse(toml, folder + "/hosts.toml");
  REQUIRE(hosts);
  config.hosts = *std::move(hosts);
  return config;
}

std::vector<Endpoint> endpoints(const std::string& registry, const RegistryOptions& options = {},
                                const HostConfig& config = {}) {
  auto all = endpoints_of(registry, options, config);
  REQUIRE(all);
  return *std::move(all);
}

std::string base_of(const std::string& registry, const RegistryOptions& options = {}, const HostConfig& config = {}) {
  return endpoints(registry, options, config).back().base;
}

}  // namespace

TEST_CASE("registries are https, literal loopback is http unless TLS is named") {
  CHECK(base_of("registry.example") == "https://registry.example/v2");
  CHECK(base_of("registry.example:5000") == "https://registry.example:5000/v2");
  CHECK(base_of("localhost:5000") == "http://localhost:5000/v2");
  CHECK(base_of("127.0.0.1") == "http://127.0.0.1/v2");
  CHECK(base_of("[::1]:5000") == "http://[::1]:5000/v2");
  CHECK(base_of("localhost.evil.example:5000") == "https://localhost.evil.example:5000/v2");
  CHECK(base_of("127.0.0.1.evil.example") == "https://127.0.0.1.evil.example/v2");
  CHECK(base_of("10.0.0.1:5000") == "https://10.0.0.1:5000/v2");

  RegistryOptions tls;
  tls.tls = true;
  RegistryOptions ca;
  ca.ca_file = "/ca.pem";
  RegistryOptions plain;
  plain.plain_http = true;
  CHECK(base_of("localhost:5000", tls) == "https://localhost:5000/v2");
  CHECK(base_of("localhost:5000", ca) == "https://localhost:5000/v2");
  CHECK(base_of("localhost:5000", {}, configured("")) == "https://localhost:5000/v2");
  CHECK(base_of("localhost:5000", {}, configured("", "/etc/certs.d/_default")) == "http://localhost:5000/v2");
  CHECK(base_of("registry.example", plain) == "http://registry.example/v2");
}

TEST_CASE("docker.io is asked at registry-1.docker.io with docker.io's credentials") {
  const auto hub = endpoints("docker.io").front();
  CHECK(hub.base == "https://registry-1.docker.io/v2");
  CHECK(hub.host == "docker.io");
  CHECK_FALSE(hub.mirror());
}

TEST_CASE("mirrors come first in the order of the file and never get what we write") {
  const auto all = endpoints("docker.io", {}, configured(R"(
server = "https://registry-1.docker.io"
[host."https://mirror.example/v2/hub"]
  override_path = true
[host."https://pull.example"]
  capabilities = ["pull"]
[host."https://push.example:5000"]
  capabilities = ["pull", "resolve", "push"]
)"));
  REQUIRE(all.size() == 4);
  CHECK(all[0].base == "https://mirror.example/v2/hub");
  CHECK(all[0].prefix == "hub/");
  CHECK(all[0].host == "mirror.example");
  CHECK(all[0].upstream_name == "docker.io");
  CHECK(all[0].resolve);
  CHECK_FALSE(all[0].push);
  CHECK(all[1].base == "https://pull.example/v2");
  CHECK(all[1].prefix.empty());
  CHECK(all[1].pull);
  CHECK_FALSE(all[1].resolve);
  CHECK(all[2].push);
  CHECK(all[3].base == "https://registry-1.docker.io/v2");
  CHECK(all[3].host == "docker.io");
  CHECK(all[3].push);
}

TEST_CASE("a registry listed under its own name is itself, with the settings given there") {
  const auto all = endpoints("registry.example:5000", {}, configured(R"(
[host."https://registry.example:5000"]
  ca = "ca.pem"
)"));
  REQUIRE(all.size() == 1);
  CHECK(all[0].push);
  CHECK_FALSE(all[0].mirror());
  CHECK(all[0].tls.ca_files.size() == 1);

  const auto plain = endpoints("registry.example:5000", {}, configured("[host.\"http://registry.example:5000\"]"));
  REQUIRE(plain.size() == 1);
  CHECK(plain[0].base == "http://registry.example:5000/v2");
}

TEST_CASE("flags for TLS are for the registry that was named, not for its mirrors") {
  RegistryOptions options;
  options.ca_file = "/user/ca.pem";
  options.client_certificate = "/user/client.pem";
  const auto all = endpoints("registry.example", options, configured("[host.\"https://mirror.example\"]"));
  REQUIRE(all.size() == 2);
  CHECK(all[0].tls == net::TlsOptions());
  CHECK(all[1].tls.ca_files == std::vector<std::filesystem::path>{"/user/ca.pem"});
  CHECK(all[1].tls.client_key == "/user/client.pem");
}

TEST_CASE("a server of another name is a stand-in with its own credentials") {
  const auto all = endpoints("registry.example", {}, configured("server = \"https://real.example\""));
  REQUIRE(all.size() == 1);
  CHECK(all[0].host == "real.example");
  CHECK(all[0].upstream_name == "registry.example");
  CHECK(all[0].push);
}

TEST_CASE("a host that is no URL is a config error") {
  const auto* text = GENERATE("[host.\"ftp://mirror.example\"]", "[host.\"https://user:pw@mirror.example\"]",
                              "[host.\"https://mirror.example?x=1\"]", "server = \"https://\"");
  const auto all = endpoints_of("registry.example", {}, configured(text));
  REQUIRE_FALSE(all);
  CHECK(all.error().kind() == Outcome::config);
  CHECK_THAT(all.error().message(), Catch::Contains("hosts.toml"));
  CHECK_THAT(all.error().message(), Catch::Contains("is not the URL of a registry"));
}
