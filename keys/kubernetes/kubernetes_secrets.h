// kubernetes_secrets: "k8s://NAMESPACE/SECRET", key pairs in secrets of a cluster, as cosign keeps them.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "hallmark/key_provider.h"
#include "keys/provider/services.h"

namespace hallmark::keys {

struct KubernetesOptions {
  // All that an exec plugin of a kubeconfig sees, beside what the kubeconfig adds.
  std::map<std::string, std::string> plugin_environment = {};
  // Where a pod finds its token, its cluster's CA and its namespace.
  std::filesystem::path service_account = "/var/run/secrets/kubernetes.io/serviceaccount";
};

// The secret's fields are cosign's: cosign.key, an encrypted private key in PEM; cosign.pub; cosign.password. The
// services must outlive the provider.
[[nodiscard]] std::unique_ptr<KeyProvider> kubernetes_secrets(const Services& services, KubernetesOptions options = {});

}  // namespace hallmark::keys
