// CredentialSource: every place credentials may be, asked in order.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hallmark/registry.h"
#include "registry/credential_helper.h"
#include "registry/docker_config.h"

namespace hallmark::registry {

// Thread-safe. Nothing is asked before a registry wants credentials; a helper is run once per host.
class CredentialSource {
 public:
  // Reads options.auth_files; missing ones are skipped. Kind of errors: config.
  [[nodiscard]] static Result<CredentialSource> open(const RegistryOptions& options);
  // `host` as Endpoint::host. File by file: its helper for this host, then its own entries; then options.login_lookups;
  // nothing: anonymous.
  [[nodiscard]] Result<std::optional<Credential>> find(const std::string& host, const std::string& repository) const;

 private:
  struct Asked {
    std::mutex mutex;
    std::map<std::string, std::optional<Credential>> answers;  // "program host"
  };
  [[nodiscard]] Result<std::optional<Credential>> ask(const std::string& helper, const std::string& host) const;

  std::vector<DockerConfig> files_;
  HelperOptions helper_options_;
  std::vector<LoginLookup> lookups_;
  std::unique_ptr<Asked> asked_ = std::make_unique<Asked>();
};

}  // namespace hallmark::registry
