#include "cmd/hallmark/policy.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/time.h"
#include "base/try.h"
#include "cmd/common/json_report.h"
#include "cmd/common/policy_desk.h"
#include "cmd/common/text_report.h"
#include "cmd/hallmark/image_verifier.h"
#include "cmd/hallmark/key_desk.h"

namespace hallmark::cmd {

namespace {

struct CheckFlags {
  std::vector<std::string> files;
  bool no_keys = false;
  std::string trust;
  RegistryFlags network;
  OutputFlags output;
};

struct ExplainFlags {
  std::string reference;
  VerifyingFlags verifying;
  OutputFlags output;
};

PolicyProblem problem_at(const Policy& policy, const PolicyPlace& place, std::string key, std::string message) {
  return {false, policy.files()[place.file], place.line, place.column, std::move(key), std::move(message)};
}

// What only shows with the keys at hand, and at this time.
void check_anchors(const Policy& policy, const PolicyKeyOpener& open, Time now, std::vector<PolicyProblem>& problems) {
  for (const PolicyAnchor& anchor : policy.anchors()) {
    for (const PolicyKey& key : anchor.keys) {
      if (const auto opened = open(policy, key); !opened)
        problems.push_back(problem_at(policy, key.place, "trust." + anchor.name + ".key", opened.error().message()));
    }
    if (!anchor.until || *anchor.until >= now) continue;
    problems.push_back(problem_at(policy, anchor.place, "trust." + anchor.name,
                                  "not trusted since " + base::format_time(*anchor.until)));
    problems.back().warning = true;
  }
  for (const PolicyKey& key : policy.revoked_keys()) {
    if (key.kind == PolicyKey::Kind::id) continue;
    if (const auto opened = open(policy, key); !opened)
      problems.push_back(problem_at(policy, key.place, "revoked.keys", opened.error().message()));
  }
}

// The exceptions that are open: whoever reads the report should know them.
std::vector<std::string> open_exceptions(const Policy& policy, Time now) {
  std::vector<std::string> lines;
  for (const PolicyRule& rule : policy.rules()) {
    for (const PolicyAccept& accept : rule.accept) {
      if (accept.until < now) continue;
      lines.push_back(policy.where(accept.place) + ": " + rule.match + " accepts " + accept.digest.text() + " until " +
                      base::format_time(accept.until) + ": " + base::printable(accept.reason));
    }
    if (!rule.enforce) lines.push_back(policy.where(rule.place) + ": " + rule.match + " only warns");
  }
  return lines;
}

base::Json problem_json(const PolicyProblem& problem) {
  return base::Json::object({{"severity", problem.warning ? "warning" : "error"},
                             {"file", problem.file},
                             {"line", static_cast<std::int64_t>(problem.line)},
                             {"column", static_cast<std::int64_t>(problem.column)},
                             {"key", problem.key},
                             {"message", problem.message}});
}

struct Report {
  std::vector<PolicyProblem> problems;
  std::vector<std::string> exceptions;
  std::size_t rules = 0;
  std::size_t anchors = 0;
};

Result<Report> inspect_policy(Context& context, const CheckFlags& flags) {
  HM_TRY(const auto sources, read_policy_sources(flags.files));
  Report report;
  report.problems = Policy::check(sources);
  const auto policy = Policy::load(sources);
  if (!policy) return report;
  const Time now = context.clock.now();
  KeyDesk desk(context, {.network = flags.network, .trust_file = flags.trust});
  const auto opener =
      policy_key_opener(context.environment, [&](const std::string& reference) { return desk.public_key(reference); });
  if (!flags.no_keys) check_anchors(*policy, opener, now, report.problems);
  report.exceptions = open_exceptions(*policy, now);
  report.rules = policy->rules().size();
  report.anchors = policy->anchors().size();
  return report;
}

void print_report(Output& output, const Report& report, std::size_t errors) {
  if (output.json()) {
    base::Json json = done();
    if (errors > 0) json = to_json(Error(Outcome::config, std::to_string(errors) + " errors in the policy"), "");
    base::Json::Array problems;
    for (const PolicyProblem& problem : report.problems) problems.push_back(problem_json(problem));
    json.set("problems", std::move(problems));
    json.set("exceptions", base::Json::Array(report.exceptions.begin(), report.exceptions.end()));
    output.result(json.dump());
  }
  for (const PolicyProblem& problem : report.problems) {
    if (problem.warning) {
      output.warning(problem.text());
    } else {
      output.error(problem.text() + " (config)", "");
    }
  }
  for (const std::string& exception : report.exceptions) output.note("exception: " + exception);
  if (errors == 0)
    output.note("policy is sound: " + std::to_string(report.rules) + " rules, " + std::to_string(report.anchors) +
                " anchors");
}

int check_policy(Context& context, const CheckFlags& flags) {
  std::size_t errors = 0;
  const int code = run(context, flags.output, "", [&]() -> Result<void> {
    HM_TRY(const Report report, inspect_policy(context, flags));
    errors = static_cast<std::size_t>(std::ranges::count(report.problems, false, &PolicyProblem::warning));
    print_report(context.output, report, errors);
    return {};
  });
  return code == 0 && errors > 0 ? exit_code(Outcome::config) : code;
}

// Of the rules that do not match, those that come nearest: the most leading parts in common.
std::vector<const PolicyRule*> nearest_rules(const Policy& policy, const Repository& repository) {
  const std::string name = repository.text();
  std::size_t best = 0;
  std::vector<const PolicyRule*> nearest;
  const auto matching = policy.rules_matching(repository);
  for (const PolicyRule& rule : policy.rules()) {
    if (std::ranges::find(matching, &rule) != matching.end()) continue;
    const auto differ = std::ranges::mismatch(rule.match, name);
    const auto common = static_cast<std::size_t>(differ.in1 - rule.match.begin());
    if (common < best || common < repository.registry().size()) continue;
    if (common > best) nearest.clear();
    best = common;
    if (nearest.size() < 3) nearest.push_back(&rule);
  }
  return nearest;
}

std::vector<std::string> other_rules(const Policy& policy, const Repository& repository) {
  std::vector<std::string> lines;
  const auto matching = policy.rules_matching(repository);
  for (std::size_t i = 1; i < matching.size(); ++i)
    lines.push_back("less specific: rule " + matching[i]->match + " (" + policy.where(matching[i]->place) + ")");
  for (const PolicyRule* rule : nearest_rules(policy, repository))
    lines.push_back("does not match, but is near: rule " + rule->match + " (" + policy.where(rule->place) + ")");
  return lines;
}

void print_explanation(Output& output, const Verdict& verdict, const std::string& image,
                       const std::vector<std::string>& others) {
  if (output.json()) {
    base::Json json = to_json(verdict);
    json.set("image", image);
    json.set("other_rules", base::Json::Array(others.begin(), others.end()));
    output.result(json.dump());
    return;
  }
  output.result(image + ": " + std::string(word(verdict.outcome)));
  if (verdict.policy)
    for (const std::string& line : tree_of(*verdict.policy)) output.result(line);
  for (const std::string& line : others) output.result(line);
  for (const std::string& line : findings_of(verdict)) output.result(line);
}

int explain_policy(Context& context, const ExplainFlags& flags) {
  Outcome outcome = Outcome::verified;
  const int code = run(context, flags.output, flags.reference, [&]() -> Result<void> {
    HM_TRY(const ImageName name, ImageName::parse(flags.reference));
    HM_TRY(ImageVerifier verifier, ImageVerifier::open(context, flags.verifying));
    if (verifier.desk() == nullptr) return fail(Outcome::usage, "--key has no rules to explain: pass --policy");
    HM_TRY(const Repository repository, verifier.repository_of(name));
    const auto others = other_rules(verifier.desk()->policy(), repository);
    std::string image;
    const auto verdict = verifier.verify(flags.reference, image);
    if (!verdict) {
      for (const std::string& line : others) context.output.note(line);
      return fail(verdict.error());
    }
    print_explanation(context.output, *verdict, image, others);
    print_verdict(context.output, *verdict, image);
    print_statistics(context.output, verifier.images());
    if (!verdict->admitted) outcome = verdict->outcome;
    return {};
  });
  return code != 0 ? code : exit_code(outcome);
}

}  // namespace

void add_policy_check(Command& policy, Context& context) {
  auto flags = std::make_shared<CheckFlags>();
  Command& command = policy.add("check", "Tell everything that is wrong with a policy, and what is open in it");
  command.details(
      "Errors exit with 40 (config). Warnings: anchors that no rule asks for or whose time is over, rules that are "
      "never "
      "the one that counts. Exceptions (accept rules, mode: warn) are listed.");
  command.examples({"hallmark policy check policy.yaml", "hallmark policy check -o json /etc/hallmark/policy.d"});
  command.positional(
      {.names = "FILE", .value = "", .help = "policy files, or folders of them: one policy together", .required = true},
      flags->files);
  command.option({.names = "--no-keys", .value = "", .help = "do not open the keys that the policy names"},
                 flags->no_keys);
  add_trust_flag(command, flags->trust);
  add_output_flags(command, flags->output);
  add_network_flags(command, flags->network, kKeyTimeoutHelp);
  command.action([&context, flags] { return check_policy(context, *flags); });
}

void add_policy_explain(Command& policy, Context& context) {
  auto flags = std::make_shared<ExplainFlags>();
  Command& command = policy.add("explain", "Show which rule decides on an image, and what of it is met or missing");
  command.details("Verifies as \"hallmark verify --policy\" does, with its exit codes, and shows each step.");
  command.examples({"hallmark policy explain --policy policy.yaml registry.example/shop/api:1.4",
                    "hallmark policy explain --policy policy.yaml --as registry.example/shop/api oci:build/image:1.4"});
  command.positional({.names = "REF",
                      .value = "",
                      .help = "image: a registry reference, oci:DIR[:TAG][@DIGEST], oci-archive:FILE[:TAG]",
                      .required = true},
                     flags->reference);
  add_verifying_flags(command, flags->verifying);
  add_output_flags(command, flags->output);
  command.action([&context, flags] { return explain_policy(context, *flags); });
}

void add_policy(Command& root, Context& context) {
  Command& policy = root.add("policy", "Check, explain, test, begin and sign policies");
  add_policy_check(policy, context);
  add_policy_explain(policy, context);
  add_policy_test(policy, context);
  add_policy_init(policy, context);
  add_policy_sign(policy, context);
}

}  // namespace hallmark::cmd
