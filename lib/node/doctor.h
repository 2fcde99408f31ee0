// diagnose: what on this machine would weaken or break verification.
#pragma once

#include "node/diagnosis.h"
#include "node/facts.h"

namespace hallmark::node {

// Pure. Every group of checks says at least one thing, so that silence means that nothing was looked at.
[[nodiscard]] Diagnoses diagnose(const NodeFacts& facts);

// The groups, in the order in which they are said.
void check_containerd(const NodeFacts& facts, Diagnoses& out);
void check_verifiers(const NodeFacts& facts, Diagnoses& out);
void check_policy(const NodeFacts& facts, Diagnoses& out);
void check_registries(const NodeFacts& facts, Diagnoses& out);
void check_machine(const NodeFacts& facts, Diagnoses& out);

}  // namespace hallmark::node
