// CertsDirectory: certs.d/<host>/, what this machine says of one registry, in containerd's and docker's layout.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "registry/hosts_toml.h"

namespace hallmark::registry {

struct HostConfig {
  bool found = false;            // a folder names this host (also `_default`)
  std::filesystem::path folder;  // where
  HostsToml hosts;               // of hosts.toml; of docker's layout only server.tls is set
};

// Looks for the folder of a registry ("registry.example:5000", "docker.io") in each of `directories` in turn:
// `registry.example:5000`, containerd's `registry.example_5000_`, and when none has these, `_default`. In it,
// hosts.toml; without one, docker's layout: *.crt are CAs, the first NAME.cert with its NAME.key is the client's. Kind
// of errors: config.
[[nodiscard]] Result<HostConfig> host_config(const std::vector<std::filesystem::path>& directories,
                                             std::string_view registry);

}  // namespace hallmark::registry
