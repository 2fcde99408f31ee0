// "hallmark policy test": what a policy would say to images that are only described, without a registry.
#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "cmd/common/json_report.h"
#include "cmd/common/policy_desk.h"
#include "cmd/hallmark/key_desk.h"
#include "cmd/hallmark/policy.h"
#include "policy/field.h"
#include "policy/parse.h"

namespace hallmark::cmd {

namespace {

using policy::Field;

struct TestFlags {
  std::string file;
  std::vector<std::string> policies;
  OutputFlags output;
};

struct Described {
  std::string by;              // anchor
  std::string predicate_type;  // empty: a signature
};

struct Expectation {
  PolicyPlace place;
  std::string image;
  std::vector<Described> proofs;
  std::optional<Time> at;
  std::string outcome;
  std::optional<bool> admitted;
  std::optional<std::string> rule;
};

struct Outcomes {
  Expectation expected;
  std::string outcome;
  bool admitted = false;
  std::string rule;
  std::string reason;
  [[nodiscard]] bool as_expected() const {
    return outcome == expected.outcome && expected.admitted.value_or(admitted) == admitted &&
           expected.rule.value_or(rule) == rule;
  }
};

void read_names(const Field& list, const std::string& predicate_type, std::vector<Described>& into) {
  for (const Field& item : list.items_or_self()) {
    if (auto name = item.text()) into.push_back({*std::move(name), predicate_type});
  }
}

void read_attestation(const Field& field, std::vector<Described>& into) {
  if (!field.is_mapping_of({"type", "by"})) return;
  const auto type = field.need("type");
  const auto by = field.need("by");
  if (!type || !by) return;
  const auto text = type->text();
  if (!text) return;
  const std::string uri = policy::predicate_type_of(*text);
  if (uri.empty()) type->error("no type that cosign knows, and no URI");
  read_names(*by, uri, into);
}

// The words of outcomes that a policy can come to.
void read_outcome(const Field& field, Expectation& into) {
  constexpr std::array kWords = {Outcome::verified, Outcome::accepted, Outcome::unsigned_, Outcome::untrusted,
                                 Outcome::expired,  Outcome::revoked,  Outcome::denied};
  const auto text = field.text();
  if (!text) return;
  into.outcome = *text;
  if (std::ranges::find(kWords, *text, [](Outcome outcome) { return std::string(word(outcome)); }) == kWords.end())
    field.error("expected verified, accepted, unsigned, untrusted, expired, revoked or denied");
}

void read_admitted(const Field& field, Expectation& into) {
  const auto* scalar = field.value().as_scalar();
  if (scalar == nullptr || field.value().kind() != base::Yaml::Kind::boolean) {
    field.error("expected true or false");
    return;
  }
  into.admitted = *scalar == "true";
}

Expectation read_expectation(const Field& field) {
  Expectation one;
  one.place = field.place();
  (void)field.is_mapping_of({"image", "signed-by", "attestations", "at", "expect", "admitted", "rule"});
  if (const auto image = field.need("image")) one.image = image->text().value_or("");
  if (const auto names = field.find("signed-by")) read_names(*names, {}, one.proofs);
  if (const auto attestations = field.find("attestations")) {
    for (const Field& item : attestations->items()) read_attestation(item, one.proofs);
  }
  if (const auto at = field.find("at")) one.at = at->time();
  if (const auto expect = field.need("expect")) read_outcome(*expect, one);
  if (const auto admitted = field.find("admitted")) read_admitted(*admitted, one);
  if (const auto rule = field.find("rule")) one.rule = rule->text();
  return one;
}

Result<std::vector<Expectation>> read_expectations(const std::string& file) {
  HM_TRY(const Bytes bytes, base::read_file(file, limits::yaml_bytes, Outcome::config));
  auto yaml = base::Yaml::parse(as_text(bytes), file);
  if (!yaml) return fail(yaml.error().as(Outcome::config));
  std::vector<PolicyProblem> problems;
  policy::FileNotes notes{0, file, problems};
  const Field root(notes, *yaml);
  std::vector<Expectation> all;
  (void)root.is_mapping_of({"version", "tests"});
  if (const auto version = root.need("version")) {
    if (version->number() != 1) version->error("this program reads version 1");
  }
  if (const auto tests = root.need("tests")) {
    for (const Field& item : tests->items()) all.push_back(read_expectation(item));
  }
  if (!problems.empty()) return fail(Outcome::config, problems.front().text());
  return all;
}

Result<PolicyProof> proof_of(const Policy& policy, const PolicyKeyOpener& open, const Described& described) {
  const auto anchor = std::ranges::find(policy.anchors(), described.by, &PolicyAnchor::name);
  if (anchor == policy.anchors().end())
    return fail(Outcome::config, "no anchor named " + base::printable(described.by) + " in the policy");
  HM_TRY(const PublicKey key, open(policy, anchor->keys.front()));
  return PolicyProof{.key = key.id(), .predicate_type = described.predicate_type};
}

Result<Outcomes> run_one(const Policy& policy, const PolicyKeyOpener& open, const Expectation& expected, Time now) {
  HM_TRY(const Reference reference, Reference::parse(expected.image));
  const PolicyRule* rule = policy.rule_for(reference.repository());
  HM_TRY(const PolicyDemand demand, PolicyDemand::of(policy, rule, open));
  std::vector<PolicyProof> proofs;
  for (const Described& described : expected.proofs) {
    HM_TRY(PolicyProof proof, proof_of(policy, open, described));
    proofs.push_back(std::move(proof));
  }
  const Time at = expected.at.value_or(now);
  auto answer = answer_without_lookup(demand, reference.digest(), at);
  if (!answer) answer = weigh(demand, proofs, at);
  const bool signature = std::ranges::any_of(proofs, [](const auto& proof) { return proof.predicate_type.empty(); });
  const Outcome outcome = answer->outcome.value_or(signature ? Outcome::untrusted : Outcome::unsigned_);
  const bool warned = rule != nullptr && !rule->enforce && outcome != Outcome::revoked;
  return Outcomes{expected, std::string(word(outcome)), answer->met || warned, rule == nullptr ? "" : rule->match,
                  answer->reason};
}

std::string complaint(const TestFlags& flags, const Outcomes& done) {
  std::string text = flags.file + ":" + std::to_string(done.expected.place.line) + ": " +
                     base::printable(done.expected.image) + ": expected " + done.expected.outcome + ", got " +
                     done.outcome;
  if (done.expected.admitted && *done.expected.admitted != done.admitted)
    text += done.admitted ? ", admitted" : ", not admitted";
  if (done.expected.rule && *done.expected.rule != done.rule)
    text += done.rule.empty() ? ", by no rule" : ", by rule " + done.rule;
  return done.reason.empty() ? text : text + ": " + done.reason;
}

void report(Context& context, const TestFlags& flags, const std::vector<Outcomes>& all, std::size_t failed) {
  if (context.output.json()) {
    base::Json::Array tests;
    for (const Outcomes& one : all) {
      tests.push_back(base::Json::object({{"image", one.expected.image},
                                          {"line", static_cast<std::int64_t>(one.expected.place.line)},
                                          {"expected", one.expected.outcome},
                                          {"outcome", one.outcome},
                                          {"admitted", one.admitted},
                                          {"rule", one.rule},
                                          {"passed", one.as_expected()}}));
    }
    base::Json json = done();
    if (failed > 0) json = to_json(Error(Outcome::config, std::to_string(failed) + " tests failed"), "");
    json.set("tests", std::move(tests));
    context.output.result(json.dump());
  }
  for (const Outcomes& one : all) {
    if (!one.as_expected()) context.output.error(complaint(flags, one) + " (config)", "");
  }
  context.output.note(std::to_string(all.size() - failed) + " of " + std::to_string(all.size()) + " as expected");
}

int test_policy(Context& context, const TestFlags& flags) {
  std::size_t failed = 0;
  const int code = run(context, flags.output, "", [&]() -> Result<void> {
    HM_TRY(const auto sources, read_policy_sources(flags.policies));
    HM_TRY(const Policy policy, Policy::load(sources));
    HM_TRY(const auto expectations, read_expectations(flags.file));
    const RegistryFlags nothing_is_fetched;
    KeyDesk desk(context, {.network = nothing_is_fetched, .offline = true});
    const auto open = policy_key_opener(context.environment,
                                        [&](const std::string& reference) { return desk.public_key(reference); });
    const Time now = context.clock.now();
    std::vector<Outcomes> all;
    for (const Expectation& expected : expectations) {
      auto one = run_one(policy, open, expected, now);
      if (!one) return fail(one.error().within(flags.file + ":" + std::to_string(expected.place.line)));
      failed += one->as_expected() ? 0 : 1;
      all.push_back(*std::move(one));
    }
    report(context, flags, all, failed);
    return {};
  });
  return code == 0 && failed > 0 ? exit_code(Outcome::config) : code;
}

}  // namespace

void add_policy_test(Command& policy, Context& context) {
  auto flags = std::make_shared<TestFlags>();
  Command& command = policy.add("test", "Hold a policy against images that are only described, offline");
  command.details(
      "FILE lists images, by which anchors they are said to be signed and attested, and the outcome that the policy "
      "must "
      "come to. Nothing is fetched. A difference exits with 40 (config). docs/policy.md shows the format.");
  command.examples({"hallmark policy test --policy policy.yaml policy-tests.yaml"});
  command.positional({.names = "FILE", .value = "", .help = "images and expected outcomes (YAML)", .required = true},
                     flags->file);
  command.option({.names = "--policy",
                  .value = "FILE",
                  .help = "policy file, or a folder of them; may be repeated, they add up",
                  .required = true},
                 flags->policies);
  add_output_flags(command, flags->output);
  command.action([&context, flags] { return test_policy(context, *flags); });
}

}  // namespace hallmark::cmd
