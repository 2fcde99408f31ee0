// Keys for the tests of policies: "key: a" is the key of the one who is called a.
#pragma once

#include <catch2/catch.hpp>

#include <map>
#include <string>

#include "hallmark/policy.h"
#include "support/test_signer.h"

namespace hallmark::test {

inline const PublicKey& key_named(const std::string& name) {
  static std::map<std::string, TestSigner> people;
  const auto at = people.find(name);
  if (at != people.end()) return at->second.public_key();
  return people.emplace(name, TestSigner::generate()).first->second.public_key();
}

inline Result<PublicKey> open_named(const Policy&, const PolicyKey& key) { return key_named(key.text); }

inline Policy load(const std::string& text, const std::string& file = "policy.yaml") {
  const auto policy = Policy::load({{file, text}});
  INFO(text << (policy ? "" : "\n" + policy.error().message()));
  REQUIRE(policy);
  return *policy;
}

inline Repository repository(std::string_view text) {
  const auto parsed = Repository::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

inline Time at(std::int64_t seconds) { return Time(std::chrono::seconds(seconds)); }

}  // namespace hallmark::test
