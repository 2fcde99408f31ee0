// Whatever a policy file holds, check finds what load refuses, every problem has a place inside the file, and a policy
// that loads decides: never by a rule that does not match.
#include <algorithm>
#include <cstdlib>

#include "base/encoding.h"
#include "hallmark/policy.h"

using namespace hallmark;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<PolicySource> sources = {{"p.yaml", std::string(reinterpret_cast<const char*>(data), size)}};
  const auto problems = Policy::check(sources);
  for (const auto& problem : problems) {
    if (problem.line == 0 || problem.column == 0 || problem.message.empty()) std::abort();
    const std::string text = problem.text();
    if (base::printable(text, text.size()) != text) std::abort();
  }
  const auto policy = Policy::load(sources);
  const bool sound = std::ranges::all_of(problems, &PolicyProblem::warning);
  if (policy.has_value() != sound) std::abort();
  if (!policy) return 0;
  static const auto kKey = PublicKey::from_pem(
      "-----BEGIN PUBLIC KEY-----\n"
      "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
      "-----END PUBLIC KEY-----\n");
  const auto open = [](const Policy&, const PolicyKey&) { return *kKey; };
  for (const char* name : {"alpine", "registry.example/shop/api", "registry.example:5000/a"}) {
    const auto repository = Repository::parse(name);
    const auto rules = policy->rules_matching(*repository);
    if ((policy->rule_for(*repository) == nullptr) != rules.empty()) std::abort();
    const auto demand = PolicyDemand::of(*policy, rules.empty() ? nullptr : rules.front(), open);
    if (!demand) continue;
    const auto nothing = weigh(*demand, {}, Time());
    const auto one = weigh(*demand, {{.key = kKey->id()}}, Time());
    if (nothing.met || (one.met && !one.tree.met)) std::abort();
    (void)answer_without_lookup(*demand, std::nullopt, Time());
  }
  return 0;
}
