// Registry settings: flags, then environment, then what docker, podman and containerd have on this machine.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cmd/common/environment.h"
#include "hallmark/registry.h"

namespace hallmark::cmd {

// For reading a layout or archive where no --timeout was given: all of it is hashed, and some are large.
inline constexpr std::chrono::milliseconds kLocalTime = std::chrono::minutes(10);

// As typed, or as their HALLMARK_… variables say.
struct RegistryFlags {
  std::string ca;           // --registry-ca
  std::string client_cert;  // --registry-client-cert
  std::string client_key;   // --registry-client-key
  bool plain_http = false;
  bool tls = false;
  std::string proxy;
  std::string proxy_ca;
  std::string timeout;  // "30s"
  std::vector<std::string> token_realms;
  std::vector<std::string> certs_dirs;
};

// Kind of errors: usage.
[[nodiscard]] Result<RegistryOptions> registry_options(const RegistryFlags& flags, const Environment& environment);

// $XDG_CONFIG_HOME, else ~/.config; empty where there is neither.
[[nodiscard]] std::filesystem::path config_home(const Environment& environment);

// What programs that fetch credentials need to find their own stores and clouds, secrets of theirs included; nothing of
// ours. For credential helpers of registries and exec plugins of a kubeconfig.
[[nodiscard]] std::map<std::string, std::string> helper_environment(const Environment& environment);

// --timeout, else `usual`. Kind of errors: usage.
[[nodiscard]] Result<std::chrono::milliseconds> timeout_of(const RegistryFlags& flags, std::chrono::milliseconds usual);
// --proxy and --proxy-ca, else what proxies_of(environment) says.
[[nodiscard]] ProxyOptions proxies_of(const RegistryFlags& flags, const Environment& environment);

// HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or the same in lower case.
[[nodiscard]] ProxyOptions proxies_of(const Environment& environment);

// Where credentials are looked for, in this order: $REGISTRY_AUTH_FILE alone when it is set; else docker's config.json
// ($DOCKER_CONFIG or ~/.docker), then podman's auth.json ($XDG_RUNTIME_DIR/containers, ~/.config/containers).
[[nodiscard]] std::vector<std::filesystem::path> auth_files(const Environment& environment);

// "90s", "2m", "500ms", "1m30s"; a bare number is seconds. Kind of errors: usage.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace hallmark::cmd
