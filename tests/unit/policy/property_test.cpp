// What holds for every policy and every set of signatures, over generated ones, against a second evaluator.
#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "support/sanitized.h"
#include "unit/policy/brute_force.h"
#include "unit/policy/people.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

constexpr const char* kKeys[] = {"k0", "k1", "k2", "k3", "k4"};
// A sanitizer looks for other faults than a second evaluator does, and finds them in a tenth of the cases.
constexpr std::size_t kCases = sanitized ? 10'000 : 100'000;
constexpr const char* kTypes[] = {"https://slsa.dev/provenance/v1", "https://spdx.dev/Document"};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}
  std::size_t pick(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  // Five anchors over five keys: some share keys, some have windows.
  std::string trust() {
    std::string text;
    for (std::size_t i = 0; i < 5; ++i) {
      text += "  a" + std::to_string(i) + ": {key: [" + kKeys[pick(5)];
      for (std::size_t more = pick(3); more > 0; --more) text += std::string(", ") + kKeys[pick(5)];
      text += "]";
      if (pick(4) == 0) text += ", from: \"1970-01-01T00:00:0" + std::to_string(pick(7)) + "Z\"";
      if (pick(4) == 0) text += ", until: \"1970-01-01T00:00:1" + std::to_string(pick(7)) + "Z\"";
      text += "}\n";
    }
    return text;
  }
  std::string anchors(std::size_t count) {
    std::vector<std::size_t> all = {0, 1, 2, 3, 4};
    std::ranges::shuffle(all, random_);
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += (i > 0 ? ", a" : "a") + std::to_string(all[i]);
    return text;
  }
  std::string group(std::size_t depth) {
    const std::size_t leaves = depth > 0 ? 1 + pick(2) : 1 + pick(4);
    std::string list = anchors(leaves);
    std::size_t size = leaves;
    for (std::size_t more = depth > 0 ? pick(3) : 0; more > 0; --more, ++size) list += ", " + group(depth - 1);
    switch (pick(3)) {
      case 0:
        return "{any: [" + list + "]}";
      case 1:
        return "{all: [" + list + "]}";
      default:
        return "{at-least: " + std::to_string(1 + pick(size)) + ", of: [" + list + "]}";
    }
  }
  std::string policy() {
    std::string text = "version: 1\ntrust:\n" + trust();
    if (pick(4) == 0) text += std::string("revoked: {keys: [") + kKeys[pick(5)] + "]}\n";
    text += "rules:\n  - match: \"**\"\n    require: " + group(pick(3)) + "\n";
    if (pick(3) == 0) {
      text += "    attestations:\n";
      for (std::size_t i = 0; i <= pick(2); ++i)
        text += "      - {type: \"" + std::string(kTypes[i]) + "\", by: [" + anchors(1 + pick(2)) + "]}\n";
    }
    return text;
  }
  PolicyProof proof() {
    PolicyProof proof{.key = key_named(kKeys[pick(5)]).id()};
    if (pick(3) == 0) proof.predicate_type = kTypes[pick(2)];
    if (pick(4) == 0) proof.signed_at = at(static_cast<std::int64_t>(pick(20)));
    return proof;
  }
  std::mt19937& random() { return random_; }

 private:
  std::mt19937 random_;
};

// The verdict by the second evaluator.
bool expected(const PolicyDemand& demand, const std::vector<PolicyProof>& proofs, Time now) {
  const auto met = [&](const PolicyRequirement& requirement, const std::string& type) {
    return BruteForce([&](std::size_t index) {
             std::set<std::string> keys;
             const auto& anchor = demand.policy().anchors()[index];
             for (const auto& proof : proofs) {
               const Time when = proof.signed_at ? *proof.signed_at : now;
               const bool in_time = !(anchor.from && when < *anchor.from) && !(anchor.until && *anchor.until < when);
               if (proof.predicate_type != type || !in_time || demand.revoked_keys().contains(proof.key)) continue;
               for (const auto& key : demand.keys_of(index)) {
                 if (key.id() == proof.key) keys.insert(proof.key);
               }
             }
             return keys;
           })
        .met(requirement);
  };
  if (!met(*demand.rule()->require, "")) return false;
  return std::ranges::all_of(demand.rule()->attestations, [&](const PolicyAttestation& attestation) {
    return met(attestation.by, attestation.predicate_type);
  });
}

// Whether a node is met by its own words, all the way down; no key may stand for two anchors of one tree.
bool evaluates(const PolicyNode& node) {
  if (node.needed == 0) return node.met == node.proof.has_value();
  std::size_t met = 0;
  for (const auto& part : node.of) {
    if (!evaluates(part)) return false;
    met += part.met ? 1 : 0;
  }
  return node.met == (met >= node.needed);
}

