#include "node/config_file.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "policy/field.h"

namespace hallmark::node {

namespace fs = std::filesystem;

Result<ConfigFile> ConfigFile::parse(std::string_view text, const fs::path& file) {
  const std::string name = file.string();
  auto yaml = base::Yaml::parse(text, name);
  if (!yaml) return fail(yaml.error().as(Outcome::config));
  std::vector<PolicyProblem> problems;
  policy::FileNotes notes{0, name, problems};
  const policy::Field root(notes, *yaml);
  const auto take = [&](const char* key, fs::path& into) {
    const auto field = root.find(key);
    if (const auto path = field ? field->text() : std::nullopt) into = file.parent_path() / *path;
  };
  ConfigFile config;
  (void)root.is_mapping_of({"policy", "policy-key", "trust", "containerd-config", "credential-provider-config",
                            "credential-provider-bin-dir"});
  if (const auto field = root.find("policy")) {
    for (const auto& item : field->items_or_self()) {
      if (const auto path = item.text()) config.policy.push_back(file.parent_path() / *path);
    }
  }
  take("policy-key", config.policy_key);
  take("trust", config.trust);
  take("containerd-config", config.containerd_config);
  take("credential-provider-config", config.credential_provider_config);
  take("credential-provider-bin-dir", config.credential_provider_bin_dir);
  if (!problems.empty()) return fail(Outcome::config, problems.front().text());
  if (config.credential_provider_config.empty() != config.credential_provider_bin_dir.empty())
    return fail(Outcome::config, name + ": credential-provider-config and credential-provider-bin-dir belong together");
  return config;
}

Result<ConfigFile> ConfigFile::read(const Root& root, const fs::path& file) {
  HM_TRY(const Bytes bytes, base::read_file(root.at(file), limits::config_file_bytes, Outcome::config));
  return parse(as_text(bytes), file);
}

Result<NodePaths> configured(NodePaths paths) {
  HM_TRY(const bool there, base::is_there(paths.root.at(paths.config_file()), Outcome::config));
  if (!there) return paths;
  HM_TRY(ConfigFile config, ConfigFile::read(paths.root, paths.config_file()));
  const auto take = [](fs::path& from, fs::path& into) {
    if (!from.empty()) into = std::move(from);
  };
  if (!config.policy.empty()) paths.policies = std::move(config.policy);
  take(config.policy_key, paths.policy_key);
  take(config.trust, paths.trust_file);
  take(config.containerd_config, paths.containerd_config);
  take(config.credential_provider_config, paths.credential_provider_config);
  take(config.credential_provider_bin_dir, paths.credential_provider_bin_dir);
  return paths;
}

}  // namespace hallmark::node
