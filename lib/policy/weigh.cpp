// The pure evaluation of a rule.
#include <algorithm>
#include <map>

#include "base/time.h"
#include "hallmark/policy.h"
#include "policy/assignment.h"
#include "policy/describe.h"

namespace hallmark {
namespace {

using policy::Assignment;

// What is left out of account, to find out what a refusal is due to.
struct Lenience {
  bool windows = false;
  bool revocation = false;
};

// One requirement against the proofs of its kind: signatures, or attestations of one type.
struct Scale {
  const PolicyDemand& demand;
  const std::vector<PolicyProof>& proofs;
  Time now;
  const PolicyRequirement& requirement;
  std::string_view predicate_type;  // empty: signatures
};

bool is_by(const PolicyDemand& demand, const PolicyProof& proof, std::size_t anchor) {
  return std::ranges::any_of(demand.keys_of(anchor), [&](const PublicKey& key) { return key.id() == proof.key; });
}

bool is_fresh(const PolicyRule& rule, const PolicyProof& proof, Time now) {
  return !rule.max_age || (proof.signed_at && now - *proof.signed_at <= *rule.max_age);
}

bool is_within(const PolicyAnchor& anchor, Time at) {
  return (!anchor.from || at >= *anchor.from) && (!anchor.until || at <= *anchor.until);
}

bool is_in_time(const Scale& scale, const PolicyProof& proof, std::size_t anchor) {
  return is_fresh(*scale.demand.rule(), proof, scale.now) &&
         is_within(scale.demand.policy().anchors()[anchor], proof.signed_at.value_or(scale.now));
}

bool counts(const Scale& scale, const PolicyProof& proof, std::size_t anchor, Lenience lenience) {
  return proof.predicate_type == scale.predicate_type && is_by(scale.demand, proof, anchor) &&
         (lenience.windows || is_in_time(scale, proof, anchor)) &&
         (lenience.revocation || !scale.demand.revoked_keys().contains(proof.key));
}

// The proof that stands for each key and leaf, and the assignment over the keys.
struct Weighed {
  Assignment assignment;
  std::vector<std::map<std::size_t, std::size_t>> proof_of;  // of each leaf: key number → proof
};

Weighed weigh_one(const Scale& scale, Lenience lenience) {
  const auto leaves = policy::leaves_of(scale.requirement);
  std::map<std::string_view, std::size_t> numbers;
  Weighed weighed;
  std::vector<std::vector<std::size_t>> keys(leaves.size());
  for (std::size_t leaf = 0; leaf < leaves.size(); ++leaf) {
    auto& proof_of = weighed.proof_of.emplace_back();
    for (std::size_t i = 0; i < scale.proofs.size(); ++i) {
      if (!counts(scale, scale.proofs[i], leaves[leaf]->anchor, lenience)) continue;
      const auto number = numbers.emplace(scale.proofs[i].key, numbers.size()).first->second;
      if (proof_of.emplace(number, i).second) keys[leaf].push_back(number);
    }
  }
  weighed.assignment = policy::assign(scale.requirement, keys);
  return weighed;
}

// Why a leaf is not met: the nearest that there was.
std::string missing(const Scale& scale, std::size_t anchor, bool has_key) {
  const std::string_view what = scale.predicate_type.empty() ? "signature" : "attestation";
  if (has_key) return "its key or anchor counts elsewhere already";
  const auto any = [&](Lenience lenience) {
    return std::ranges::any_of(scale.proofs,
                               [&](const PolicyProof& proof) { return counts(scale, proof, anchor, lenience); });
  };
  if (any({.revocation = true})) return "by a revoked key";
  if (any({.windows = true}) || any({.windows = true, .revocation = true})) {
    const auto& trusted = scale.demand.policy().anchors()[anchor];
    std::string why = "outside its time:";
    if (trusted.from) why += " from " + base::format_time(*trusted.from);
    if (trusted.until) why += " until " + base::format_time(*trusted.until);
    if (scale.demand.rule()->max_age) why += " max-age " + policy::describe(*scale.demand.rule()->max_age);
    return why;
  }
  return "no " + std::string(what);
}

PolicyNode tree_of(const Scale& scale, const PolicyRequirement& requirement, const Weighed& weighed,
                   std::size_t& leaf) {
  if (requirement.of.empty()) {
    const std::size_t at = leaf++;
    const auto key = weighed.assignment.key_of_leaf[at];
    PolicyNode node{.text = requirement.name, .met = key.has_value()};
    if (key) {
      node.proof = weighed.proof_of[at].at(*key);
      node.detail = "key " + scale.proofs[*node.proof].key;
    } else {
      node.detail = missing(scale, requirement.anchor, !weighed.proof_of[at].empty());
    }
    return node;
  }
  PolicyNode node{.text = policy::describe(requirement), .needed = requirement.needed};
  std::size_t met = 0;
  for (const auto& part : requirement.of) {
    node.of.push_back(tree_of(scale, part, weighed, leaf));
    met += node.of.back().met ? 1 : 0;
  }
  node.met = met >= requirement.needed;
  return node;
}

std::vector<Scale> scales_of(const PolicyDemand& demand, const std::vector<PolicyProof>& proofs, Time now) {
  std::vector<Scale> scales;
  const auto& rule = *demand.rule();
  if (rule.require) scales.push_back({demand, proofs, now, *rule.require, {}});
  for (const auto& attestation : rule.attestations) {
    scales.push_back({demand, proofs, now, attestation.by, attestation.predicate_type});
  }
  return scales;
}

bool all_met(const std::vector<Scale>& scales, Lenience lenience) {
  return std::ranges::all_of(scales, [&](const Scale& scale) { return weigh_one(scale, lenience).assignment.met; });
}

// Whether the signatures themselves came near: what misses is not the evidence, but enough of it.
bool came_near(const std::vector<Scale>& scales, const PolicyAnswer& answer) {
  if (answer.tree.of.front().met) return true;
  const auto& first = scales.front();
  for (const auto* leaf : policy::leaves_of(first.requirement)) {
    for (const auto& proof : first.proofs) {
      if (counts(first, proof, leaf->anchor, {.windows = true, .revocation = true})) return true;
    }
  }
  return false;
}

void explain_refusal(const std::vector<Scale>& scales, PolicyAnswer& answer) {
  if (all_met(scales, {.revocation = true})) {
    answer.outcome = Outcome::revoked;
    answer.reason = "only a revoked key would have sufficed";
  } else if (all_met(scales, {.windows = true})) {
    answer.outcome = Outcome::expired;
    answer.reason = "signed by a trusted key, but outside the time it is trusted in";
  } else if (all_met(scales, {.windows = true, .revocation = true})) {
    answer.outcome = Outcome::revoked;
    answer.reason = "only with a revoked key, and outside the time keys are trusted in, would there be enough";
  } else {
    if (came_near(scales, answer)) answer.outcome = Outcome::denied;
    answer.reason = policy::what_is_missing(answer.tree);
  }
}

// For each proof, whether any anchor could count it.
std::vector<PolicyStanding> standing_of(const std::vector<Scale>& scales, const std::vector<PolicyProof>& proofs) {
  std::vector<PolicyStanding> standing(proofs.size(), PolicyStanding::not_asked_for);
  for (const auto& scale : scales) {
    for (const auto* leaf : policy::leaves_of(scale.requirement)) {
      for (std::size_t i = 0; i < proofs.size(); ++i) {
        if (!counts(scale, proofs[i], leaf->anchor, {.windows = true, .revocation = true})) continue;
        if (scale.demand.revoked_keys().contains(proofs[i].key)) {
          standing[i] = PolicyStanding::revoked;
        } else if (counts(scale, proofs[i], leaf->anchor, {})) {
          standing[i] = PolicyStanding::counts;
        } else if (standing[i] == PolicyStanding::not_asked_for) {
          standing[i] = PolicyStanding::expired;
        }
      }
    }
  }
  return standing;
}

}  // namespace

PolicyAnswer weigh(const PolicyDemand& demand, const std::vector<PolicyProof>& proofs, Time now) {
  if (demand.rule() == nullptr || !demand.rule()->require) {
    auto answer = answer_without_lookup(demand, std::nullopt, now);
    return answer ? *std::move(answer) : PolicyAnswer();
  }
  PolicyAnswer answer;
  const auto scales = scales_of(demand, proofs, now);
  answer.tree = {.text = "all of", .met = true, .needed = scales.size()};
  for (const auto& scale : scales) {
    std::size_t leaf = 0;
    PolicyNode node = tree_of(scale, scale.requirement, weigh_one(scale, {}), leaf);
    const bool signature = scale.predicate_type.empty();
    answer.tree.of.push_back({.text = signature ? "signature" : "attestation " + std::string(scale.predicate_type),
                              .met = node.met,
                              .needed = 1,
                              .of = {std::move(node)}});
    answer.tree.met = answer.tree.met && answer.tree.of.back().met;
  }
  answer.met = answer.tree.met;
  answer.standing = standing_of(scales, proofs);
  if (answer.met) {
    answer.outcome = Outcome::verified;
  } else {
    explain_refusal(scales, answer);
  }
  return answer;
}

}  // namespace hallmark