void collect_keys(const PolicyNode& node, const std::vector<PolicyProof>& proofs, std::vector<std::string>& into) {
  if (node.proof) into.push_back(proofs.at(*node.proof).key);
  for (const auto& part : node.of) collect_keys(part, proofs, into);
}

bool uses_keys_once(const PolicyNode& tree, const std::vector<PolicyProof>& proofs) {
  return std::ranges::all_of(tree.of, [&](const PolicyNode& part) {
    std::vector<std::string> keys;
    collect_keys(part, proofs, keys);
    std::ranges::sort(keys);
    return std::ranges::adjacent_find(keys) == keys.end();
  });
}

struct Tally {
  std::size_t cases = 0;
  std::size_t admitted = 0;
  std::size_t broken = 0;
};

void check_case(const PolicyDemand& demand, std::vector<PolicyProof> proofs, Generator& generator, Tally& tally) {
  const Time now = at(static_cast<std::int64_t>(generator.pick(20)));
  const auto answer = weigh(demand, proofs, now);
  bool sound = answer.met == expected(demand, proofs, now);
  sound = sound && answer.met == answer.tree.met && evaluates(answer.tree) && uses_keys_once(answer.tree, proofs);
  sound = sound && answer.met == (answer.outcome == Outcome::verified) && answer.met == answer.reason.empty();

  auto more = proofs;
  more.push_back(generator.proof());
  if (answer.met) sound = sound && weigh(demand, more, now).met;
  if (!answer.met && !proofs.empty()) {
    auto fewer = proofs;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(generator.pick(fewer.size())));
    sound = sound && !weigh(demand, fewer, now).met;
  }
  std::ranges::shuffle(proofs, generator.random());
  const auto shuffled = weigh(demand, proofs, now);
  sound = sound && shuffled.met == answer.met && shuffled.outcome == answer.outcome;
  ++tally.cases;
  tally.admitted += answer.met ? 1 : 0;
  tally.broken += sound ? 0 : 1;
}

}  // namespace

TEST_CASE("a second evaluator agrees over 100,000 policies and signatures, and more never harms [attack 8, 43]") {
  Generator generator(20260101);
  Tally tally;
  while (tally.cases < kCases) {
    const auto text = generator.policy();
    const auto policy = load(text);
    const auto demand = PolicyDemand::of(policy, &policy.rules().front(), open_named);
    if (!demand) {  // more anchors that compete for keys than are tried
      REQUIRE_THAT(demand.error().message(), Catch::Contains("anchors in nested lists"));
      continue;
    }
    const std::size_t before = tally.broken;
    for (int turn = 0; turn < 20; ++turn) {
      std::vector<PolicyProof> proofs;
      for (std::size_t count = generator.pick(8); count > 0; --count) proofs.push_back(generator.proof());
      check_case(*demand, std::move(proofs), generator, tally);
    }
    INFO(text);
    REQUIRE(tally.broken == before);
  }
  CHECK(tally.cases == kCases);
  CHECK(tally.admitted > kCases * 15 / 100);
  CHECK(tally.admitted < kCases * 85 / 100);
}

TEST_CASE("the order of rules and files changes no decision") {
  Generator generator(7);
  const std::vector<std::string> patterns = {"r.test/a",    "r.test/a/*", "r.test/*/b", "r.test/**",
                                             "r.test/**/b", "*/a",        "**"};
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> rules;
    for (const auto& pattern : patterns) {
      if (generator.pick(3) > 0) rules.push_back("  - {match: \"" + pattern + "\", reject: \"" + pattern + "\"}\n");
    }
    if (rules.size() < 2) continue;
    std::vector<std::string> chosen;
    for (int turn = 0; turn < 3; ++turn) {
      std::ranges::shuffle(rules, generator.random());
      std::vector<PolicySource> sources;
      std::string text = "version: 1\nrules:\n";
      for (std::size_t i = 0; i < rules.size(); ++i) {
        text += rules[i];
        if (i + 1 < rules.size() && generator.pick(2) == 0) continue;
        sources.push_back({"p" + std::to_string(sources.size()) + ".yaml", text});
        text = "version: 1\nrules:\n";
      }
      const auto policy = Policy::load(sources);
      REQUIRE(policy);
      std::string decisions;
      for (const char* name : {"r.test/a", "r.test/a/b", "r.test/x/b", "r.test/x/y/b", "s.test/a", "s.test/b/c"}) {
        const auto* rule = policy->rule_for(repository(name));
        decisions += rule == nullptr ? "none " : *rule->reject + " ";
      }
      chosen.push_back(decisions);
    }
    CHECK(chosen[0] == chosen[1]);
    CHECK(chosen[0] == chosen[2]);
  }
}
