#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/time.h"
#include "node/check_files.h"
#include "node/doctor.h"

namespace hallmark::node {
namespace {

constexpr auto kSoon = std::chrono::days(30);

std::string counted(std::size_t number, const char* what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

void check_anchors(const Policy& policy, Time now, Diagnoses& out) {
  for (const PolicyAnchor& anchor : policy.anchors()) {
    const std::string name = "anchor " + base::printable(anchor.name, 100);
    const std::string where = policy.where(anchor.place);
    if (anchor.until && *anchor.until < now) {
      out.push_back({"anchor-expired", Severity::error, name + " is over since " + base::format_time(*anchor.until),
                     where, "sign with another key and trust that, or set a later `until`"});
    } else if (anchor.until && *anchor.until - now <= kSoon) {
      out.push_back({"anchor-expiring", Severity::warning, name + " is over on " + base::format_time(*anchor.until),
                     where, "trust its successor now, beside it"});
    }
    if (anchor.from && *anchor.from > now)
      out.push_back({"anchor-not-yet", Severity::warning, name + " begins on " + base::format_time(*anchor.from), where,
                     "nothing, if that is meant; else the clock of this machine is wrong"});
  }
}

void check_rules(const Policy& policy, Time now, Diagnoses& out) {
  for (const PolicyRule& rule : policy.rules()) {
    const std::string match = base::printable(rule.match, 200);
    const std::string where = policy.where(rule.place);
    if (!rule.enforce)
      // Of nothing but wildcards: "**", "*/**".
      out.push_back({"rule-accepts-anything",
                     rule.match.find_first_not_of("*/") == std::string::npos ? Severity::error : Severity::warning,
                     "the rule for " + match + " warns and admits: every image there runs unless it is revoked", where,
                     "take `mode: warn` out once \"hallmark verify\" finds its images signed"});
    for (const PolicyAccept& accept : rule.accept) {
      if (accept.until < now) continue;
      out.push_back({"accept-open", Severity::warning,
                     "break glass: " + accept.digest.text() + " runs for " + match + " whoever signed it, until " +
                         base::format_time(accept.until) + ": " + base::printable(accept.reason, 200),
                     policy.where(accept.place), "take it out once the image is signed"});
    }
  }
}

void check_modes(const NodeFacts& facts, Diagnoses& out) {
  for (const FileFacts& file : facts.policy.files) {
    if (auto problem = check_file(file, facts.owner, "policy-mode")) out.push_back(*std::move(problem));
  }
}

void check_content(const NodeFacts& facts, Diagnoses& out) {
  const PolicyFacts& policy = facts.policy;
  for (const PolicyProblem& problem : policy.problems) {
    out.push_back({problem.warning ? "policy-warning" : "policy-invalid",
                   problem.warning ? Severity::warning : Severity::error,
                   (problem.key.empty() ? "" : problem.key + ": ") + problem.message,
                   problem.file + ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column),
                   problem.warning ? "take it out, or correct it" : "correct it; until then every pull is refused"});
  }
  for (const std::string& key : policy.missing_keys)
    out.push_back({"key-missing", Severity::error, "the key " + key + ", is not there: what needs it is refused", "",
                   "put the public key there"});
  for (const std::string& key : policy.useless_keys)
    out.push_back({"key-unusable", Severity::error, "the key " + key + "; every pull that it is about is refused", "",
                   "put the public key there, as PEM"});
  if (policy.bad_trust)
    out.push_back({"trust-invalid", Severity::error, policy.bad_trust->message() + ": every pull is refused",
                   policy.trust_file, "write it anew with \"hallmark trust pin\""});
  for (const auto& key : policy.unpinned_keys)
    out.push_back({"key-not-pinned", Severity::error,
                   "the key " + key.reference + " is not pinned in " + policy.trust_file +
                       ", and hallmark-verifier asks no key service; every pull that it is about is refused",
                   key.where, "hallmark trust pin --trust " + policy.trust_file + " " + key.reference});
  if (!policy.policy) return;
  check_anchors(*policy.policy, facts.now, out);
  check_rules(*policy.policy, facts.now, out);
}

}  // namespace

std::optional<Diagnosis> check_file(const FileFacts& file, ::uid_t owner, const char* id) {
  if (file.kind == FileFacts::Kind::missing) return std::nullopt;
  constexpr std::array<char, 9> kDigits = {"01234567"};
  std::string mode;
  for (const unsigned shift : {9u, 6u, 3u, 0u}) mode += kDigits.at((file.mode >> shift) & 7u);
  if (file.owner != owner && file.owner != 0)
    return Diagnosis{id, Severity::error,
                     "belongs to user " + std::to_string(file.owner) + ", who can change what may run here", file.path,
                     "chown " + std::to_string(owner) + " " + file.path};
  if (file.writable_by_others())
    return Diagnosis{id, Severity::error, "others may write it (mode " + mode + ") and change what may run here",
                     file.path, "chmod go-w " + file.path};
  return std::nullopt;
}

void check_policy(const NodeFacts& facts, Diagnoses& out) {
  const PolicyFacts& policy = facts.policy;
  const std::size_t before = out.size();
  if (policy.settings) {
    out.push_back({"settings-invalid", Severity::error, policy.settings->message(), "",
                   "correct it; until then every pull is refused"});
  } else if (policy.unreadable) {
    out.push_back({"policy-unreadable", Severity::error, policy.unreadable->message(), policy.folder,
                   "run this as root; if root cannot read it, every pull is refused"});
  } else if (!policy.policy && policy.problems.empty()) {
    out.push_back(
        {"policy-missing", Severity::error,
         "there is no policy: hallmark-verifier refuses every image, and without it containerd runs every image",
         policy.folder, "put a policy file (*.yaml) there; docs/policy.md describes it"});
  }
  if (policy.not_trusted)
    out.push_back({"policy-not-trusted", Severity::error, policy.not_trusted->message() + ": every pull is refused",
                   policy.folder, policy.not_trusted->hint()});
  check_content(facts, out);
  check_modes(facts, out);
  if (out.size() == before && policy.policy)
    out.push_back({"policy", Severity::ok,
                   counted(policy.policy->rules().size(), "rule") + " and " +
                       counted(policy.policy->anchors().size(), "anchor") + ", which root alone can change",
                   policy.folder, ""});
}

}  // namespace hallmark::node
