// Words for what a policy demands.
#pragma once

#include <chrono>
#include <string>

#include "hallmark/policy.h"

namespace hallmark::policy {

[[nodiscard]] std::string describe(const PolicyRequirement& requirement);  // "any of", "all of", "at least 2 of"
[[nodiscard]] std::string describe(std::chrono::seconds duration);         // "24h", "90s", "30d"
// The first node that is not met, down to what is missing: "at least 2 of release, platform: 1 met, platform: no
// signature".
[[nodiscard]] std::string what_is_missing(const PolicyNode& tree);

}  // namespace hallmark::policy
