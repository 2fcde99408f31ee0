// policy_cost WHAT RULES: does WHAT to a policy of that many rules, for callgrind. Two runs are told apart by what they
// do more: `text` only writes it, `bare` has yaml-cpp parse it into events that nobody takes, `load` loads it, `decide`
// then decides a thousand times on an image that one of the last rules is about.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "hallmark/policy.h"

namespace {

using namespace hallmark;

constexpr int kDecisions = 1000;
constexpr const char* kKey =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "-----END PUBLIC KEY-----\n";

struct Nothing : YAML::EventHandler {
  using Anchor = YAML::anchor_t;
  using Style = YAML::EmitterStyle::value;
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, Anchor) override {}
  void OnAlias(const YAML::Mark&, Anchor) override {}
  void OnScalar(const YAML::Mark&, const std::string&, Anchor, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, Anchor, Style) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, Anchor, Style) override {}
  void OnMapEnd() override {}
};

std::string policy_of(int rules) {
  constexpr std::array<const char*, 4> kEnds = {"/**", "-*/api", "/api", "/api"};
  std::string text = "version: 1\ntrust:\n  release: {key: release}\nrules:\n";
  for (int i = 0; i < rules; ++i) {
    text += "  - match: registry.acme.test/team-" + std::to_string(i) + kEnds.at(static_cast<std::size_t>(i) % 4) +
            "\n    require: {any: [release]}\n";
  }
  return text + "  - {match: \"**\", reject: never}\n";
}

void parse_bare(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  Nothing nothing;
  while (parser.HandleNextDocument(nothing)) {
  }
}

bool decide(const Policy& policy, int rules) {
  const auto key = PublicKey::from_pem(kKey);
  const int team = rules - 3 - (rules - 3) % 4 + 1;
  const auto repository = Repository::parse("registry.acme.test/team-" + std::to_string(team) + "-x/api");
  for (int i = 0; i < kDecisions; ++i) {
    const auto demand = PolicyDemand::of(policy, policy.rule_for(*repository),
                                         [&](const Policy&, const PolicyKey&) -> Result<PublicKey> { return *key; });
    if (!demand || !weigh(*demand, {{.key = key->id()}}, Time()).met) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string_view what = argv[1];
  const int rules = std::atoi(argv[2]);
  const std::string text = policy_of(rules);
  if (what == "text") return 0;
  if (what == "bare") {
    parse_bare(text);
    return 0;
  }
  const std::vector<PolicySource> sources = {{"policy.yaml", text}};
  const auto policy = Policy::load(sources);
  if (!policy) {
    std::cerr << policy.error().message() << '\n';
    return 1;
  }
  return what != "decide" || decide(*policy, rules) ? 0 : 1;
}
