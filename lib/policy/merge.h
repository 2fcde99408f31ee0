// Merging: what several files say becomes one policy.
#pragma once

#include <vector>

#include "policy/parse.h"
#include "policy/rule_index.h"

namespace hallmark {

struct Policy::Parts {
  std::vector<std::string> files;
  std::vector<std::uint64_t> serials;
  std::vector<PolicyAnchor> anchors;
  std::vector<PolicyRule> rules;
  std::set<Digest> revoked_digests;
  std::vector<PolicyKey> revoked_keys;
  PolicyCache cache;
  policy::RuleIndex index;
  std::optional<Digest> hash;
};

namespace policy {

struct Merged {
  std::shared_ptr<Policy::Parts> parts;
  std::vector<PolicyProblem> problems;  // sorted by file and line
};

// Reads, parses and merges; with `warn` it also looks for what is no error but likely a mistake.
[[nodiscard]] Merged merge(const std::vector<PolicySource>& sources, bool warn);

// Anchors that no rule names, rules that never have the last word, and the like.
void note_warnings(const Policy::Parts& parts, const std::vector<Pattern>& patterns,
                   std::vector<PolicyProblem>& problems);

}  // namespace policy
}  // namespace hallmark
