#include <algorithm>

#include "base/encoding.h"
#include "policy/assignment.h"
#include "policy/merge.h"

namespace hallmark::policy {
namespace {

void mark_used(const PolicyRequirement& requirement, std::vector<bool>& used) {
  for (const auto* leaf : leaves_of(requirement)) used[leaf->anchor] = true;
}

void note(const Policy::Parts& parts, const PolicyPlace& place, std::string key, std::string message,
          std::vector<PolicyProblem>& problems) {
  problems.push_back({true, parts.files[place.file], place.line, place.column, std::move(key), std::move(message)});
}

void note_unused_anchors(const Policy::Parts& parts, std::vector<PolicyProblem>& problems) {
  std::vector<bool> used(parts.anchors.size());
  for (const auto& rule : parts.rules) {
    if (rule.require) mark_used(*rule.require, used);
    for (const auto& attestation : rule.attestations) mark_used(attestation.by, used);
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    const auto& anchor = parts.anchors[i];
    if (!used[i]) note(parts, anchor.place, "trust." + anchor.name, "no rule asks for this anchor", problems);
  }
}

// A name that the pattern matches, with `spanned` parts for each **, and with words where the stars are that nobody
// else will have thought of.
std::vector<std::string> witness(const Pattern& pattern, std::size_t spanned) {
  const std::string word = "zq0q";
  std::vector<std::string> name;
  for (const auto& segment : pattern.segments) {
    if (kind_of(segment) == SegmentKind::spanning) {
      name.insert(name.end(), spanned, word);
      continue;
    }
    std::string& part = name.emplace_back();
    for (const char c : segment) part += c == '*' ? word : std::string(1, c);
  }
  return name;
}

// Whether some image that the rule is about is left to it by more specific ones: r.test/*/** takes all of
// r.test/**/api.
bool can_win(const Policy::Parts& parts, const Pattern& pattern, std::size_t rule) {
  constexpr std::size_t kMostSpanned = 4;
  for (std::size_t spanned = 0; spanned <= kMostSpanned; ++spanned) {
    const auto name = witness(pattern, spanned);
    if (name.size() < 2) continue;
    const auto found = parts.index.matching(name);
    if (!found.empty() && found.front() == rule) return true;
  }
  return false;
}

}  // namespace

void note_warnings(const Policy::Parts& parts, const std::vector<Pattern>& patterns,
                   std::vector<PolicyProblem>& problems) {
  const bool sound = problems.empty();  // else what seems unused may only be misspelt
  if (sound) note_unused_anchors(parts, problems);
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const auto& rule = parts.rules[i];
    if (sound && !can_win(parts, patterns[i], i)) {
      note(parts, rule.place, "match", "more specific rules take every image that this one is about", problems);
    }
    for (const auto& accept : rule.accept) {
      if (!rule.enforce)
        note(parts, accept.place, "accept", "the rule only warns: it lets in more than this", problems);
    }
  }
}

}  // namespace hallmark::policy
