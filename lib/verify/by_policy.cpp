#include "verify/by_policy.h"

#include <algorithm>

namespace hallmark::verification {
namespace {

using State = Check::State;

struct Proofs {
  std::vector<PolicyProof> proofs;
  std::vector<std::size_t> findings;  // of each proof
};

Proofs proofs_of(const std::vector<Finding>& findings) {
  Proofs all;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (findings[i].outcome != Outcome::verified) continue;
    all.proofs.push_back({.key = findings[i].key, .predicate_type = findings[i].predicate_type});
    all.findings.push_back(i);
  }
  return all;
}

void mark(Finding& finding, PolicyStanding standing) {
  const auto close = [&](Outcome outcome, std::string_view check, std::string reason) {
    finding.outcome = outcome;
    finding.reason = reason;
    finding.checks.push_back({std::string(check), State::failed, std::move(reason)});
  };
  switch (standing) {
    case PolicyStanding::counts:
      finding.checks.push_back({"revocation", State::passed, "the key is not revoked"});
      finding.checks.push_back({"time", State::passed, "within the time that the key is trusted in"});
      return;
    case PolicyStanding::revoked:
      return close(Outcome::revoked, "revocation", "by a revoked key");
    case PolicyStanding::expired:
      return close(Outcome::expired, "time", "outside the time that the key is trusted in");
    case PolicyStanding::not_asked_for:
      return close(Outcome::untrusted, "type", "the rule does not ask this key for it");
  }
}

void point_at_findings(PolicyNode& node, const std::vector<std::size_t>& findings) {
  if (node.proof) node.proof = findings[*node.proof];
  for (auto& part : node.of) point_at_findings(part, findings);
}

PolicyExplanation explanation(const PolicyDemand& demand, PolicyNode tree) {
  PolicyExplanation explained;
  explained.tree = std::move(tree);
  if (const auto* rule = demand.rule()) {
    explained.rule = rule->match;
    explained.place = demand.policy().where(rule->place);
    explained.warns = !rule->enforce;
  }
  return explained;
}

bool warns(const PolicyDemand& demand) { return demand.rule() != nullptr && !demand.rule()->enforce; }

// Admitted if the rule is met; else only where it warns, and never what is revoked.
void settle(Verdict& verdict, const PolicyDemand& demand, bool met) {
  verdict.enforced = met || !warns(demand) || verdict.outcome == Outcome::revoked;
  verdict.admitted = met || !verdict.enforced;
}

Verdict started(const ContentStore& image, const Digest& digest) {
  return {image.name() + "@" + digest.text(), digest, Outcome::unsigned_, false, {}, {}, {}, {}, {}};
}

}  // namespace

std::vector<std::string> types_asked_for(const PolicyDemand& demand) {
  std::vector<std::string> types;
  if (demand.rule() == nullptr) return types;
  for (const auto& attestation : demand.rule()->attestations) types.push_back(attestation.predicate_type);
  return types;
}

bool suffices(const std::vector<Finding>& findings, const VerifyOptions& options) {
  if (options.policy != nullptr) return weigh(*options.policy, proofs_of(findings).proofs, options.now).met;
  return std::ranges::any_of(findings, [](const Finding& finding) { return finding.outcome == Outcome::verified; });
}

std::optional<Verdict> verdict_without_lookup(const ContentStore& image, const Digest& digest,
                                              const VerifyOptions& options) {
  auto answer = answer_without_lookup(*options.policy, digest, options.now);
  if (!answer) return std::nullopt;
  Verdict verdict = started(image, digest);
  verdict.outcome = answer->outcome.value_or(Outcome::denied);
  verdict.reason = std::move(answer->reason);
  verdict.hint = std::move(answer->hint);
  verdict.policy = explanation(*options.policy, std::move(answer->tree));
  settle(verdict, *options.policy, answer->met);
  return verdict;
}

void apply_policy(Verdict& verdict, const VerifyOptions& options) {
  const auto proofs = proofs_of(verdict.findings);
  auto answer = weigh(*options.policy, proofs.proofs, options.now);
  for (std::size_t i = 0; i < answer.standing.size(); ++i)
    mark(verdict.findings[proofs.findings[i]], answer.standing[i]);
  point_at_findings(answer.tree, proofs.findings);
  verdict.policy = explanation(*options.policy, std::move(answer.tree));
  if (answer.outcome) {
    verdict.outcome = *answer.outcome;
    verdict.reason = answer.reason;
    verdict.hint = answer.met ? "" : "\"hallmark policy explain " + verdict.reference + "\" shows what is missing";
  }
  if (!answer.met && !verdict.policy->place.empty()) verdict.reason += " (" + verdict.policy->place + ")";
  settle(verdict, *options.policy, answer.met);
}

Result<Verdict> admit_if_warned(const ContentStore& image, const Digest& digest, const VerifyOptions& options,
                                Error error) {
  const bool lookup = error.kind() == Outcome::unreachable || error.kind() == Outcome::unauthorized ||
                      error.kind() == Outcome::not_found || error.kind() == Outcome::throttled ||
                      error.kind() == Outcome::malformed;
  if (options.policy == nullptr || !warns(*options.policy) || !lookup) return fail(std::move(error));
  Verdict verdict = started(image, digest);
  verdict.outcome = error.kind();
  verdict.reason = error.message();
  verdict.hint = error.hint();
  verdict.policy = explanation(*options.policy, {.text = "not looked at: a lookup failed"});
  settle(verdict, *options.policy, false);
  return verdict;
}

}  // namespace hallmark::verification
