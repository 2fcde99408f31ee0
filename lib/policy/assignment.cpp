#include "policy/assignment.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>

namespace hallmark::policy {
namespace {

using Leaves = std::vector<const PolicyRequirement*>;
using KeysOfLeaf = std::vector<std::vector<std::size_t>>;

void collect(const PolicyRequirement& requirement, Leaves& into) {
  if (requirement.of.empty()) into.push_back(&requirement);
  for (const auto& part : requirement.of) collect(part, into);
}

// Kuhn's algorithm: a leaf that wants a taken key makes its holder look for another.
class Matching {
 public:
  explicit Matching(const KeysOfLeaf& keys) : keys_(keys), key_of_(keys.size()) {}

  bool add(std::size_t leaf) {
    std::set<std::size_t> tried;
    return find_key(leaf, tried);
  }
  [[nodiscard]] const std::vector<std::optional<std::size_t>>& key_of() const { return key_of_; }

 private:
  bool find_key(std::size_t leaf, std::set<std::size_t>& tried) {
    for (const std::size_t key : keys_[leaf]) {
      if (!tried.insert(key).second) continue;
      const auto holder = holder_of_.find(key);
      if (holder != holder_of_.end() && !find_key(holder->second, tried)) continue;
      holder_of_[key] = leaf;
      key_of_[leaf] = key;
      return true;
    }
    return false;
  }
  const KeysOfLeaf& keys_;
  std::vector<std::optional<std::size_t>> key_of_;
  std::map<std::size_t, std::size_t> holder_of_;
};

// As many leaves as can have keys of their own, an anchor once.
std::vector<std::optional<std::size_t>> widest(const Leaves& leaves, const KeysOfLeaf& keys) {
  Matching matching(keys);
  std::set<std::size_t> anchors;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (keys[i].empty() || anchors.contains(leaves[i]->anchor)) continue;
    if (matching.add(i)) anchors.insert(leaves[i]->anchor);
  }
  return matching.key_of();
}

bool holds_from(const PolicyRequirement& requirement, const std::vector<std::optional<std::size_t>>& leaves,
                std::size_t& at) {
  if (requirement.of.empty()) return leaves[at++].has_value();
  std::size_t met = 0;
  for (const auto& part : requirement.of) met += holds_from(part, leaves, at) ? 1 : 0;
  return met >= requirement.needed;
}

// Exactly these leaves, each with a key of its own and each another anchor; nothing if that cannot be.
std::optional<std::vector<std::optional<std::size_t>>> keys_for(const Leaves& leaves, const KeysOfLeaf& keys,
                                                                const std::vector<std::size_t>& chosen) {
  Matching matching(keys);
  std::set<std::size_t> anchors;
  for (const std::size_t leaf : chosen) {
    if (!anchors.insert(leaves[leaf]->anchor).second || !matching.add(leaf)) return std::nullopt;
  }
  return matching.key_of();
}

// Groups that share keys or anchors compete for them, and which of them should win is a question without a shortcut:
// every choice of leaves is tried. There are at most limits::entangled_anchors.
std::optional<std::vector<std::optional<std::size_t>>> search(const PolicyRequirement& requirement,
                                                              const Leaves& leaves, const KeysOfLeaf& keys) {
  std::vector<std::size_t> usable;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (!keys[i].empty()) usable.push_back(i);
  }
  for (std::uint64_t choice = 1; choice < std::uint64_t{1} << usable.size(); ++choice) {
    std::vector<std::optional<std::size_t>> met(leaves.size());
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < usable.size(); ++i) {
      if ((choice >> i & 1) == 0) continue;
      chosen.push_back(usable[i]);
      met[usable[i]] = 0;
    }
    if (!holds(requirement, met)) continue;
    if (auto found = keys_for(leaves, keys, chosen)) return found;
  }
  return std::nullopt;
}

}  // namespace

std::vector<const PolicyRequirement*> leaves_of(const PolicyRequirement& requirement) {
  Leaves leaves;
  collect(requirement, leaves);
  return leaves;
}

bool is_nested(const PolicyRequirement& requirement) {
  return std::ranges::any_of(requirement.of, [](const auto& part) { return !part.of.empty(); });
}

bool holds(const PolicyRequirement& requirement, const std::vector<std::optional<std::size_t>>& leaves) {
  std::size_t at = 0;
  return holds_from(requirement, leaves, at);
}

Assignment assign(const PolicyRequirement& requirement, const KeysOfLeaf& keys_of_leaf) {
  const Leaves leaves = leaves_of(requirement);
  Assignment assignment{false, widest(leaves, keys_of_leaf)};
  assignment.met = holds(requirement, assignment.key_of_leaf);
  if (assignment.met || !is_nested(requirement)) return assignment;
  // Where not even all that is there would do, no choice of it will.
  std::vector<std::optional<std::size_t>> all(leaves.size());
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (!keys_of_leaf[i].empty()) all[i] = 0;
  }
  if (!holds(requirement, all)) return assignment;
  if (auto found = search(requirement, leaves, keys_of_leaf)) return {true, *std::move(found)};
  return assignment;
}

}  // namespace hallmark::policy
