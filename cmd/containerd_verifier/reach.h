// Reach: what the worker may read, and which logins it may ask for: those of where an image, its mirrors and its
// signatures lie.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hallmark/reference.h"
#include "hallmark/registry.h"
#include "registry/credential_source.h"

namespace hallmark::cmd {

class Reach {
 public:
  // Where a place's hosts.toml cannot be used it is out of reach; the worker, who reads it too, says why.
  Reach(const RegistryOptions& options, const std::vector<Repository>& places);

  // Settings of all registries, since any may issue tokens for this one, and the certificates and keys that they name.
  [[nodiscard]] const std::vector<std::filesystem::path>& readable() const { return readable_; }
  // For the worker, which may neither read credentials nor run a helper. Kind of errors: internal for any other
  // repository; else as CredentialSource has them.
  [[nodiscard]] Result<std::optional<RegistryLogin>> login(const std::string& registry, const std::string& repository);

 private:
  [[nodiscard]] Result<void> add(const Repository& place);

  const RegistryOptions& options_;
  std::vector<std::filesystem::path> readable_;
  std::set<std::pair<std::string, std::string>> allowed_;
  std::optional<registry::CredentialSource> source_;  // opened with the first question
};

}  // namespace hallmark::cmd
