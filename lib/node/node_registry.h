// NodeRegistry: where a node keeps what its pulls need: certs.d folders, logins, kubelet's plugins.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "node/credential_plugins.h"
#include "node/facts.h"

namespace hallmark::node {

// Where a node's credential helpers are looked for, whatever PATH containerd was started with.
inline constexpr std::string_view kHelperPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// hallmark's own first, then kubelet's, docker's and podman's of root; whether they are there or not.
[[nodiscard]] std::vector<std::filesystem::path> auth_files(const NodePaths& paths);
// hallmark's own first, then those of containerd's configuration, docker's and podman's; whether they are there or not.
[[nodiscard]] std::vector<std::filesystem::path> certs_dirs(const NodePaths& paths, const ContainerdConfig& config);
// Configuration and folder of kubelet's plugins: those that `paths` names, else the first of the places where the
// clouds' images have them; nothing where there is none.
[[nodiscard]] std::optional<CredentialPluginOptions> credential_plugins(const NodePaths& paths);

// All of it for a RegistryClient, over what the caller has set there already (timeouts, proxies). containerd's
// configuration is read where it is there. Kind of errors: config.
[[nodiscard]] Result<RegistryOptions> node_registry_options(const NodePaths& paths, RegistryOptions options,
                                                            const Clock& clock);

}  // namespace hallmark::node
