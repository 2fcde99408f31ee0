#include "cmd/common/nearest.h"

#include <algorithm>

namespace hallmark::cmd {

namespace {

// Levenshtein's: insertions, deletions and replacements.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() <= 2 && candidate.starts_with('-')) continue;  // a short flag is near to every other
    const std::size_t away = distance(word, candidate);
    if (away >= least || away >= candidate.size()) continue;
    least = away;
    best = candidate;
  }
  return best;
}

}  // namespace hallmark::cmd
