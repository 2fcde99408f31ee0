#include "policy/rule_index.h"

#include <algorithm>
#include <charconv>

namespace hallmark::policy {
namespace {

std::string child_key(std::uint32_t node, std::string_view segment) {
  std::string key(11, '\0');
  const auto end = std::to_chars(key.data(), key.data() + key.size(), node).ptr;
  key.resize(static_cast<std::size_t>(end - key.data()));
  key += '/';
  key += segment;
  return key;
}

void add_once(std::vector<std::uint32_t>& nodes, std::uint32_t node) {
  if (std::ranges::find(nodes, node) == nodes.end()) nodes.push_back(node);
}

}  // namespace

RuleIndex::Node RuleIndex::new_node(bool is_spanning) {
  nodes_.push_back({.is_spanning = is_spanning});
  return static_cast<Node>(nodes_.size() - 1);
}

void RuleIndex::add_partial(Node node, const std::string& segment, Node child) {
  const std::string beginning = segment.substr(0, segment.find('*'));
  auto& partials = partials_[node];
  if (std::ranges::find(partials.lengths, beginning.size()) == partials.lengths.end()) {
    partials.lengths.push_back(beginning.size());
  }
  partials.by_beginning[beginning].push_back({segment, child});
}

RuleIndex::Node RuleIndex::child_of(Node node, const std::string& segment) {
  switch (kind_of(segment)) {
    case SegmentKind::literal:
    case SegmentKind::partial: {
      const auto [at, added] = children_.emplace(child_key(node, segment), kNone);
      if (!added) return at->second;
      const Node child = at->second = new_node();
      if (kind_of(segment) == SegmentKind::partial) add_partial(node, segment, child);
      return child;
    }
    case SegmentKind::any:
      if (nodes_[node].any == kNone) {
        const Node child = new_node();
        nodes_[node].any = child;
      }
      return nodes_[node].any;
    case SegmentKind::spanning:
      if (nodes_[node].spanning == kNone) {
        const Node child = new_node(true);
        nodes_[node].spanning = child;
      }
      return nodes_[node].spanning;
  }
  return node;
}

void RuleIndex::add(const Pattern& pattern, std::size_t rule) {
  Node node = 0;
  for (const auto& segment : pattern.segments) node = child_of(node, segment);
  nodes_[node].rule = static_cast<std::uint32_t>(rules_.size());
  ranks_.push_back(pattern.rank);
  rules_.push_back(rule);
}

// A node, and the one behind ** at once: it spans no segment, too.
void RuleIndex::enter(Node node, std::vector<Node>& into) const {
  add_once(into, node);
  if (nodes_[node].spanning != kNone) add_once(into, nodes_[node].spanning);
}

void RuleIndex::step(Node node, const std::string& segment, std::vector<Node>& into) const {
  if (nodes_[node].is_spanning) enter(node, into);
  if (const auto at = children_.find(child_key(node, segment)); at != children_.end()) enter(at->second, into);
  if (nodes_[node].any != kNone) enter(nodes_[node].any, into);
  const auto partials = partials_.find(node);
  if (partials == partials_.end()) return;
  for (const std::size_t length : partials->second.lengths) {
    if (length > segment.size()) continue;
    const auto list = partials->second.by_beginning.find(segment.substr(0, length));
    if (list == partials->second.by_beginning.end()) continue;
    for (const auto& partial : list->second) {
      if (fits(partial.segment, segment)) enter(partial.child, into);
    }
  }
}

std::vector<std::size_t> RuleIndex::matching(const std::vector<std::string>& name) const {
  std::vector<Node> nodes;
  enter(0, nodes);
  for (const auto& segment : name) {
    std::vector<Node> next;
    for (const Node node : nodes) step(node, segment, next);
    nodes = std::move(next);
  }
  std::vector<std::uint32_t> found;
  for (const Node node : nodes) {
    if (nodes_[node].rule != kNone) found.push_back(nodes_[node].rule);
  }
  std::ranges::sort(found, [&](auto a, auto b) { return ranks_[a] < ranks_[b]; });
  std::vector<std::size_t> rules;
  for (const auto at : found) rules.push_back(rules_[at]);
  return rules;
}

}  // namespace hallmark::policy
