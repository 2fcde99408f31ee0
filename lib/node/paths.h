// NodePaths: where things are on a node.
#pragma once

#include <filesystem>
#include <vector>

#include "node/root.h"

namespace hallmark::node {

struct NodePaths {
  Root root;
  std::filesystem::path containerd_config = "/etc/containerd/config.toml";
  std::vector<std::filesystem::path> policies = {"/etc/hallmark/policy.d"};  // files and folders
  std::filesystem::path policy_key = {};                                     // empty: policies need not be signed
  std::filesystem::path cache = "/var/lib/hallmark/decisions.sqlite";
  std::filesystem::path hallmark_dir = "/etc/hallmark";
  std::filesystem::path trust_file = "/etc/hallmark/trust.json";  // pins of keys that live elsewhere
  // kubelet's flags --image-credential-provider-config and --image-credential-provider-bin-dir; empty: the places where
  // the clouds' images have them.
  std::filesystem::path credential_provider_config = {};
  std::filesystem::path credential_provider_bin_dir = {};

  [[nodiscard]] std::filesystem::path config_file() const { return hallmark_dir / "config.yaml"; }
  // Beside the decisions: the highest serial of each signed policy.
  [[nodiscard]] std::filesystem::path state_dir() const { return cache.parent_path(); }
};

}  // namespace hallmark::node
