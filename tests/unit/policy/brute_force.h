// The semantics of a requirement written down a second time, as plainly as can be, to hold the evaluator against.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "hallmark/policy.h"

namespace hallmark::test {

// Every way to give keys to anchors is tried in turn: `use(anchor)` lists the keys that count for it.
class BruteForce {
 public:
  using KeysOf = std::function<std::set<std::string>(std::size_t anchor)>;
  explicit BruteForce(KeysOf keys_of) : keys_of_(std::move(keys_of)) {}

  bool met(const PolicyRequirement& requirement) {
    std::vector<const PolicyRequirement*> leaves;
    collect(requirement, leaves);
    return choose(requirement, leaves, 0, {}, {}, {});
  }

 private:
  using Chosen = std::set<const PolicyRequirement*>;
  static void collect(const PolicyRequirement& requirement, std::vector<const PolicyRequirement*>& into) {
    if (requirement.word == PolicyRequirement::Word::anchor) into.push_back(&requirement);
    for (const auto& part : requirement.of) collect(part, into);
  }
  static bool true_of(const PolicyRequirement& requirement, const Chosen& chosen) {
    if (requirement.word == PolicyRequirement::Word::anchor) return chosen.contains(&requirement);
    std::size_t count = 0;
    for (const auto& part : requirement.of) {
      if (true_of(part, chosen)) ++count;
    }
    switch (requirement.word) {
      case PolicyRequirement::Word::any:
        return count >= 1;
      case PolicyRequirement::Word::all:
        return count == requirement.of.size();
      default:
        return count >= requirement.needed;
    }
  }
  bool choose(const PolicyRequirement& requirement, const std::vector<const PolicyRequirement*>& leaves, std::size_t at,
              const std::set<std::size_t>& anchors, const std::set<std::string>& keys, const Chosen& chosen) {
    if (at == leaves.size()) return true_of(requirement, chosen);
    if (choose(requirement, leaves, at + 1, anchors, keys, chosen)) return true;
    if (anchors.contains(leaves[at]->anchor)) return false;
    for (const auto& key : keys_of_(leaves[at]->anchor)) {
      if (keys.contains(key)) continue;
      auto more_anchors = anchors;
      auto more_keys = keys;
      auto more = chosen;
      more_anchors.insert(leaves[at]->anchor);
      more_keys.insert(key);
      more.insert(leaves[at]);
      if (choose(requirement, leaves, at + 1, more_anchors, more_keys, more)) return true;
    }
    return false;
  }
  KeysOf keys_of_;
};

}  // namespace hallmark::test
