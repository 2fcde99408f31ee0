// What a rule says without looking at signatures.
#include <algorithm>

#include "base/encoding.h"
#include "base/time.h"
#include "hallmark/policy.h"

namespace hallmark {
namespace {

PolicyAnswer no(Outcome outcome, std::string reason, std::string hint = {}) {
  PolicyAnswer answer;
  answer.outcome = outcome;
  answer.reason = std::move(reason);
  answer.hint = std::move(hint);
  answer.tree.text = answer.reason;
  answer.tree.detail = word(outcome);
  return answer;
}

PolicyAnswer accepted(const PolicyAccept& accept) {
  PolicyAnswer answer;
  answer.met = true;
  answer.outcome = Outcome::accepted;
  answer.tree.text = "accept until " + base::format_time(accept.until);
  answer.tree.met = true;
  answer.tree.detail = accept.reason;
  return answer;
}

}  // namespace

std::optional<PolicyAnswer> answer_without_lookup(const PolicyDemand& demand, const std::optional<Digest>& digest,
                                                  Time now) {
  if (digest && demand.policy().revoked_digests().contains(*digest)) {
    return no(Outcome::revoked, "the policy revokes " + digest->text());
  }
  const PolicyRule* rule = demand.rule();
  if (rule == nullptr) {
    return no(Outcome::denied, "no rule of the policy is about this repository",
              "add a rule that matches it; \"hallmark policy explain\" shows the nearest");
  }
  const PolicyAccept* expired = nullptr;
  for (const auto& accept : rule->accept) {
    if (!digest || accept.digest != *digest) continue;
    if (now <= accept.until) return accepted(accept);
    expired = &accept;
  }
  const std::string place = demand.policy().where(rule->place);
  if (rule->reject) return no(Outcome::denied, "rejected: " + base::printable(*rule->reject) + " (" + place + ")");
  if (rule->require || (!digest && !rule->accept.empty())) return std::nullopt;
  if (expired != nullptr) {
    return no(Outcome::expired, "it was accepted until " + base::format_time(expired->until) + " only (" + place + ")");
  }
  return no(Outcome::denied, "the rule accepts another digest, not this one (" + place + ")");
}

}  // namespace hallmark
