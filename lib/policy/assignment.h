// Assignment: which keys count for which anchors of a requirement, so that no anchor and no key counts twice.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "hallmark/policy.h"

namespace hallmark::policy {

// The anchors of a requirement from left to right.
[[nodiscard]] std::vector<const PolicyRequirement*> leaves_of(const PolicyRequirement& requirement);
// Whether it has requirements among its `of`: only then can the choice of groups matter, and limits::entangled_anchors
// holds.
[[nodiscard]] bool is_nested(const PolicyRequirement& requirement);

struct Assignment {
  bool met = false;
  std::vector<std::optional<std::size_t>> key_of_leaf;  // in the order of leaves_of
};

// `keys_of_leaf[i]`: numbers of the keys that are there for leaf i. Exact: met if any choice of different keys for
// different anchors meets the tree. When it cannot be met, as many leaves as possible have a key, and the tree over
// them does not hold.
[[nodiscard]] Assignment assign(const PolicyRequirement& requirement,
                                const std::vector<std::vector<std::size_t>>& keys_of_leaf);

// Whether the tree holds where these leaves are met.
[[nodiscard]] bool holds(const PolicyRequirement& requirement, const std::vector<std::optional<std::size_t>>& leaves);

}  // namespace hallmark::policy
