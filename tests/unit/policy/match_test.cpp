#include <catch2/catch.hpp>

#include <random>

#include "policy/pattern.h"
#include "policy/rule_index.h"
#include "unit/policy/people.h"

using namespace hallmark;
using namespace hallmark::test;
using policy::Pattern;

namespace {

Pattern pattern(std::string_view text) {
  auto parsed = Pattern::parse(text);
  INFO(text << (parsed ? "" : parsed.error().message()));
  REQUIRE(parsed);
  return *std::move(parsed);
}

bool matches(std::string_view rule, std::string_view image) {
  return pattern(rule).matches(policy::segments_of(repository(image)));
}

}  // namespace

TEST_CASE("what a rule matches [attack 38]") {
  struct Case {
    const char* rule;
    const char* image;
    bool match;
  };
  const auto [rule, image, match] = GENERATE(values<Case>({
      {"**", "alpine", true},
      {"**", "registry.acme.test:5000/a/b/c", true},
      {"alpine", "docker.io/library/alpine", true},
      {"docker.io/library/alpine", "alpine", true},
      {"docker.io/alpine", "index.docker.io/library/alpine", true},
      {"index.docker.io/acme/**", "acme/api", true},
      {"acme/**", "docker.io/acme/api", true},
      {"docker.io/*", "alpine", true},
      {"docker.io/*", "acme/api", false},
      {"docker.io/**", "alpine", true},
      {"registry.acme.test/prod/**", "registry.acme.test/prod", true},
      {"registry.acme.test/prod/**", "registry.acme.test/prod/a/b", true},
      {"registry.acme.test/prod/**", "registry.acme.test/production/a", false},
      {"registry.acme.test/prod/**", "evil.test/registry.acme.test/prod/a", false},
      {"registry.acme.test/prod/*", "registry.acme.test/prod/a", true},
      {"registry.acme.test/prod/*", "registry.acme.test/prod/a/b", false},
      {"registry.acme.test/prod/*", "registry.acme.test/prod", false},
      {"registry.acme.test/org*", "registry.acme.test/org-evil", true},
      {"registry.acme.test/org", "registry.acme.test/org-evil", false},
      {"registry.acme.test/org/*", "registry.acme.test/org-evil/x", false},
      {"registry.acme.test/team-*-eu/api", "registry.acme.test/team-a-eu/api", true},
      {"registry.acme.test/team-*-eu/api", "registry.acme.test/team-a/eu/api", false},
      {"registry.acme.test/**/api", "registry.acme.test/api", true},
      {"registry.acme.test/**/api", "registry.acme.test/a/b/api", true},
      {"registry.acme.test/**/api", "registry.acme.test/a/b/api/x", false},
      {"*.acme.test/**", "registry.acme.test/a", true},
      {"*.acme.test/**", "acme.test/a", false},
      {"*.acme.test/**", "a.acme.test.evil.test/a", false},
      {"*/prod", "registry.acme.test/prod", true},
      {"registry.acme.test/**", "registry.acme.test:5000/a", false},
      {"registry.acme.test:5000/**", "registry.acme.test:5000/a", true},
      {"registry.acme.test/**", "registry.acme.test:443/a", true},
      {"registry.acme.test:443/**", "registry.acme.test/a", true},
      {"Registry.ACME.test/**", "registry.acme.test/a", true},
      {"registry.acme.test/**", "REGISTRY.acme.TEST/a", true},
      {"[::1]:5000/**", "[::1]:5000/a", true},
      {"registry.acme.test/a", "mirror.acme.test/a", false},
      {"localhost/**", "localhost/a", true},
  }));
  CAPTURE(rule, image);
  CHECK(matches(rule, image) == match);
}

TEST_CASE("spellings of a name that would slip past a rule are no names [attack 27, 38]") {
  const auto text = GENERATE("registry.acme.test./prod/a", "registry.acme.test/prod%2fa", "registry.acme.test/Prod/a",
                             "registry.acme.test//prod/a", "registry.acme.test/prod/../a", "registry.acme.test/prod/a/",
                             "https://registry.acme.test/prod/a", "registry.acme.test:0443/prod/a",
                             "registry.acme.test/prod\xE2\x80\xAE/a");
  CAPTURE(text);
  CHECK_FALSE(Reference::parse(text));
}

