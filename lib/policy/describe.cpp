#include "policy/describe.h"

#include <algorithm>

namespace hallmark::policy {
namespace {

std::string inner(const PolicyNode& node) {
  if (node.of.empty()) return node.text + ": " + node.detail;
  if (node.of.size() == 1) return inner(node.of.front());
  std::string text = node.text + " " + std::to_string(node.of.size()) + ", " +
                     std::to_string(std::ranges::count_if(node.of, &PolicyNode::met)) + " met (";
  const char* separator = "";
  for (const auto& part : node.of) {
    if (part.met) continue;
    text += separator + inner(part);
    separator = "; ";
  }
  return text + ")";
}

}  // namespace

std::string describe(const PolicyRequirement& requirement) {
  switch (requirement.word) {
    case PolicyRequirement::Word::anchor:
      return requirement.name;
    case PolicyRequirement::Word::any:
      return "any of";
    case PolicyRequirement::Word::all:
      return "all of";
    case PolicyRequirement::Word::at_least:
      return "at least " + std::to_string(requirement.needed) + " of";
  }
  return {};
}

std::string describe(std::chrono::seconds duration) {
  const auto count = duration.count();
  if (count % 86400 == 0 && count > 86400) return std::to_string(count / 86400) + "d";
  if (count % 3600 == 0) return std::to_string(count / 3600) + "h";
  if (count % 60 == 0) return std::to_string(count / 60) + "m";
  return std::to_string(count) + "s";
}

std::string what_is_missing(const PolicyNode& tree) {
  for (const auto& part : tree.of) {
    if (!part.met) return "the " + part.text + " that the policy asks for is missing: " + inner(part);
  }
  return {};
}

}  // namespace hallmark::policy
