#include <catch2/catch.hpp>

#include "base/limits.h"
#include "unit/policy/people.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

const std::string kZero = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
const std::string kOne = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

struct Rule {
  Policy policy;
  PolicyDemand demand;
};

Rule rule(const std::string& demands, const std::string& extra = {}) {
  auto policy = load(
      "version: 1\ntrust:\n  a: {key: a}\n  b: {key: [b, b2]}\n  ab: {key: [a, b]}\n  old: {key: old, until: "
      "1970-01-02}\n"
      "  soon: {key: soon, from: 1970-01-11}\n" +
      extra + "rules:\n  - match: \"**\"\n    " + demands + "\n");
  auto demand = PolicyDemand::of(policy, &policy.rules().front(), open_named);
  REQUIRE(demand);
  return {policy, *demand};
}

std::vector<PolicyProof> by(const std::vector<std::string>& names) {
  std::vector<PolicyProof> proofs;
  for (const auto& name : names) {
    const auto slash = name.find('/');
    proofs.push_back({.key = key_named(name.substr(0, slash)).id()});
    if (slash != std::string::npos) proofs.back().predicate_type = "https://slsa.dev/provenance/v1";
  }
  return proofs;
}

const Time kNow = at(5 * 86400);

std::string told(const PolicyAnswer& answer) {
  return answer.outcome ? std::string(word(*answer.outcome)) : "by the evidence";
}

}  // namespace

TEST_CASE("what a requirement is met by, and what a refusal is called [attack 8, 43]") {
  struct Case {
    const char* demand;
    std::vector<std::string> signers;
    const char* outcome;
  };
  const auto [demand, signers, outcome] = GENERATE(values<Case>({
      {"require: {any: [a, b]}", {"a"}, "verified"},
      {"require: {any: [a, b]}", {"b2"}, "verified"},
      {"require: {any: [a, b]}", {}, "by the evidence"},
      {"require: {any: [a]}", {"b"}, "by the evidence"},
      {"require: {all: [a, b]}", {"a", "b"}, "verified"},
      {"require: {all: [a, b]}", {"a"}, "denied"},
      {"require: {all: [a, b]}", {"b", "b2"}, "denied"},
      {"require: {at-least: 2, of: [a, b, ab]}", {"a", "b"}, "verified"},
      {"require: {at-least: 2, of: [a, b, ab]}", {"a", "a", "a"}, "denied"},
      {"require: {at-least: 2, of: [a, ab]}", {"a"}, "denied"},         // one key under two names
      {"require: {at-least: 2, of: [ab, a]}", {"a", "b"}, "verified"},  // greedy would give a to ab
      {"require: {at-least: 3, of: [a, b, ab]}", {"a", "b"}, "denied"},
      {"require: {at-least: 3, of: [a, b, ab]}", {"a", "b", "b2"}, "verified"},
      {"require: {all: [{any: [a, b]}, {any: [ab]}]}", {"a"}, "denied"},
      {"require: {all: [{any: [a, b]}, {any: [ab]}]}", {"a", "b"}, "verified"},
      {"require: {all: [{any: [a]}, {any: [a, b]}]}", {"a"}, "denied"},  // one anchor counts once
      {"require: {any: [old]}", {"old"}, "expired"},
      {"require: {any: [soon]}", {"soon"}, "expired"},
      {"require: {any: [old, a]}", {"old", "a"}, "verified"},
      {"require: {all: [old, a]}", {"old", "a"}, "expired"},
      {"require: {all: [old, a]}", {"old"}, "denied"},
      {"require: {any: [a]}\n    attestations: [{type: slsaprovenance1, by: [b]}]", {"a", "b/"}, "verified"},
      {"require: {any: [a]}\n    attestations: [{type: slsaprovenance1, by: [b]}]", {"a"}, "denied"},
      {"require: {any: [a]}\n    attestations: [{type: slsaprovenance1, by: [b]}]", {"a", "b"}, "denied"},
      {"require: {any: [a]}\n    attestations: [{type: slsaprovenance1, by: [a]}]", {"a", "a/"}, "verified"},
      {"require: {any: [a]}\n    attestations: [{type: spdx, by: [a]}]", {"a", "a/"}, "denied"},
      {"require: {any: [a]}\n    attestations: [{type: slsaprovenance1, by: [a]}]", {"a/"}, "by the evidence"},
  }));
  CAPTURE(demand, signers);
  const auto answer = weigh(rule(demand).demand, by(signers), kNow);
  CHECK(told(answer) == outcome);
  CHECK(answer.met == (std::string(outcome) == "verified"));
}

