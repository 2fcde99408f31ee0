// PolicyDesk: a policy read from files, ready to be held against images.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cmd/common/environment.h"
#include "hallmark/policy.h"

namespace hallmark::cmd {

// Each path a file, or a folder whose *.yaml, *.yml and *.json are taken in the order of their names (none: an error,
// for an empty folder must not pass for a policy). Kind of errors: config.
[[nodiscard]] Result<std::vector<PolicySource>> read_policy_sources(const std::vector<std::string>& paths);

// The key that a policy names: PEM as it stands there, env://NAME from the environment, anything else as --key takes
// it; a file's path is relative to the folder of the policy's file. Kind of errors: key.
// `elsewhere` is asked for keys of key services, tokens and the like; without it they are errors. `allow` is asked
// before each file.
using ElsewhereOpener = std::function<Result<PublicKey>(const std::string& reference)>;
using FileCheck = std::function<Result<void>(const std::filesystem::path& file)>;
[[nodiscard]] PolicyKeyOpener policy_key_opener(const Environment& environment, ElsewhereOpener elsewhere,
                                                FileCheck allow = {});

class PolicyDesk {
 public:
  PolicyDesk(Policy policy, PolicyKeyOpener open) : policy_(std::move(policy)), open_(std::move(open)) {}

  [[nodiscard]] const Policy& policy() const { return policy_; }
  // What an image of this repository is held against. Thread-safe; a rule's keys are opened once. It lives as long as
  // the desk.
  [[nodiscard]] Result<const PolicyDemand*> demand_for(const Repository& repository);

 private:
  Policy policy_;
  PolicyKeyOpener open_;
  std::mutex mutex_;
  std::map<const PolicyRule*, std::unique_ptr<const PolicyDemand>> demands_;
};

}  // namespace hallmark::cmd
