#include "hallmark/policy.h"

#include <algorithm>

#include "base/try.h"
#include "policy/merge.h"

namespace hallmark {

std::string PolicyProblem::text() const {
  std::string place = file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": ";
  if (!key.empty()) place += key + ": ";
  return place + message;
}

bool is_policy_file(std::string_view name) {
  if (name.starts_with('.') || name.ends_with(".sigstore.json")) return false;
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

Result<Policy> Policy::load(const std::vector<PolicySource>& sources) {
  if (sources.empty()) return fail(Outcome::config, "no policy file");
  auto merged = policy::merge(sources, false);
  if (merged.problems.empty()) return Policy(std::move(merged.parts));
  std::string message = merged.problems.front().text();
  const std::size_t more = merged.problems.size() - 1;
  if (more > 0) message += " (and " + std::to_string(more) + " more)";
  return fail(
      Error(Outcome::config, std::move(message)).with_hint("\"hallmark policy check\" shows all that is wrong"));
}

std::vector<PolicyProblem> Policy::check(const std::vector<PolicySource>& sources) {
  return policy::merge(sources, true).problems;
}

const std::vector<std::string>& Policy::files() const { return parts_->files; }
const std::vector<PolicyAnchor>& Policy::anchors() const { return parts_->anchors; }
const std::vector<PolicyRule>& Policy::rules() const { return parts_->rules; }
const std::set<Digest>& Policy::revoked_digests() const { return parts_->revoked_digests; }
const std::vector<PolicyKey>& Policy::revoked_keys() const { return parts_->revoked_keys; }
const PolicyCache& Policy::cache() const { return parts_->cache; }
const std::vector<std::uint64_t>& Policy::serials() const { return parts_->serials; }
const Digest& Policy::hash() const { return *parts_->hash; }

std::vector<const PolicyRule*> Policy::rules_matching(const Repository& repository) const {
  std::vector<const PolicyRule*> rules;
  for (const std::size_t at : parts_->index.matching(policy::segments_of(repository))) {
    rules.push_back(&parts_->rules[at]);
  }
  return rules;
}

const PolicyRule* Policy::rule_for(const Repository& repository) const {
  const auto rules = rules_matching(repository);
  return rules.empty() ? nullptr : rules.front();
}

std::string Policy::where(const PolicyPlace& place) const {
  return parts_->files[place.file] + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

}  // namespace hallmark
