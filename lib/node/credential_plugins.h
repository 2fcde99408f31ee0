// CredentialPlugins: asks kubelet's credential plugins as kubelet does, and remembers what they say as long as they
// say.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.h"
#include "hallmark/clock.h"
#include "hallmark/registry.h"
#include "node/credential_answer.h"
#include "node/credential_provider.h"

namespace hallmark::node {

struct CredentialPluginOptions {
  std::filesystem::path config;   // --image-credential-provider-config: a file, or a folder of *.json, *.yaml, *.yml
  std::filesystem::path bin_dir;  // --image-credential-provider-bin-dir
  // What every plugin sees beside its own `env`; kubelet hands on all of its own environment, this does not.
  std::map<std::string, std::string> environment = {
      {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}};
  std::chrono::milliseconds patience = limits::credential_plugin_time;  // for each
  std::optional<std::chrono::steady_clock::time_point> deadline = {};   // for all
};

// Thread-safe; one plugin runs at a time. Sources: Kubernetes reference, credentialprovider.kubelet.k8s.io/v1.
class CredentialPlugins {
 public:
  // Reads the configuration; no plugin is run. Kind of errors: config.
  [[nodiscard]] static Result<CredentialPlugins> open(CredentialPluginOptions options, const Clock& clock);

  // Of the plugins whose matchImages name the image, the first that knows a login. One that fails is an error only
  // where no other answers. Kind of errors: config for a program that is not there, unauthorized for one that fails,
  // answers too late, too much or not as agreed.
  [[nodiscard]] Result<std::optional<RegistryLogin>> find(const std::string& registry, const std::string& repository);

  [[nodiscard]] const std::vector<CredentialProvider>& providers() const { return providers_; }
  [[nodiscard]] std::filesystem::path program(const CredentialProvider& provider) const {
    return options_.bin_dir / provider.name;
  }

 private:
  struct Kept {
    std::shared_ptr<const CredentialAnswer> answer;
    std::chrono::steady_clock::time_point until;
  };
  struct Shared;

  CredentialPlugins(CredentialPluginOptions options, std::vector<CredentialProvider> providers, const Clock& clock);
  [[nodiscard]] Result<std::shared_ptr<const CredentialAnswer>> ask(const CredentialProvider& provider,
                                                                    const std::string& registry,
                                                                    const std::string& image);
  [[nodiscard]] Result<CredentialAnswer> run(const CredentialProvider& provider, const std::string& image) const;
  void keep(const CredentialProvider& provider, const std::string& registry, const std::string& image,
            const std::shared_ptr<const CredentialAnswer>& answer);

  CredentialPluginOptions options_;
  std::vector<CredentialProvider> providers_;
  const Clock* clock_;
  std::shared_ptr<Shared> shared_;
};

// For RegistryOptions::login_lookups.
[[nodiscard]] LoginLookup lookup_in(CredentialPlugins plugins);

}  // namespace hallmark::node
