// A pattern a line, then names: the index finds exactly what the plain definition matches, in the order of rank;
// patterns that are not called equal never both match a name with the same rank.
#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>

#include "policy/pattern.h"
#include "policy/rule_index.h"

using namespace hallmark;
using policy::Pattern;

namespace {

void check_name(const std::vector<Pattern>& patterns, const policy::RuleIndex& index,
                const std::set<std::size_t>& equal, const std::vector<std::string>& name) {
  std::vector<std::size_t> expected;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (!equal.contains(i) && patterns[i].matches(name)) expected.push_back(i);
  }
  std::ranges::sort(expected, [&](auto a, auto b) { return patterns[a].rank < patterns[b].rank; });
  for (std::size_t i = 1; i < expected.size(); ++i) {
    if (patterns[expected[i - 1]].rank == patterns[expected[i]].rank) std::abort();
  }
  if (index.matching(name) != expected) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  std::istringstream lines(std::string(reinterpret_cast<const char*>(data), size));
  std::vector<Pattern> patterns;
  std::vector<std::vector<std::string>> names;
  for (std::string line; std::getline(lines, line) && patterns.size() < 40;) {
    if (auto pattern = Pattern::parse(line)) patterns.push_back(*std::move(pattern));
    if (const auto repository = Repository::parse(line)) names.push_back(policy::segments_of(*repository));
  }
  std::vector<const Pattern*> pointers;
  for (const auto& pattern : patterns) pointers.push_back(&pattern);
  std::set<std::size_t> equal;
  for (const auto& [a, b] : policy::equal_pairs(pointers)) {
    if (!policy::overlap(patterns[a], patterns[b])) std::abort();
    equal.insert({a, b});
  }
  policy::RuleIndex index;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (!equal.contains(i)) index.add(patterns[i], i);
  }
  for (const auto& name : names) check_name(patterns, index, equal, name);
  return 0;
}
