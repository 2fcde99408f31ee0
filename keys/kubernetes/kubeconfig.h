// Kubeconfig: clusters, users and contexts, as kubectl's configuration files name them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "hallmark/result.h"
#include "hallmark/secret.h"

namespace hallmark::keys {

struct KubeCluster {
  std::string name;
  std::string server;
  std::string ca_pem;  // certificate-authority-data
  std::filesystem::path ca_file;
  std::string proxy_url;
  std::string tls_server_name;
  bool skip_verify = false;
  base::Json exec_config;  // the extension client.authentication.k8s.io/exec: handed to exec plugins
};

struct KubeExec {
  std::string api_version;
  std::string command;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string interactive_mode;  // "", "Never", "IfAvailable", "Always"
  std::string install_hint;
  bool provide_cluster_info = false;
};

struct KubeUser {
  std::string name;
  std::string file;  // where it stands; for messages
  Secret token;
  std::filesystem::path token_file;
  std::string client_certificate_pem;
  std::filesystem::path client_certificate;
  Secret client_key_pem;
  std::filesystem::path client_key;
  std::optional<KubeExec> exec;
  std::string unsupported;  // the first field that says how to log in and that hallmark cannot obey: "auth-provider"
};

struct KubeContext {
  std::string name;
  std::string cluster;
  std::string user;
};

// kubernetes.io, "kubeconfig (v1)". Paths of files are relative to the folder of the kubeconfig and made absolute here.
struct Kubeconfig {
  std::string current_context;
  std::vector<KubeCluster> clusters;
  std::vector<KubeUser> users;
  std::vector<KubeContext> contexts;

  // YAML or JSON; fields that are not known are passed over, as client-go does. Kind of errors: key; they begin with
  // file, line and column and show no value.
  [[nodiscard]] static Result<Kubeconfig> parse(std::string_view text, const std::filesystem::path& file);
  // What `other` has and this has not: the first file to name something wins.
  void add(Kubeconfig other);

  [[nodiscard]] const KubeCluster* cluster(std::string_view name) const;
  [[nodiscard]] const KubeUser* user(std::string_view name) const;
  [[nodiscard]] const KubeContext* context(std::string_view name) const;
};

}  // namespace hallmark::keys
