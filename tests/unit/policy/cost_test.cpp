// What thousands of rules cost, counted in work and not in time.
#include <catch2/catch.hpp>

#include <chrono>

#include "policy/pattern.h"
#include "policy/rule_index.h"
#include "unit/policy/people.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

std::string many_rules(std::size_t count) {
  std::string text = "version: 1\ntrust:\n  release: {key: release}\nrules:\n";
  for (std::size_t i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    text += "  - match: registry.acme.test/team-" + n +
            (i % 4 == 0   ? "/**"
             : i % 4 == 1 ? "-*/api"
                          : "/api") +
            "\n" + "    require: {any: [release]}\n";
  }
  return text + "  - {match: \"**\", reject: never}\n";
}

}  // namespace

TEST_CASE("ten thousand rules are one policy, and each finds its images") {
  const auto policy = load(many_rules(10'000));
  CHECK(policy.rules().size() == 10'001);
  CHECK(policy.rule_for(repository("registry.acme.test/team-9996/a/b"))->match == "registry.acme.test/team-9996/**");
  CHECK(policy.rule_for(repository("registry.acme.test/team-9997-x/api"))->match ==
        "registry.acme.test/team-9997-*/api");
  CHECK(policy.rule_for(repository("registry.acme.test/team-9998/api"))->match == "registry.acme.test/team-9998/api");
  CHECK(policy.rule_for(repository("registry.acme.test/team-9998/web"))->match == "**");
}

TEST_CASE("patterns that differ in nothing but where their stars stand are compared in time [attack 26]") {
  std::vector<policy::Pattern> patterns;
  for (int i = 0; i < 3'000; ++i) {
    patterns.push_back(*policy::Pattern::parse("r.test/*-" + std::to_string(i) + "x"));
    patterns.push_back(*policy::Pattern::parse("r.test/a" + std::to_string(i) + "-*"));
  }
  std::vector<const policy::Pattern*> pointers;
  for (const auto& pattern : patterns) pointers.push_back(&pattern);
  const auto start = std::chrono::steady_clock::now();
  CHECK(policy::equal_pairs(pointers).size() >= 3'000);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));  // a bound for hangs, no measurement
}

TEST_CASE("a segment of many stars against a long name is matched in time [attack 26]") {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "a*";
  CHECK_FALSE(policy::fits(pattern + "b", std::string(255, 'a')));
  CHECK(policy::fits(pattern, std::string(255, 'a')));
}
