// ConfigFile: /etc/hallmark/config.yaml, what an administrator sets once.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "hallmark/result.h"
#include "node/paths.h"

namespace hallmark::node {

// All of it may be left out. Paths in it are relative to its folder.
struct ConfigFile {
  std::vector<std::filesystem::path> policy;  // `policy`: files or folders
  std::filesystem::path policy_key;           // `policy-key`: policies must be signed by it
  std::filesystem::path trust;                // `trust`: pins of keys that live elsewhere, not trust.json beside it
  std::filesystem::path containerd_config;    // `containerd-config`: not /etc/containerd/config.toml
  // `credential-provider-config` and `credential-provider-bin-dir`: kubelet's flags of that name; one needs the other.
  std::filesystem::path credential_provider_config;
  std::filesystem::path credential_provider_bin_dir;

  // Kind of errors: config, with file, line, column and key.
  [[nodiscard]] static Result<ConfigFile> parse(std::string_view text, const std::filesystem::path& file);
  [[nodiscard]] static Result<ConfigFile> read(const Root& root, const std::filesystem::path& file);
};

// `paths`, but what its config.yaml says; as they are where there is none. Kind of errors: config.
[[nodiscard]] Result<NodePaths> configured(NodePaths paths);

}  // namespace hallmark::node
