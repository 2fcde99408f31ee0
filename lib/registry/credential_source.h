// CredentialSource: every place credentials may be, asked in order.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hallmark/registry.h"
#include "registry/credential_helper.h"
#include "registry/docker_config.h"

namespace hallmark::registry {

// Thread-safe. Nothing is asked before a registry wants credentials; a helper is run once per host.
//
// A helper or lookup that is not there or fails keeps no other source from being asked, and a public image from being
// read: where the registry then refuses, the refusal says so. containers/image goes on, too, and so does kubelet.
class CredentialSource {
 public:
  // Reads options.auth_files; missing ones are skipped. Kind of errors: config.
  [[nodiscard]] static Result<CredentialSource> open(const RegistryOptions& options);
  // `host` as Endpoint::host. File by file: its helper for this host, then its own entries; then options.login_lookups;
  // nothing: anonymous. Kind of errors: config for an entry that cannot be read, and what lookups call otherwise than
  // config and unauthorized.
  [[nodiscard]] Result<std::optional<Credential>> find(const std::string& host, const std::string& repository) const;
  // The first source that failed to answer for this host; nothing: none did so far.
  [[nodiscard]] std::optional<Error> problem_of(const std::string& host) const;
  // A registry's or token server's "unauthorized" with that problem, if there is one, and how to mend it.
  [[nodiscard]] Error explained(Error refusal, const std::string& host) const;

 private:
  struct Asked {
    std::mutex mutex;
    std::map<std::string, Result<std::optional<Credential>>> answers;  // "program host"
    std::mutex problems_mutex;
    std::map<std::string, Error> problems;                     // by host
    std::set<std::pair<std::size_t, std::string>> no_answers;  // of a lookup, for "host/repository"
  };
  [[nodiscard]] Result<std::optional<Credential>> ask(const std::string& helper, const std::string& host) const;
  [[nodiscard]] Result<std::optional<Credential>> look_up(const std::string& host, const std::string& repository) const;
  void note(const std::string& host, const Error& problem) const;

  std::vector<DockerConfig> files_;
  HelperOptions helper_options_;
  std::vector<LoginLookup> lookups_;
  std::unique_ptr<Asked> asked_ = std::make_unique<Asked>();
};

}  // namespace hallmark::registry