TEST_CASE("a pattern that no name can look like is refused [attack 37, 38]") {
  struct Case {
    const char* text;
    const char* reason;
  };
  const auto [text, reason] = GENERATE(values<Case>({
      {"*", "needs a registry and a repository"},
      {"al*", "needs a registry and a repository"},
      {"registry.acme.test", "names a registry and no repository; registry.acme.test/**"},
      {"registry.acme.test/", "empty part"},
      {"/a", "empty part"},
      {"registry.acme.test//a", "empty part"},
      {"https://registry.acme.test/a", "empty part: leave out the scheme"},
      {"registry.acme.test/a:1.4", "never about tags or digests"},
      {"registry.acme.test/a@sha256:00", "never about tags or digests"},
      {"registry.acme.test/Prod/**", "lower case"},
      {"registry.acme.test/prod%2fa", "without % escapes"},
      {"registry.acme.test/a b", "a character that no"},
      {"registry.acme.test/a?", "a character that no"},
      {"registry.acme.test/[ab]", "a character that no"},
      {"registry.acme.test/a**", "** spans whole parts"},
      {"registry.acme.test/***", "** spans whole parts"},
      {"registry.acme.test/**/**", "** twice"},
      {"registry.acme.test./**", "registry is no host"},
      {"registry.acme.test:x/**", "registry is no host"},
      {"registry.acme.test/-a", "no repository's name looks like this"},
      {"registry.acme.test/a..b", "no repository's name looks like this"},
      {"registry.acme.test/*-", "no repository's name looks like this"},
  }));
  CAPTURE(text);
  const auto parsed = Pattern::parse(text);
  REQUIRE_FALSE(parsed);
  CHECK_THAT(parsed.error().message(), Catch::Contains(reason));
}

TEST_CASE("the most specific rule counts, whatever the order [attack 38]") {
  struct Case {
    const char* image;
    std::vector<const char*> rules;  // the first is the one
  };
  const auto [image, rules] = GENERATE(values<Case>({
      {"r.test/prod/api", {"r.test/prod/api", "r.test/prod/a*", "r.test/prod/*", "r.test/prod/**", "r.test/**", "**"}},
      {"r.test/prod/api", {"r.test/prod/**", "r.test/*/api"}},
      {"r.test/prod/api", {"r.test/p*/**", "r.test/*/api"}},
      {"r.test/prod/api", {"r.test/*/**", "r.test/**/api"}},
      {"r.test/prod/api", {"r.test/**/api", "r.test/**"}},
      {"r.test/prod", {"r.test/prod", "r.test/prod/**"}},
      {"r.test/prod/api", {"*.test/prod/api", "*/prod/api", "**/prod/api", "**/api", "**"}},
      {"r.test/a/c/d", {"r.test/**/c/d", "r.test/**/d"}},
  }));
  for (std::size_t turn = 0; turn < rules.size(); ++turn) {
    std::string text = "version: 1\nrules:\n";
    for (std::size_t i = 0; i < rules.size(); ++i) {
      text += "  - {match: \"" + std::string(rules[(i + turn) % rules.size()]) + "\", reject: x}\n";
    }
    const auto loaded = load(text);
    const auto matching = loaded.rules_matching(repository(image));
    REQUIRE(matching.size() == rules.size());
    for (std::size_t i = 0; i < rules.size(); ++i) CHECK(matching[i]->match == rules[i]);
    CHECK(loaded.rule_for(repository(image))->match == rules.front());
  }
  CHECK(load("version: 1\nrules: [{match: a.test/b, reject: x}]\n").rule_for(repository("c.test/d")) == nullptr);
}