TEST_CASE("a signature by a revoked key counts for nothing and spoils no other [attack 43]") {
  struct Case {
    const char* demand;
    std::vector<std::string> signers;
    const char* outcome;
  };
  const auto [demand, signers, outcome] = GENERATE(values<Case>({
      {"require: {any: [a]}", {"a"}, "revoked"},
      {"require: {any: [a, b]}", {"a", "b"}, "verified"},
      {"require: {all: [a, b]}", {"a", "b"}, "revoked"},
      {"require: {all: [a, b]}", {"a"}, "denied"},
      {"require: {all: [a, old]}", {"a", "old"}, "revoked"},
      {"require: {any: [a, old]}", {"a", "old"}, "revoked"},
      {"require: {any: [b]}", {"a"}, "by the evidence"},
  }));
  CAPTURE(demand, signers);
  const auto held = rule(demand, "revoked: {keys: [a]}\n");
  CHECK(told(weigh(held.demand, by(signers), kNow)) == outcome);
  const auto by_id = rule(demand, "revoked: {keys: [" + key_named("a").id() + "]}\n");
  CHECK(told(weigh(by_id.demand, by(signers), kNow)) == outcome);
}

TEST_CASE("from and until are inclusive, and the trusted signing time comes before now") {
  const auto old = rule("require: {any: [old]}");
  const auto soon = rule("require: {any: [soon]}");
  const Time until = at(86400);
  const Time from = at(10 * 86400);
  CHECK(weigh(old.demand, by({"old"}), until).met);
  CHECK_FALSE(weigh(old.demand, by({"old"}), until + std::chrono::seconds(1)).met);
  CHECK(weigh(soon.demand, by({"soon"}), from).met);
  CHECK_FALSE(weigh(soon.demand, by({"soon"}), from - std::chrono::seconds(1)).met);
  auto timed = by({"old"});
  timed.front().signed_at = until;
  CHECK(weigh(old.demand, timed, kNow).met);
  timed.front().signed_at = until + std::chrono::seconds(1);
  CHECK_FALSE(weigh(old.demand, timed, until).met);
}

TEST_CASE("max-age is met by a trusted signing time alone [attack 40]") {
  const auto held = rule("require: {any: [a]}");
  PolicyRule aged = *held.demand.rule();
  aged.max_age = std::chrono::hours(24);
  const auto demand = PolicyDemand::of(held.policy, &aged, open_named);
  REQUIRE(demand);
  CHECK(told(weigh(*demand, by({"a"}), kNow)) == "expired");
  auto timed = by({"a"});
  timed.front().signed_at = kNow - std::chrono::hours(24);
  CHECK(told(weigh(*demand, timed, kNow)) == "verified");
  timed.front().signed_at = kNow - std::chrono::hours(25);
  CHECK(told(weigh(*demand, timed, kNow)) == "expired");
}

TEST_CASE("what holds whatever is attached") {
  const auto zero = Digest::parse(kZero);
  const auto one = Digest::parse(kOne);
  struct Case {
    std::string demand;
    std::string extra;
    bool with_digest;
    const char* outcome;  // "": signatures decide
  };
  const std::string accept = "accept: {digest: \"" + kZero + "\", until: 1970-01-06, reason: fire}";
  const std::string past = "accept: {digest: \"" + kZero + "\", until: 1970-01-05, reason: fire}";
  const std::string other = "accept: {digest: \"" + kOne + "\", until: 1970-01-06, reason: fire}";
  const std::string revoked = "revoked: {digests: [\"" + kZero + "\"]}\n";
  const auto [demand, extra, with_digest, outcome] = GENERATE_COPY(values<Case>({
      {"reject: never", "", true, "denied"},
      {"reject: never", "", false, "denied"},
      {"reject: never", revoked, true, "revoked"},
      {"reject: never\n    mode: warn", revoked, true, "revoked"},
      {accept, "", true, "accepted"},
      {accept, revoked, true, "revoked"},
      {accept, "", false, ""},
      {past, "", true, "expired"},
      {other, "", true, "denied"},
      {accept + "\n    require: {any: [a]}", "", true, "accepted"},
      {past + "\n    require: {any: [a]}", "", true, ""},
      {other + "\n    require: {any: [a]}", "", true, ""},
      {"require: {any: [a]}", "", true, ""},
      {"require: {any: [a]}", revoked, true, "revoked"},
      {"require: {any: [a]}", revoked, false, ""},
  }));
  CAPTURE(demand, with_digest);
  const auto held = rule(demand, extra);
  const auto answer = answer_without_lookup(held.demand, with_digest ? std::optional(*zero) : std::nullopt, kNow);
  CHECK((answer ? told(*answer) : "") == outcome);
  if (answer) CHECK(answer->met == (std::string(outcome) == "accepted"));
}

