#include <algorithm>

#include "base/limits.h"
#include "base/try.h"
#include "hallmark/policy.h"
#include "policy/assignment.h"

namespace hallmark {
namespace {

Error at_its_place(const Error& error, const Policy& policy, const PolicyPlace& place) {
  return error.within(policy.where(place));
}

std::vector<const PolicyRequirement*> requirements_of(const PolicyRule& rule) {
  std::vector<const PolicyRequirement*> all;
  if (rule.require) all.push_back(&*rule.require);
  for (const auto& attestation : rule.attestations) all.push_back(&attestation.by);
  return all;
}

// A nested requirement in which an anchor stands twice, or two anchors share a key.
bool is_entangled(const std::vector<const PolicyRequirement*>& leaves, const PolicyDemand& demand) {
  std::set<std::size_t> anchors;
  std::set<std::string> keys;
  for (const auto* leaf : leaves) {
    if (!anchors.insert(leaf->anchor).second) return true;
    std::set<std::string> own;
    for (const auto& key : demand.keys_of(leaf->anchor)) own.insert(key.id());
    for (const auto& id : own) {
      if (!keys.insert(id).second) return true;
    }
  }
  return false;
}

}  // namespace

Result<PolicyDemand> PolicyDemand::of(const Policy& policy, const PolicyRule* rule, const PolicyKeyOpener& open) {
  PolicyDemand demand(policy, rule, policy.hash());
  demand.keys_of_.resize(policy.anchors().size());
  if (rule != nullptr) {
    for (const auto* requirement : requirements_of(*rule)) {
      HM_DO(demand.open_anchors(*requirement, open));
    }
    for (const auto* requirement : requirements_of(*rule)) {
      const auto leaves = policy::leaves_of(*requirement);
      if (leaves.size() > limits::entangled_anchors && policy::is_nested(*requirement) &&
          is_entangled(leaves, demand)) {
        return fail(Outcome::config,
                    policy.where(requirement->place) + ": more than " + std::to_string(limits::entangled_anchors) +
                        " anchors in nested lists, and some share a key or stand there twice: who counts "
                        "for which list could not be found out in time");
      }
    }
    if (!demand.keys_.empty()) HM_DO(demand.open_revoked(open));
  }
  demand.note_trust();
  return demand;
}

Result<void> PolicyDemand::open_anchors(const PolicyRequirement& requirement, const PolicyKeyOpener& open) {
  for (const auto* leaf : policy::leaves_of(requirement)) {
    auto& keys = keys_of_[leaf->anchor];
    if (!keys.empty()) continue;
    for (const auto& named : policy_.anchors()[leaf->anchor].keys) {
      auto key = open(policy_, named);
      if (!key) return fail(at_its_place(key.error(), policy_, named.place));
      if (std::ranges::find(keys_, *key) == keys_.end()) keys_.push_back(*key);
      keys.push_back(*std::move(key));
    }
  }
  return {};
}

Result<void> PolicyDemand::open_revoked(const PolicyKeyOpener& open) {
  for (const auto& named : policy_.revoked_keys()) {
    if (named.kind == PolicyKey::Kind::id) {
      revoked_keys_.insert(named.text);
      continue;
    }
    const auto key = open(policy_, named);
    if (!key) return fail(at_its_place(key.error(), policy_, named.place));
    revoked_keys_.insert(key->id());
  }
  return {};
}

void PolicyDemand::note_trust() {
  std::string trust;
  for (std::size_t i = 0; i < keys_of_.size(); ++i) {
    if (keys_of_[i].empty()) continue;
    std::set<std::string> ids;
    for (const auto& key : keys_of_[i]) ids.insert(key.id());
    trust += "anchor " + policy_.anchors()[i].name + "\n";
    for (const auto& id : ids) trust += id + "\n";
  }
  trust += "revoked\n";
  for (const auto& id : revoked_keys_) trust += id + "\n";
  trust_hash_ = Digest::of(as_bytes(trust));
}

}  // namespace hallmark
