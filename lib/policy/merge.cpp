#include "policy/merge.h"

#include <algorithm>
#include <unordered_map>

#include "base/encoding.h"
#include "base/json.h"
#include "base/limits.h"

namespace hallmark::policy {
namespace {

class Merger {
 public:
  void add(const PolicySource& source) {
    const auto number = static_cast<std::uint32_t>(parts_->files.size());
    parts_->files.push_back(source.file);
    hashes_.push_back(Digest::of(as_bytes(source.text)).text());
    parts_->serials.push_back(0);
    const auto yaml = read(source);
    if (!yaml) return;
    FileNotes notes{number, source.file, problems_};
    ParsedFile file = parse_file(Field(notes, *yaml));
    parts_->serials.back() = file.serial;
    add_anchors(std::move(file.anchors));
    add_revoked(file);
    add_cache(file);
    std::ranges::move(file.rules, std::back_inserter(parts_->rules));
    std::ranges::move(file.patterns, std::back_inserter(patterns_));
  }

  Merged take(bool warn) {
    if (parts_->files.size() > limits::policy_files) {
      note({}, "", "more than the limit of " + std::to_string(limits::policy_files) + " files");
    }
    for (auto& rule : parts_->rules) name_anchors(rule);
    note_equal_rules();
    if (problems_.empty() && parts_->rules.empty()) note({}, "", "no file has a rule: no image could run");
    for (std::size_t i = 0; i < patterns_.size(); ++i) parts_->index.add(patterns_[i], i);
    std::ranges::sort(hashes_);
    std::string all;
    for (const auto& hash : hashes_) all += hash + "\n";
    parts_->hash = Digest::of(as_bytes(all));
    if (warn) note_warnings(*parts_, patterns_, problems_);
    std::ranges::sort(problems_, {}, [&](const PolicyProblem& problem) {
      const auto file = std::ranges::find(parts_->files, problem.file) - parts_->files.begin();
      return std::tuple(file, problem.line, problem.column, problem.key, problem.message);
    });
    return {std::move(parts_), std::move(problems_)};
  }

 private:
  std::optional<base::Yaml> read(const PolicySource& source) {
    if (source.file.ends_with(".json")) {
      if (const auto json = base::Json::parse(as_bytes(source.text), "not strict JSON"); !json) {
        problems_.push_back({false, source.file, 1, 1, {}, json.error().message()});
        return std::nullopt;
      }
    }
    auto yaml = base::Yaml::parse(source.text, source.file);
    if (yaml) return *std::move(yaml);
    problems_.push_back(problem_of(yaml.error().message(), source.file));
    return std::nullopt;
  }

  // "file:line:column: message", as the reader of YAML says it.
  static PolicyProblem problem_of(const std::string& text, const std::string& file) {
    PolicyProblem problem{false, file, 1, 1, {}, text.substr(file.size() + 1)};
    std::size_t used = 0;
    problem.line = static_cast<std::uint32_t>(std::stoul(problem.message, &used));
    problem.message.erase(0, used + 1);
    problem.column = static_cast<std::uint32_t>(std::stoul(problem.message, &used));
    problem.message.erase(0, used + 2);
    return problem;
  }

  void note(const PolicyPlace& place, std::string key, std::string message) {
    if (problems_.size() >= limits::policy_problems) return;
    const std::string file = parts_->files.empty() ? "policy" : parts_->files[place.file];
    problems_.push_back(
        {false, file, std::max(1u, place.line), std::max(1u, place.column), std::move(key), std::move(message)});
  }
  std::string where(const PolicyPlace& place) const {
    return parts_->files[place.file] + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  }

  void add_anchors(std::vector<PolicyAnchor> anchors) {
    for (auto& anchor : anchors) {
      const auto [at, added] = anchor_of_.emplace(anchor.name, parts_->anchors.size());
      if (!added) {
        note(anchor.place, "trust." + base::printable(anchor.name),
             "there is an anchor of this name already: " + where(parts_->anchors[at->second].place));
        continue;
      }
      parts_->anchors.push_back(std::move(anchor));
    }
  }
  void add_revoked(ParsedFile& file) {
    for (auto& [digest, place] : file.revoked_digests) parts_->revoked_digests.insert(std::move(digest));
    std::ranges::move(file.revoked_keys, std::back_inserter(parts_->revoked_keys));
  }
  void add_cache(const ParsedFile& file) {
    if (!file.cache) return;
    if (cache_place_) note(file.cache_place, "cache", "stands in another file already: " + where(*cache_place_));
    cache_place_ = file.cache_place;
    parts_->cache = *file.cache;
  }

  void name_anchors(PolicyRule& rule) {
    if (rule.require) name_anchors(*rule.require, "require");
    for (auto& attestation : rule.attestations) name_anchors(attestation.by, "attestations");
  }
  void name_anchors(PolicyRequirement& requirement, std::string_view key) {
    for (auto& part : requirement.of) name_anchors(part, key);
    if (!requirement.of.empty()) return;
    const auto found = anchor_of_.find(requirement.name);
    if (found != anchor_of_.end()) {
      requirement.anchor = found->second;
    } else {
      note(requirement.place, std::string(key), "no anchor named " + base::printable(requirement.name) + " in trust");
    }
  }

  void note_equal_rules() {
    std::vector<const Pattern*> patterns;
    for (const auto& pattern : patterns_) patterns.push_back(&pattern);
    for (const auto& [first, second] : equal_pairs(patterns)) {
      const auto& one = parts_->rules[first];
      const auto& other = parts_->rules[second];
      note(other.place, "match",
           "as specific as the rule of " + where(one.place) + " (" + base::printable(one.match) +
               "), and one name can match both");
    }
  }

  std::shared_ptr<Policy::Parts> parts_ = std::make_shared<Policy::Parts>();
  std::vector<PolicyProblem> problems_;
  std::vector<Pattern> patterns_;  // of each rule
  std::vector<std::string> hashes_;
  std::unordered_map<std::string, std::size_t> anchor_of_;
  std::optional<PolicyPlace> cache_place_;
};

}  // namespace

Merged merge(const std::vector<PolicySource>& sources, bool warn) {
  Merger merger;
  for (const auto& source : sources) merger.add(source);
  return merger.take(warn);
}

}  // namespace hallmark::policy
