#include "cmd/common/config_file.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "policy/field.h"

namespace hallmark::cmd {

Result<ConfigFile> ConfigFile::read(const Environment& environment) {
  const std::string named = environment.get("HALLMARK_CONFIG");
  const std::filesystem::path path = named.empty() ? kConfigFile : named;
  if (named.empty()) {
    HM_TRY(const bool there, base::is_there(path, Outcome::config));
    if (!there) return ConfigFile();
  }
  HM_TRY(const Bytes bytes, base::read_file(path, limits::config_file_bytes, Outcome::config));
  const std::string name = path.string();
  auto yaml = base::Yaml::parse(as_text(bytes), name);
  if (!yaml) return fail(yaml.error().as(Outcome::config));
  std::vector<PolicyProblem> problems;
  policy::FileNotes notes{0, name, problems};
  const policy::Field root(notes, *yaml);
  const auto beside = [&](const std::string& text) { return (path.parent_path() / text).string(); };
  ConfigFile config;
  (void)root.is_mapping_of({"policy", "policy-key"});
  if (const auto field = root.find("policy")) {
    for (const auto& item : field->items_or_self()) {
      if (const auto text = item.text()) config.policy.push_back(beside(*text));
    }
  }
  if (const auto field = root.find("policy-key")) {
    if (const auto text = field->text()) config.policy_key = beside(*text);
  }
  if (!problems.empty()) return fail(Outcome::config, problems.front().text());
  return config;
}

}  // namespace hallmark::cmd
