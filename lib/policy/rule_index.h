// RuleIndex: finds the rules that match a repository among thousands, by a tree of segments.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/pattern.h"

namespace hallmark::policy {

class RuleIndex {
 public:
  // `rule` is the caller's number for it. Patterns that are the same word for word: the last one is found.
  void add(const Pattern& pattern, std::size_t rule);
  // The numbers of those that match, the most specific first.
  [[nodiscard]] std::vector<std::size_t> matching(const std::vector<std::string>& name) const;

 private:
  using Node = std::uint32_t;
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Links {
    Node any = kNone;       // behind *
    Node spanning = kNone;  // behind **
    bool is_spanning = false;
    std::uint32_t rule = kNone;  // index into ranks_ and rules_
  };
  // Segments with stars, by what stands before the first: of a thousand, only those that begin like the name are tried.
  struct Partial {
    std::string segment;
    Node child;
  };
  struct Partials {
    std::vector<std::size_t> lengths;  // of the beginnings that occur, each once
    std::unordered_map<std::string, std::vector<Partial>> by_beginning;
  };

  [[nodiscard]] Node child_of(Node node, const std::string& segment);
  [[nodiscard]] Node new_node(bool is_spanning = false);
  void add_partial(Node node, const std::string& segment, Node child);
  void enter(Node node, std::vector<Node>& into) const;
  void step(Node node, const std::string& segment, std::vector<Node>& into) const;

  std::vector<Links> nodes_{Links{}};
  std::unordered_map<std::string, Node> children_;  // "<node>/<segment>", with stars or without
  std::unordered_map<Node, Partials> partials_;
  std::vector<std::string> ranks_;
  std::vector<std::size_t> rules_;
};

}  // namespace hallmark::policy
