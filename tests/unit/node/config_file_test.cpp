#include "node/config_file.h"

#include <catch2/catch.hpp>

#include "support/temporary_folder.h"

using namespace hallmark;
using test::TemporaryFolder;

TEST_CASE("a settings file names what lies elsewhere, relative to its folder") {
  const auto config = node::ConfigFile::parse(
      "policy: [policy.d, /srv/policy.yaml]\npolicy-key: officer.pub\ntrust: pins.json\n"
      "containerd-config: /var/lib/rancher/k3s/agent/etc/containerd/config.toml\n"
      "credential-provider-config: cp.yaml\ncredential-provider-bin-dir: /opt/cp\n",
      "/etc/hallmark/config.yaml");
  REQUIRE(config);
  CHECK(config->policy == std::vector<std::filesystem::path>{"/etc/hallmark/policy.d", "/srv/policy.yaml"});
  CHECK(config->policy_key == "/etc/hallmark/officer.pub");
  CHECK(config->trust == "/etc/hallmark/pins.json");
  CHECK(config->containerd_config == "/var/lib/rancher/k3s/agent/etc/containerd/config.toml");
  CHECK(config->credential_provider_config == "/etc/hallmark/cp.yaml");
  CHECK(config->credential_provider_bin_dir == "/opt/cp");
}

TEST_CASE("a settings file that is not understood is refused with its place") {
  struct Case {
    const char* text;
    const char* words;
  };
  const auto [text, words] = GENERATE(values<Case>({
      {"policies: a.yaml\n", "config.yaml:1:1: policies: unknown key"},
      {"policy: {a: b}\n", "config.yaml:1"},
      {"policy: [\n", "config.yaml:"},
      {"policy-key:\n", "policy-key"},
      {"credential-provider-config: cp.yaml\n", "belong together"},
      {"", "config.yaml"},
  }));
  CAPTURE(text);
  const auto config = node::ConfigFile::parse(text, "config.yaml");
  REQUIRE_FALSE(config);
  CHECK(config.error().kind() == Outcome::config);
  CHECK_THAT(config.error().message(), Catch::Contains(words));
}

TEST_CASE("paths are the usual ones but for what the settings file of that root names") {
  const TemporaryFolder root;
  node::NodePaths paths;
  paths.root.path = root.path();
  const auto usual = node::configured(paths);
  REQUIRE(usual);
  CHECK(usual->policies == std::vector<std::filesystem::path>{"/etc/hallmark/policy.d"});
  CHECK(usual->policy_key.empty());
  root.put("etc/hallmark/config.yaml", "policy: mine.yaml\ncontainerd-config: /k3s/config.toml\n");
  const auto told = node::configured(paths);
  REQUIRE(told);
  CHECK(told->policies == std::vector<std::filesystem::path>{"/etc/hallmark/mine.yaml"});
  CHECK(told->containerd_config == "/k3s/config.toml");
  CHECK(told->cache == usual->cache);
  root.put("etc/hallmark/config.yaml", "policy");
  CHECK_FALSE(node::configured(paths));
}
