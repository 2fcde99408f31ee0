#include "registry/certs_d.h"

#include <catch2/catch.hpp>

#include "support/temporary_folder.h"

using namespace hallmark;
using registry::host_config;
using test::TemporaryFolder;

TEST_CASE("the folder of a registry is found by the names containerd and docker give it") {
  const TemporaryFolder folder;
  const auto* name = GENERATE("registry.example:5000", "registry.example_5000_");
  folder.put(std::string(name) + "/ca.crt", "x");
  folder.put("_default/hosts.toml", "server = \"https://fallback.example\"");
  const auto config = host_config({folder.path()}, "registry.example:5000");
  REQUIRE(config);
  CHECK(config->found);
  CHECK(config->hosts.server.tls.ca_files == std::vector<std::filesystem::path>{folder.path() / name / "ca.crt"});
  CHECK(host_config({folder.path()}, "registry.example")->hosts.server.url == "https://fallback.example");
  CHECK_FALSE(host_config({folder / "missing"}, "registry.example")->found);
}

TEST_CASE("a specific folder in a later directory comes before _default in an earlier one") {
  const TemporaryFolder first;
  const TemporaryFolder second;
  first.put("_default/hosts.toml", "server = \"https://fallback.example\"");
  second.put("docker.io/hosts.toml", "server = \"https://hub.example\"");
  CHECK(host_config({first.path(), second.path()}, "docker.io")->hosts.server.url == "https://hub.example");
}

TEST_CASE("docker's layout holds CAs and one client certificate") {
  const TemporaryFolder folder;
  for (const auto* file : {"b.crt", "a.crt", "client.cert", "client.key", "notes.txt"})
    folder.put(std::string("r.example/") + file, "x");
  const auto config = host_config({folder.path()}, "r.example");
  REQUIRE(config);
  const auto& tls = config->hosts.server.tls;
  CHECK(tls.ca_files == std::vector<std::filesystem::path>{folder / "r.example/a.crt", folder / "r.example/b.crt"});
  CHECK(tls.client_certificate == folder / "r.example/client.cert");
  CHECK(tls.client_key == folder / "r.example/client.key");
  CHECK_FALSE(tls.skip_verify);
}

TEST_CASE("a client certificate without its key is a config error") {
  const TemporaryFolder folder;
  folder.put("r.example/client.cert", "x");
  const auto config = host_config({folder.path()}, "r.example");
  REQUIRE_FALSE(config);
  CHECK(config.error().kind() == Outcome::config);
  CHECK_THAT(config.error().message(), Catch::Contains("has no client.key beside it"));
}

TEST_CASE("a registry's name leads nowhere but to its own folder [attack 27]") {
  const TemporaryFolder folder;
  folder.put("up/hosts.toml", "server = \"https://evil.example\"");
  folder.put("certs/x/ca.crt", "x");
  for (const auto* name : {"../up", "..", ".", "x/../../up", "", "/etc"}) {
    CAPTURE(name);
    CHECK_FALSE(host_config({folder / "certs"}, name)->found);
  }
}
