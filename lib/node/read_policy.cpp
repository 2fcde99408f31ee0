#include "node/read_policy.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "hallmark/trust.h"
#include "policy/key_file.h"

namespace hallmark::node {
namespace {

namespace fs = std::filesystem;

void add_files(const Root& root, const fs::path& path, std::vector<FileFacts>& into) {
  for (FileFacts& facts : with_folders_above(root, path)) {
    if (std::ranges::find(into, facts.path, &FileFacts::path) == into.end()) into.push_back(std::move(facts));
  }
}

void read_keys(const Root& root, PolicyFacts& facts, const TrustFile& pins) {
  const auto look = [&](const PolicyKey& key) {
    const std::string where = ", named in " + facts.policy->where(key.place);
    auto file = policy::key_file(*facts.policy, key);
    if (!file && key.text.starts_with("env://"))
      facts.useless_keys.push_back(base::printable(key.text, 100) + where +
                                   ": hallmark-verifier reads no variables but those of proxies");
    if (!file && key.kind == PolicyKey::Kind::reference && pins.find(key.text) == nullptr &&
        !key.text.starts_with("env://"))
      facts.unpinned_keys.push_back({base::printable(key.text), facts.policy->where(key.place)});
    if (!file) return;
    file = file->lexically_normal();
    add_files(root, *file, facts.files);
    if (!exists(root, *file)) return facts.missing_keys.push_back(file->string() + where);
    const auto text = base::read_file(root.at(*file), limits::key_file_bytes, Outcome::key);
    const auto opened = text ? PublicKey::from_pem(as_text(*text)) : Result<PublicKey>(fail(text.error()));
    if (!opened) facts.useless_keys.push_back(file->string() + where + ": " + opened.error().message());
  };
  for (const PolicyAnchor& anchor : facts.policy->anchors()) std::ranges::for_each(anchor.keys, look);
  std::ranges::for_each(facts.policy->revoked_keys(), look);
}

TrustFile read_pins(const NodePaths& paths, PolicyFacts& facts) {
  facts.trust_file = paths.trust_file.string();
  if (exists(paths.root, paths.trust_file)) add_files(paths.root, paths.trust_file, facts.files);
  auto pins = TrustFile::read(paths.root.at(paths.trust_file));
  if (pins) return *std::move(pins);
  facts.bad_trust = pins.error();
  return {};
}

// The files that count: of a folder those with a policy's name.
Result<std::vector<fs::path>> policy_files(const Root& root, const fs::path& path) {
  if (!fs::is_directory(root.at(path))) return std::vector{path};
  auto names = names_in(root.at(path));
  if (!names) return fail(names.error().within(path.string()));
  std::vector<fs::path> files;
  for (const std::string& name : *names) {
    if (is_policy_file(name)) files.push_back(path / name);
  }
  return files;
}

Result<void> read_sources(const NodePaths& paths, PolicyFacts& facts) {
  for (const fs::path& path : paths.policies) {
    if (!exists(paths.root, path)) continue;  // a folder that is not there is a policy that is missing
    add_files(paths.root, path, facts.files);
    HM_TRY(const auto files, policy_files(paths.root, path));
    for (const fs::path& file : files) {
      add_files(paths.root, file, facts.files);
      HM_TRY(const Bytes bytes, base::read_file(paths.root.at(file), limits::yaml_bytes, Outcome::config));
      facts.sources.push_back({file.string(), std::string(as_text(bytes))});
    }
  }
  return {};
}

std::string listed(const std::vector<fs::path>& paths) {
  std::string text;
  for (const fs::path& path : paths) text += (text.empty() ? "" : ", ") + path.string();
  return text;
}

}  // namespace

PolicyFacts read_policy(const NodePaths& paths) {
  PolicyFacts facts;
  facts.folder = listed(paths.policies);
  if (exists(paths.root, paths.config_file())) add_files(paths.root, paths.config_file(), facts.files);
  if (!paths.policy_key.empty()) add_files(paths.root, paths.policy_key, facts.files);
  if (const auto read = read_sources(paths, facts); !read) {
    facts.unreadable = read.error();
    return facts;
  }
  const auto gone =
      std::ranges::find_if(paths.policies, [&](const fs::path& path) { return !exists(paths.root, path); });
  if (gone != paths.policies.end() && paths.policies.size() > 1)
    facts.unreadable = Error(Outcome::config, gone->string() + " is not there, and config.yaml names it");
  if (facts.sources.empty()) return facts;
  facts.problems = Policy::check(facts.sources);
  if (auto policy = Policy::load(facts.sources)) {
    facts.policy = *std::move(policy);
    read_keys(paths.root, facts, read_pins(paths, facts));
  }
  return facts;
}

}  // namespace hallmark::node
