// Which patterns are equally specific and can match one name.
#include <algorithm>
#include <limits>
#include <unordered_map>

#include "policy/pattern.h"

namespace hallmark::policy {
namespace {

std::string_view before_star(std::string_view segment) { return segment.substr(0, segment.find('*')); }
std::string_view after_star(std::string_view segment) { return segment.substr(segment.rfind('*') + 1); }

// Two segments with stars have a text in common if neither's beginning nor its end contradicts the other's: the stars
// take up whatever else there is.
bool parts_overlap(std::string_view a, std::string_view b) {
  const auto a_begin = before_star(a);
  const auto b_begin = before_star(b);
  const auto a_end = after_star(a);
  const auto b_end = after_star(b);
  return (a_begin.starts_with(b_begin) || b_begin.starts_with(a_begin)) &&
         (a_end.ends_with(b_end) || b_end.ends_with(a_end));
}

// Of one kind, as those of equal rank are.
bool segments_overlap(std::string_view a, std::string_view b) {
  return kind_of(a) == SegmentKind::literal ? a == b : parts_overlap(a, b);
}

// The segments before the first ** and those after the last: what lies between two ** contradicts nothing.
struct Ends {
  std::size_t lead;
  std::size_t trail;
};
Ends ends_of(const Pattern& pattern) {
  const auto& all = pattern.segments;
  const auto first = std::ranges::find(all, "**");
  if (first == all.end()) return {all.size(), 0};
  const auto last = std::ranges::find(all.rbegin(), all.rend(), "**");
  return {static_cast<std::size_t>(first - all.begin()), static_cast<std::size_t>(last - all.rbegin())};
}

const std::string& from_end(const Pattern& pattern, std::size_t i) {
  return pattern.segments[pattern.segments.size() - 1 - i];
}

// The same for patterns of equal rank and with the same literals at both ends: what is left to compare are the parts
// with stars.
std::string bucket_key(const Pattern& pattern) {
  std::string key = pattern.rank;
  const Ends ends = ends_of(pattern);
  const auto add = [&](const std::string& segment) {
    if (kind_of(segment) == SegmentKind::literal) key += '/' + segment;
  };
  for (std::size_t i = 0; i < ends.lead; ++i) add(pattern.segments[i]);
  key += "//";
  for (std::size_t i = 0; i < ends.trail; ++i) add(from_end(pattern, i));
  return key;
}

// One way of sorting a bucket: by the beginning or (backwards) the end of one of the parts with stars.
std::vector<std::string> views_of(const Pattern& pattern) {
  std::vector<std::string> views;
  const Ends ends = ends_of(pattern);
  const auto add = [&](const std::string& segment) {
    if (kind_of(segment) != SegmentKind::partial) return;
    views.emplace_back(before_star(segment));
    const auto end = after_star(segment);
    views.emplace_back(end.rbegin(), end.rend());
  };
  for (std::size_t i = 0; i < ends.lead; ++i) add(pattern.segments[i]);
  for (std::size_t i = 0; i < ends.trail; ++i) add(from_end(pattern, i));
  return views;
}

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;
using Sorted = std::vector<std::pair<std::string, std::size_t>>;  // view, pattern

// Calls `compare` for every two whose views do not contradict each other: in sorted order, what a text is the beginning
// of follows it directly. Returns how many there are; stops above `most`.
template <class Compare>
std::size_t sweep(const Sorted& sorted, std::size_t most, const Compare& compare) {
  std::vector<std::size_t> open;  // those whose view is the beginning of the one at hand
  std::size_t count = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    while (!open.empty() && !sorted[i].first.starts_with(sorted[open.back()].first)) open.pop_back();
    count += open.size();
    if (count > most) return count;
    for (const std::size_t other : open) compare(sorted[other].second, sorted[i].second);
    open.push_back(i);
  }
  return count;
}

void pairs_of_bucket(const std::vector<const Pattern*>& patterns, const std::vector<std::size_t>& members,
                     Pairs& into) {
  const std::size_t views = views_of(*patterns[members.front()]).size();
  if (views == 0) {  // nothing but literals, * and **: all of them are equal
    for (std::size_t i = 1; i < members.size(); ++i) into.emplace_back(members[i - 1], members[i]);
    return;
  }
  Sorted best;
  std::size_t fewest = std::numeric_limits<std::size_t>::max();
  for (std::size_t view = 0; view < views; ++view) {
    Sorted sorted;
    for (const std::size_t member : members) sorted.emplace_back(views_of(*patterns[member])[view], member);
    std::ranges::sort(sorted);
    const std::size_t count = sweep(sorted, fewest, [](std::size_t, std::size_t) {});
    if (count >= fewest) continue;
    fewest = count;
    best = std::move(sorted);
  }
  std::vector<bool> paired(patterns.size());
  sweep(best, fewest, [&](std::size_t a, std::size_t b) {
    if ((paired[a] && paired[b]) || !overlap(*patterns[a], *patterns[b])) return;
    paired[a] = paired[b] = true;
    into.emplace_back(std::min(a, b), std::max(a, b));
  });
}

}  // namespace

bool overlap(const Pattern& a, const Pattern& b) {
  if (a.rank != b.rank) return false;
  const Ends ends = ends_of(a);
  for (std::size_t i = 0; i < ends.lead; ++i) {
    if (!segments_overlap(a.segments[i], b.segments[i])) return false;
  }
  for (std::size_t i = 0; i < ends.trail; ++i) {
    if (!segments_overlap(from_end(a, i), from_end(b, i))) return false;
  }
  return true;
}

std::vector<std::pair<std::size_t, std::size_t>> equal_pairs(const std::vector<const Pattern*>& patterns) {
  std::unordered_map<std::string, std::size_t> bucket_of;
  std::vector<std::vector<std::size_t>> buckets;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const auto [at, added] = bucket_of.emplace(bucket_key(*patterns[i]), buckets.size());
    if (added) buckets.emplace_back();
    buckets[at->second].push_back(i);
  }
  Pairs pairs;
  for (const auto& bucket : buckets) {
    if (bucket.size() > 1) pairs_of_bucket(patterns, bucket, pairs);
  }
  std::ranges::sort(pairs);
  return pairs;
}

}  // namespace hallmark::policy