TEST_CASE("no rule is a denial [attack 38]") {
  const auto held = rule("reject: never");
  const auto nobody = PolicyDemand::of(held.policy, nullptr, open_named);
  REQUIRE(nobody);
  CHECK(told(*answer_without_lookup(*nobody, std::nullopt, kNow)) == "denied");
  CHECK(told(weigh(*nobody, by({"a"}), kNow)) == "denied");
}

TEST_CASE("the explanation names what is there and what is missing") {
  const auto answer = weigh(rule("require: {at-least: 2, of: [a, old, b]}").demand, by({"a", "old"}), at(9 * 86400));
  REQUIRE_FALSE(answer.met);
  CHECK(answer.outcome == Outcome::expired);
  const auto& node = answer.tree.of.at(0).of.at(0);
  CHECK(node.text == "at least 2 of");
  CHECK(node.of.at(0).met);
  CHECK(node.of.at(0).detail == "key " + key_named("a").id());
  CHECK(node.of.at(1).detail == "outside its time: until 1970-01-02T00:00:00Z");
  CHECK(node.of.at(2).detail == "no signature");
  const auto denied = weigh(rule("require: {all: [a, b]}").demand, by({"a"}), kNow);
  CHECK(denied.reason == "the signature that the policy asks for is missing: all of 2, 1 met (b: no signature)");
}

TEST_CASE("keys are opened for the rule at hand alone, and the trust hash names them") {
  const auto policy = load(
      "version: 1\ntrust:\n  a: {key: a}\n  b: {key: b}\nrevoked: {keys: [c]}\nrules:\n  - {match: x/a, require: {any: "
      "[a]}}\n  - {match: x/b, require: {any: [b]}}\n  - {match: x/c, reject: x}\n");
  std::vector<std::string> opened;
  const auto open = [&](const Policy&, const PolicyKey& key) -> Result<PublicKey> {
    opened.push_back(key.text);
    return key_named(key.text);
  };
  const auto a = PolicyDemand::of(policy, &policy.rules()[0], open);
  CHECK(opened == std::vector<std::string>{"a", "c"});
  opened.clear();
  const auto c = PolicyDemand::of(policy, &policy.rules()[2], open);
  CHECK(opened.empty());
  const auto b = PolicyDemand::of(policy, &policy.rules()[1], open);
  REQUIRE(a);
  REQUIRE(b);
  REQUIRE(c);
  CHECK(a->trust_hash() != b->trust_hash());
  CHECK(a->trust_hash() == PolicyDemand::of(policy, &policy.rules()[0], open)->trust_hash());
  const auto other = [&](const Policy&, const PolicyKey& key) -> Result<PublicKey> {
    return key_named(key.text + "!");
  };
  CHECK(a->trust_hash() != PolicyDemand::of(policy, &policy.rules()[0], other)->trust_hash());
  const auto broken = [&](const Policy&, const PolicyKey&) -> Result<PublicKey> {
    return fail(Outcome::key, "no such file");
  };
  const auto failed = PolicyDemand::of(policy, &policy.rules()[0], broken);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind() == Outcome::key);
  CHECK(failed.error().message() == "policy.yaml:3:7: no such file");
}

TEST_CASE("too many anchors that compete for keys in nested lists are refused, not tried for ever [attack 26]") {
  std::string text = "version: 1\ntrust:\n";
  std::string names;
  for (std::size_t i = 0; i <= limits::entangled_anchors; ++i) {
    text += "  a" + std::to_string(i) + ": {key: k" + std::to_string(i % 5) + "}\n";
    names += (i > 0 ? ", a" : "a") + std::to_string(i);
  }
  const auto nested =
      load(text + "rules:\n  - match: \"**\"\n    require: {all: [{at-least: 2, of: [" + names + "]}]}\n");
  const auto refused = PolicyDemand::of(nested, &nested.rules()[0], open_named);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == Outcome::config);
  CHECK_THAT(refused.error().message(), Catch::Contains("more than 16 anchors in nested lists"));
  const auto flat = load(text + "rules:\n  - match: \"**\"\n    require: {at-least: 2, of: [" + names + "]}\n");
  CHECK(PolicyDemand::of(flat, &flat.rules()[0], open_named));
}