TEST_CASE("two rules as specific as each other, and a name that both match, are an error [attack 38]") {
  struct Case {
    const char* first;
    const char* second;
    bool clash;
  };
  const auto [first, second, clash] = GENERATE(values<Case>({
      {"r.test/a", "r.test/a", true},
      {"alpine", "docker.io/library/alpine", true},
      {"r.test/a", "r.test:443/a", true},
      {"r.test/a", "r.test:5000/a", false},
      {"r.test/*", "r.test/*", true},
      {"r.test/a*", "r.test/*b", true},
      {"r.test/a*", "r.test/ab*", true},
      {"r.test/a*", "r.test/b*", false},
      {"r.test/*a", "r.test/*b", false},
      {"r.test/*a", "r.test/*ba", true},
      {"r.test/a*x", "r.test/a*y", false},
      {"r.test/a*/b*", "r.test/ab*/c*", false},
      {"r.test/a*/b*", "r.test/ab*/*c", true},
      {"r.test/**/x", "r.test/**/y", false},
      {"r.test/**/x/**", "r.test/**/y/**", true},
      {"**/x/**", "**/x/**", true},
      {"r.test/**/x", "r.test/**/x", true},
      {"r.test/*/b", "r.test/a/*", false},
      {"r.test/**", "r.test/a/**", false},
  }));
  CAPTURE(first, second);
  const auto one = pattern(first);
  const auto other = pattern(second);
  CHECK(policy::overlap(one, other) == clash);
  CHECK(policy::overlap(other, one) == clash);
  CHECK(policy::equal_pairs({&one, &other}).size() == (clash ? 1u : 0u));
}

TEST_CASE("the index finds what the plain definition finds, over many rules and names") {
  std::mt19937 random(4711);
  const auto pick = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  const std::vector<std::string> words = {"a", "b", "ab", "ba", "aba", "c"};
  const std::vector<std::string> globs = {"a", "b", "ab", "a*", "*a", "*b*", "a*a", "*", "**", "c"};
  std::size_t found = 0;
  for (int round = 0; round < 2'000; ++round) {
    std::vector<Pattern> patterns;
    policy::RuleIndex index;
    for (std::size_t i = 0; i < 12; ++i) {
      std::string text = pick(4) == 0 ? "**" : pick(3) == 0 ? "*.test" : "a.test";
      for (std::size_t parts = 1 + pick(4); parts > 0; --parts) text += "/" + globs[pick(globs.size())];
      if (auto parsed = Pattern::parse(text)) patterns.push_back(*std::move(parsed));
    }
    std::vector<const Pattern*> pointers;
    for (const auto& one : patterns) pointers.push_back(&one);
    const auto pairs = policy::equal_pairs(pointers);
    std::set<std::size_t> clashing;
    for (const auto& [a, b] : pairs) {
      CHECK(policy::overlap(patterns[a], patterns[b]));
      clashing.insert({a, b});
    }
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      if (!clashing.contains(i)) index.add(patterns[i], i);
      for (std::size_t j = i + 1; j < patterns.size(); ++j) {
        if (policy::overlap(patterns[i], patterns[j])) CHECK((clashing.contains(i) && clashing.contains(j)));
      }
    }
    for (int turn = 0; turn < 10; ++turn) {
      std::vector<std::string> name{pick(2) == 0 ? "a.test" : "b.test"};
      for (std::size_t parts = 1 + pick(4); parts > 0; --parts) name.push_back(words[pick(words.size())]);
      std::vector<std::size_t> expected;
      for (std::size_t i = 0; i < patterns.size(); ++i) {
        if (!clashing.contains(i) && patterns[i].matches(name)) expected.push_back(i);
      }
      std::ranges::sort(expected, [&](auto a, auto b) { return patterns[a].rank < patterns[b].rank; });
      for (std::size_t i = 1; i < expected.size(); ++i) {
        CHECK(patterns[expected[i - 1]].rank != patterns[expected[i]].rank);  // else neither would be the more specific
      }
      CHECK(index.matching(name) == expected);
      found += expected.size();
    }
  }
  CHECK(found > 10'000);
}
