// CredentialProvider: how kubelet's plugins for registry credentials are configured.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/result.h"
#include "node/image_pattern.h"

namespace hallmark::node {

// One entry of `providers`. Source: Kubernetes reference, kubelet configuration (kubelet.config.k8s.io/v1).
struct CredentialProvider {
  std::string name;  // of the program in kubelet's plugin folder
  std::vector<ImagePattern> match_images;
  std::chrono::milliseconds default_cache_duration{0};
  std::string api_version;  // "credentialprovider.kubelet.k8s.io/v1", or its v1beta1 and v1alpha1
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  bool needs_pod = false;  // wants the token of a pod's service account, which kubelet alone can give it

  [[nodiscard]] bool wants(std::string_view image) const;
};

// A CredentialProviderConfig as YAML or JSON. Unknown keys are passed over. Kind of errors: config, with file and line.
[[nodiscard]] Result<std::vector<CredentialProvider>> parse_credential_providers(std::string_view text,
                                                                                 const std::string& file);

}  // namespace hallmark::node
