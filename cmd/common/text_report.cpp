#include "cmd/common/text_report.h"

#include "base/encoding.h"
#include "hallmark/outcome.h"

namespace hallmark::cmd {

namespace {

std::string with_word(std::string_view message, Outcome outcome) {
  return std::string(message) + " (" + std::string(word(outcome)) + ")";
}

std::string_view mark_of(Check::State state) {
  switch (state) {
    case Check::State::passed:
      return "passed";
    case Check::State::failed:
      return "FAILED";
    case Check::State::skipped:
      return "skipped";
  }
  return "skipped";
}

void list_findings(const Verdict& verdict, std::vector<std::string>& lines) {
  for (const Finding& finding : verdict.findings) {
    std::string line = "  " + std::string(name(finding.format)) + " " + base::printable(finding.source) + ": " +
                       std::string(word(finding.outcome));
    if (!finding.key.empty()) line += ", key " + base::printable(short_id(finding.key));
    if (!finding.reason.empty()) line += ": " + base::printable(finding.reason);
    lines.push_back(std::move(line));
    for (const Check& check : finding.checks)
      lines.push_back("    " + std::string(mark_of(check.state)) + " " + check.name +
                      (check.detail.empty() ? "" : ": " + base::printable(check.detail)));
  }
  for (const Verdict& child : verdict.children) {
    lines.push_back("  " + (child.platform ? child.platform->text() + " " : "") + child.digest.text() + ": " +
                    std::string(word(child.outcome)));
    list_findings(child, lines);
  }
}

// A reference without digest and tag: what a message that speaks of the image names in any case.
std::string_view place_of(std::string_view reference) {
  reference = reference.substr(0, reference.find('@'));
  const std::size_t colon = reference.rfind(':');
  const std::size_t slash = reference.rfind('/');
  const bool tagged = colon != std::string_view::npos && (slash == std::string_view::npos || slash < colon) &&
                      reference.substr(0, colon) != "oci" && reference.substr(0, colon) != "oci-archive";
  return tagged ? reference.substr(0, colon) : reference;
}

// By whom, if by one; how the rule was met, where there is one.
std::string signed_by(const Verdict& verdict) {
  if (verdict.policy && verdict.outcome == Outcome::accepted)
    return " by " + verdict.policy->place + ": " + base::printable(verdict.policy->tree.detail);
  if (verdict.policy) return " by rule " + verdict.policy->rule + " (" + verdict.policy->place + ")";
  for (const Finding& finding : verdict.findings)
    if (finding.outcome == Outcome::verified)
      return " by key " + short_id(finding.key) + " (" + std::string(name(finding.format)) + ")";
  return {};
}

std::string describe(const Attached& attached) {
  std::string line = attached.kind + "  " + base::printable(attached.format) + "  " + attached.descriptor.digest.text();
  if (!attached.key_hint.empty()) line += "  key " + base::printable(short_id(attached.key_hint));
  if (!attached.predicate_type.empty() && attached.kind != "signature")
    line += "  " + base::printable(attached.predicate_type);
  if (!attached.docker_reference.empty()) line += "  for " + base::printable(attached.docker_reference);
  for (const auto& [key, value] : attached.annotations)
    line += "  " + base::printable(std::string(key).append("=").append(value));
  for (const std::string& entry : attached.log_entries) line += "  log " + base::printable(entry);
  line += "  (" + attached.found_by + ")";
  if (attached.problem) line += "  PROBLEM: " + base::printable(attached.problem->message());
  return line;
}

void grow(std::vector<std::string>& lines, const Inspection& inspection, const std::string& indent) {
  const std::size_t branches = inspection.attached.size() + inspection.problems.size() + inspection.children.size();
  std::size_t branch = 0;
  const auto next = [&] { return indent + (++branch == branches ? "└─ " : "├─ "); };
  for (const Attached& attached : inspection.attached) lines.push_back(next() + describe(attached));
  for (const Error& problem : inspection.problems)
    lines.push_back(next() + "PROBLEM: " + base::printable(problem.message()));
  for (const Inspection& child : inspection.children) {
    const std::string platform = child.image.platform ? child.image.platform->text() : "manifest";
    const std::string line = next() + platform + "  " + child.image.digest.text();
    lines.push_back(line + (child.attached.empty() && child.problems.empty() ? "  (nothing attached)" : ""));
    grow(lines, child, indent + (branch == branches ? "   " : "│  "));
  }
}

void grow(std::vector<std::string>& lines, const PolicyNode& node, const std::string& indent) {
  for (std::size_t i = 0; i < node.of.size(); ++i) {
    const PolicyNode& part = node.of[i];
    const bool last = i + 1 == node.of.size();
    lines.push_back(indent + (last ? "└─ " : "├─ ") + (part.met ? "met      " : "MISSING  ") +
                    base::printable(part.text) + (part.detail.empty() ? "" : ": " + base::printable(part.detail)));
    grow(lines, part, indent + (last ? "   " : "│  "));
  }
}

}  // namespace

std::vector<std::string> findings_of(const Verdict& verdict) {
  std::vector<std::string> lines;
  list_findings(verdict, lines);
  return lines;
}

std::vector<std::string> tree_of(const PolicyExplanation& explained) {
  std::vector<std::string> lines;
  lines.push_back(explained.rule.empty() ? "no rule matches"
                                         : "rule " + explained.rule + " (" + explained.place + ")" +
                                               (explained.warns ? ", which only warns" : ""));
  if (explained.tree.of.empty()) {
    lines.push_back("└─ " + base::printable(explained.tree.text) +
                    (explained.tree.detail.empty() ? "" : ": " + base::printable(explained.tree.detail)));
  }
  grow(lines, explained.tree, "");
  return lines;
}

std::string short_id(std::string_view id) {
  constexpr std::size_t kShown = 12;
  return std::string(id.substr(0, kShown)) + (id.size() > kShown ? "…" : "");
}

void print_verdict(Output& output, const Verdict& verdict, std::string_view image) {
  if (verdict.admitted && !verdict.enforced) {
    output.warning(with_word("admitted " + std::string(image) + " although: " + verdict.reason, verdict.outcome),
                   "the rule only warns");
  } else if (verdict.admitted) {
    output.note(std::string(word(verdict.outcome)) + " " + std::string(image) + signed_by(verdict));
  } else {
    const bool named = verdict.reason.find(verdict.digest.hex()) != std::string::npos;
    const std::string_view what = named ? place_of(image) : image;
    output.error(with_word(std::string(what) + ": " + verdict.reason, verdict.outcome), verdict.hint);
  }
  if (!output.verbose()) return;
  for (const std::string& line : findings_of(verdict)) output.detail(line);
}

void print_error(Output& output, const Error& error, std::string_view reference) {
  const bool named = error.message().find(place_of(reference)) != std::string::npos;
  const std::string message = (named ? "" : base::printable(reference) + ": ") + error.message();
  output.error(with_word(message, error.kind()), error.hint());
}

std::vector<std::string> tree_of(const Inspection& inspection) {
  std::vector<std::string> lines{inspection.reference};
  if (inspection.attached.empty() && inspection.children.empty() && inspection.problems.empty())
    lines.emplace_back("└─ nothing attached");
  grow(lines, inspection, "");
  return lines;
}

}  // namespace hallmark::cmd
