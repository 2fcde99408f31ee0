// Pattern: which repositories a rule is about, compared segment by segment.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/reference.h"

namespace hallmark::policy {

enum class SegmentKind : std::uint8_t { literal, partial, any, spanning };  // "api", "api-*", "*", "**"
[[nodiscard]] SegmentKind kind_of(std::string_view segment);

struct Pattern {
  std::vector<std::string> segments;  // the registry first; normalised as references are
  // One letter a segment and one for the end; of two patterns that match a name, the one with the smaller text is the
  // more specific: literal, partial, any, the end, spanning.
  std::string rank;

  // "registry.example/prod/**". Kind of errors: config.
  [[nodiscard]] static Result<Pattern> parse(std::string_view text);
  // `*` within one segment, `**` any number of them (none, too); anchored at both ends.
  [[nodiscard]] bool matches(const std::vector<std::string>& name) const;
};

// A repository as patterns see it: the registry (without :443, which is where HTTPS is anyway), then each part.
[[nodiscard]] std::vector<std::string> segments_of(const Repository& repository);

// Whether a segment of a name fits one of a pattern that is not `**`.
[[nodiscard]] bool fits(std::string_view pattern, std::string_view segment);

// Whether the two compare equal and some name matches both. Conservative: names that no registry would take count as
// names.
[[nodiscard]] bool overlap(const Pattern& a, const Pattern& b);

// Pairs (by index) of patterns that compare equal and overlap, so that neither is the more specific: each pattern is in
// at least one pair if it is in any. Work grows with the patterns, not with their pairs, unless thousands differ in
// nothing but where their stars stand.
[[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> equal_pairs(const std::vector<const Pattern*>& patterns);

}  // namespace hallmark::policy
