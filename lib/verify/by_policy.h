// The policy's part in a verification: what findings count for, and the verdict of its rule.
#pragma once

#include <string>
#include <vector>

#include "hallmark/verify.h"
#include "verify/search.h"

namespace hallmark::verification {

// The predicate types of the attestations that the rule asks for.
[[nodiscard]] std::vector<std::string> types_asked_for(const PolicyDemand& demand);

// Whether what was found is enough: one sound signature, or what the policy's rule demands.
[[nodiscard]] bool suffices(const std::vector<Finding>& findings, const VerifyOptions& options);

// The verdict on this digest where the rule speaks without looking at signatures; else nothing.
[[nodiscard]] std::optional<Verdict> verdict_without_lookup(const ContentStore& image, const Digest& digest,
                                                            const VerifyOptions& options);

// Weighs the findings: marks those that do not count (revoked, out of time), and turns `verdict`, which was decided
// without regard to the policy, into the rule's.
void apply_policy(Verdict& verdict, const VerifyOptions& options);

// Where the rule only warns, a lookup that failed admits; any other error stays what it is.
[[nodiscard]] Result<Verdict> admit_if_warned(const ContentStore& image, const Digest& digest,
                                              const VerifyOptions& options, Error error);

}  // namespace hallmark::verification
