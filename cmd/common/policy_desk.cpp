#include "cmd/common/policy_desk.h"

#include <algorithm>
#include <filesystem>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "hallmark/keys.h"
#include "policy/key_file.h"

namespace hallmark::cmd {

namespace {

namespace fs = std::filesystem;

Result<void> list_folder(const fs::path& folder, std::vector<fs::path>& into) {
  std::error_code problem;
  std::vector<fs::path> found;
  for (fs::directory_iterator at(folder, problem), end; !problem && at != end; at.increment(problem)) {
    if (is_policy_file(at->path().filename().string())) found.push_back(at->path());
    if (found.size() > limits::policy_files) {
      return fail(Outcome::config, base::printable(folder.string()) + ": more than the limit of " +
                                       std::to_string(limits::policy_files) + " policy files");
    }
  }
  if (problem) {
    return fail(Outcome::config,
                "cannot read the policy folder " + base::printable(folder.string()) + ": " + problem.message());
  }
  if (found.empty()) {
    return fail(Error(Outcome::config, "no policy in the folder " + base::printable(folder.string()))
                    .with_hint("put a file there whose name ends in .yaml"));
  }
  std::ranges::sort(found);
  std::ranges::move(found, std::back_inserter(into));
  return {};
}

Result<PublicKey> key_from_environment(const Environment& environment, const std::string& name) {
  const std::string* pem = environment.find(name);
  if (pem == nullptr || pem->empty()) {
    return fail(Error(Outcome::key, "the environment variable " + base::printable(name) + " is not set")
                    .because(Cause::not_found));
  }
  auto key = PublicKey::from_pem(*pem);
  if (!key) return fail(key.error().within("the environment variable " + base::printable(name)));
  return key;
}

}  // namespace

Result<std::vector<PolicySource>> read_policy_sources(const std::vector<std::string>& paths) {
  std::vector<fs::path> files;
  for (const std::string& path : paths) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      HM_DO(list_folder(path, files));
    } else {
      files.emplace_back(path);
    }
  }
  std::vector<PolicySource> sources;
  for (const fs::path& file : files) {
    HM_TRY(const Bytes bytes, base::read_file(file, limits::yaml_bytes, Outcome::config));
    sources.push_back({file.string(), std::string(as_text(bytes))});
  }
  return sources;
}

PolicyKeyOpener policy_key_opener(const Environment& environment, ElsewhereOpener elsewhere, FileCheck allow) {
  return [&environment, elsewhere = std::move(elsewhere), allow = std::move(allow)](
             const Policy& policy, const PolicyKey& key) -> Result<PublicKey> {
    constexpr std::string_view kEnvironment = "env://";
    if (key.kind == PolicyKey::Kind::pem) return PublicKey::from_pem(key.text);
    if (key.text.starts_with(kEnvironment)) {
      return key_from_environment(environment, key.text.substr(kEnvironment.size()));
    }
    if (elsewhere && keys::is_elsewhere(key.text)) return elsewhere(key.text);
    const auto file = policy::key_file(policy, key);
    if (!file) return keys::open_public_key(key.text);
    if (allow) HM_DO(allow(*file));
    return keys::open_public_key(file->string());
  };
}

Result<const PolicyDemand*> PolicyDesk::demand_for(const Repository& repository) {
  const PolicyRule* rule = policy_.rule_for(repository);
  const std::lock_guard lock(mutex_);
  auto& demand = demands_[rule];
  if (demand == nullptr) {
    HM_TRY(PolicyDemand opened, PolicyDemand::of(policy_, rule, open_));
    demand = std::make_unique<const PolicyDemand>(std::move(opened));
  }
  return demand.get();
}

}  // namespace hallmark::cmd
