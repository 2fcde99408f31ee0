// Cluster: which API server is asked, how it is known, and as whom.
#pragma once

#include <filesystem>
#include <string>

#include "hallmark/result.h"
#include "keys/kubernetes/kubeconfig.h"
#include "keys/kubernetes/kubernetes_secrets.h"

namespace hallmark::keys {

struct Cluster {
  std::string server;     // https://host:port[/path], without a slash at its end
  std::string authority;  // host:port, for messages
  bool tls = true;        // false: plain HTTP on this machine ("kubectl proxy"), to which no credentials are sent
  std::string ca_pem;     // trusted alone; empty: what the system trusts
  std::string ca_place;   // where the CA is to be named, for hints
  std::string proxy;      // proxy-url; empty: that of the environment
  KubeUser user;
  base::Json info;  // as an exec plugin is told of the cluster
};

// As client-go finds it: the files of KUBECONFIG, or ~/.kube/config; where none of them has a current context, the
// service account of the pod. HALLMARK_KUBE_CONTEXT names another context. Kind of errors: key.
[[nodiscard]] Result<Cluster> find_cluster(const Services& services, const KubernetesOptions& options);

}  // namespace hallmark::keys
