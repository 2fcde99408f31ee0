// read_policy: the policy of a node, as hallmark-verifier would read it.
#pragma once

#include "node/facts.h"

namespace hallmark::node {

// config.yaml is looked at for its mode alone: `paths` say already what it says.
[[nodiscard]] PolicyFacts read_policy(const NodePaths& paths);

}  // namespace hallmark::node
