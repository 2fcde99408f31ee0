#include "node/node_registry.h"

#include <algorithm>
#include <array>

#include "base/try.h"

namespace hallmark::node {
namespace {

namespace fs = std::filesystem;

// Sources: the node images of the clouds and distributions of Kubernetes, which start kubelet with these flags.
struct PluginPlace {
  const char* config;
  const char* bin_dir;
};
constexpr std::array<PluginPlace, 5> kPluginPlaces = {{
    {"/etc/eks/image-credential-provider/config.json", "/etc/eks/image-credential-provider"},
    {"/var/lib/kubelet/credential-provider-config.yaml", "/var/lib/kubelet/credential-provider"},
    {"/etc/srv/kubernetes/cri_auth_config.yaml", "/home/kubernetes/bin"},
    {"/var/lib/rancher/credentialprovider/config.yaml", "/var/lib/rancher/credentialprovider/bin"},
    {"/etc/kubernetes/credential-provider-config.yaml", "/usr/libexec/kubernetes/kubelet-plugins/credential-provider"},
}};

void add_once(std::vector<fs::path>& paths, fs::path path) {
  if (std::ranges::find(paths, path) == paths.end()) paths.push_back(std::move(path));
}

}  // namespace

std::vector<fs::path> auth_files(const NodePaths& paths) {
  std::vector<fs::path> files = {paths.root.at(paths.hallmark_dir / "auth.json")};
  for (const char* file : {"/var/lib/kubelet/config.json", "/root/.docker/config.json", "/.docker/config.json",
                           "/run/containers/0/auth.json", "/root/.config/containers/auth.json"})
    files.push_back(paths.root.at(file));
  return files;
}

std::vector<fs::path> certs_dirs(const NodePaths& paths, const ContainerdConfig& config) {
  std::vector<fs::path> folders = {paths.root.at(paths.hallmark_dir / "certs.d")};
  for (const fs::path& folder : config.certs_dirs()) add_once(folders, paths.root.at(folder));
  for (const char* folder : {"/etc/docker/certs.d", "/etc/containers/certs.d"})
    add_once(folders, paths.root.at(folder));
  return folders;
}

std::optional<CredentialPluginOptions> credential_plugins(const NodePaths& paths) {
  CredentialPluginOptions options;
  if (!paths.credential_provider_config.empty()) {
    options.config = paths.root.at(paths.credential_provider_config);
    options.bin_dir = paths.root.at(paths.credential_provider_bin_dir);
    return options;
  }
  for (const PluginPlace& place : kPluginPlaces) {
    std::error_code ignored;
    options.config = paths.root.at(place.config);
    options.bin_dir = paths.root.at(place.bin_dir);
    if (fs::exists(options.config, ignored)) return options;
  }
  return std::nullopt;
}

Result<RegistryOptions> node_registry_options(const NodePaths& paths, RegistryOptions options, const Clock& clock) {
  ContainerdConfig config;
  std::error_code ignored;
  if (fs::exists(paths.root.at(paths.containerd_config), ignored)) {
    HM_TRY(config, ContainerdConfig::read(paths.root, paths.containerd_config));
  }
  options.certs_dirs = certs_dirs(paths, config);
  options.auth_files = auth_files(paths);
  if (auto plugins = credential_plugins(paths)) {
    plugins->deadline = options.helper_deadline;
    HM_TRY(CredentialPlugins opened, CredentialPlugins::open(*std::move(plugins), clock));
    options.login_lookups.push_back(lookup_in(std::move(opened)));
  }
  return options;
}

}  // namespace hallmark::node
