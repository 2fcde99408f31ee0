// The tables of docs/policy.md, row by row.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "policy/pattern.h"
#include "unit/policy/people.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

using Row = std::vector<std::string>;

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// The words in `backticks` of a cell, or the words of a cell without any.
std::vector<std::string> words_of(const std::string& cell) {
  std::vector<std::string> words;
  std::istringstream stream(cell);
  const bool ticks = cell.find('`') != std::string::npos;
  if (ticks) {
    std::string skipped;
    std::string word;
    while (std::getline(stream, skipped, '`') && std::getline(stream, word, '`')) words.push_back(word);
    return words;
  }
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::vector<Row> table(const std::string& name) {
  const char* source = std::getenv("HALLMARK_SOURCE");
  REQUIRE(source != nullptr);
  std::ifstream file(std::string(source) + "/docs/policy.md");
  REQUIRE(file);
  std::vector<Row> rows;
  bool inside = false;
  int heading = 0;
  for (std::string line; std::getline(file, line);) {
    if (line == "<!-- table: " + name + " -->") {
      inside = true;
      heading = 2;
    } else if (inside && line.starts_with('|')) {
      if (heading-- > 0) continue;
      Row row;
      std::istringstream cells(line.substr(1));
      for (std::string cell; std::getline(cells, cell, '|');) row.push_back(trimmed(cell));
      rows.push_back(row);
    } else {
      inside = false;
    }
  }
  REQUIRE(rows.size() > 5);
  return rows;
}

}  // namespace

TEST_CASE("the table of matches in docs/policy.md holds [attack 27, 38]") {
  for (const auto& row : table("match")) {
    const auto pattern = policy::Pattern::parse(words_of(row.at(0)).at(0));
    const auto image = Reference::parse(words_of(row.at(1)).at(0));
    CAPTURE(row.at(0), row.at(1));
    REQUIRE(pattern);
    const std::string said = !image                                                       ? "not a name"
                             : pattern->matches(policy::segments_of(image->repository())) ? "yes"
                                                                                          : "no";
    CHECK(said == row.at(2));
  }
}

TEST_CASE("the table of specificity in docs/policy.md holds [attack 38]") {
  for (const auto& row : table("specificity")) {
    std::string text = "version: 1\nrules:\n";
    for (const auto& rule : words_of(row.at(1))) text += "  - {match: \"" + rule + "\", reject: x}\n";
    CAPTURE(text);
    const auto loaded = Policy::load({{"p.yaml", text}});
    std::string said = "error";
    if (loaded) {
      const auto* rule = loaded->rule_for(Reference::parse(words_of(row.at(0)).at(0))->repository());
      said = rule == nullptr ? "none" : rule->match;
    }
    CHECK(said == words_of(row.at(2)).at(0));
  }
}

TEST_CASE("the table of requirements in docs/policy.md holds [attack 8, 43]") {
  for (const auto& row : table("require")) {
    const auto loaded = load(
        "version: 1\ntrust:\n  a: {key: k1}\n  b: {key: [k2, k3]}\n  c: {key: [k1, k2]}\n  past: {key: k4, until: "
        "1970-01-02}\nrules:\n  - match: \"**\"\n    require: " +
        words_of(row.at(0)).at(0) + "\n");
    const auto demand = PolicyDemand::of(loaded, &loaded.rules().front(), open_named);
    REQUIRE(demand);
    std::vector<PolicyProof> proofs;
    for (const auto& key : words_of(row.at(1))) proofs.push_back({.key = key_named("k" + key).id()});
    const auto answer = weigh(*demand, proofs, at(1'000'000));
    CAPTURE(row.at(0), row.at(1));
    CHECK(word(answer.outcome.value_or(proofs.empty() ? Outcome::unsigned_ : Outcome::untrusted)) == row.at(2));
  }
}
