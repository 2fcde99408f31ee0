#include "policy/pattern.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/try.h"

namespace hallmark::policy {
namespace {

constexpr std::string_view kNameBytes = "abcdefghijklmnopqrstuvwxyz0123456789._-*";
constexpr std::string_view kHostBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]_*";

std::unexpected<Error> refuse(std::string_view why) { return fail(Outcome::config, std::string(why)); }

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const auto slash = text.find('/');
    parts.emplace_back(text.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    text.remove_prefix(slash + 1);
  }
}

bool has_star(std::string_view segment) { return segment.find('*') != std::string_view::npos; }

void lower(std::string& text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

void drop_default_port(std::string& registry) {
  if (registry.ends_with(":443")) registry.resize(registry.size() - 4);
}

std::string_view fault_in_segment(std::string_view segment, bool first) {
  if (segment.empty()) return "it has an empty part: leave out the scheme, and slashes at its ends";
  if (segment == "**") return {};
  if (segment.find("**") != std::string_view::npos) return "** spans whole parts and stands alone between slashes";
  if (segment.find('@') != std::string_view::npos || (!first && segment.find(':') != std::string_view::npos)) {
    return "a rule is about repositories, never about tags or digests";
  }
  if (first) return segment.find_first_not_of(kHostBytes) == std::string_view::npos ? "" : "its registry is no host";
  if (segment.find('%') != std::string_view::npos) return "names are written as they are, without % escapes";
  if (std::ranges::any_of(segment, [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return "the path of a repository is lower case";
  }
  return segment.find_first_not_of(kNameBytes) == std::string_view::npos
             ? ""
             : "it has a character that no repository's name has";
}

// Whether a name could look like this: with each star replaced by something.
std::string_view fault_in_shape(const std::vector<std::string>& segments) {
  std::string name;
  for (const auto& segment : segments) {
    if (!name.empty()) name += '/';
    if (segment == "*" || segment == "**") {
      name += name.empty() ? "host.test" : "x";
      continue;
    }
    for (const char c : segment) name += c == '*' ? '1' : c;
  }
  if (segments.size() == 1) name += "/x";  // "**", the only one that needs no second part
  const auto shape = Repository::parse(name);
  if (shape) return {};
  const auto& why = shape.error().message();
  return why.find("path") != std::string::npos ? "no repository's name looks like this"
                                               : "its registry is no host: registry.example or registry.example:5000";
}

// Docker's shorthand: "alpine" is docker.io/library/alpine, "acme/**" is docker.io/acme/**.
void normalise(std::vector<std::string>& segments) {
  std::string& first = segments.front();
  if (!has_star(first)) {
    const auto repository = Repository::parse(first + "/a/b");
    if (repository && repository->path() == "a/b") {
      first = repository->registry();
    } else if (repository) {
      segments.insert(segments.begin(), "docker.io");
    }
  } else {
    lower(first);
  }
  drop_default_port(segments.front());
  if (segments.size() == 2 && segments[0] == "docker.io" && segments[1] != "**") {
    segments.insert(segments.begin() + 1, "library");
  }
}

std::string rank_of(const std::vector<std::string>& segments) {
  std::string rank;
  for (const auto& segment : segments) {
    constexpr std::string_view kLetters = "0124";
    rank += kLetters[static_cast<std::size_t>(kind_of(segment))];
  }
  return rank + '3';
}

}  // namespace

SegmentKind kind_of(std::string_view segment) {
  if (segment == "**") return SegmentKind::spanning;
  if (segment == "*") return SegmentKind::any;
  return has_star(segment) ? SegmentKind::partial : SegmentKind::literal;
}

Result<Pattern> Pattern::parse(std::string_view text) {
  if (text.size() > 512) return refuse("it has more than 512 bytes");
  Pattern pattern;
  pattern.segments = split(text);
  auto& segments = pattern.segments;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (const auto fault = fault_in_segment(segments[i], i == 0); !fault.empty()) return refuse(fault);
    if (i > 0 && segments[i] == "**" && segments[i - 1] == "**")
      return refuse("** twice in a row says no more than once");
  }
  if (segments.size() == 1 && has_star(text) && text != "**") {
    return refuse("it needs a registry and a repository; ** alone is every repository");
  }
  if (segments.size() == 1 && text.find_first_of(".:") != std::string_view::npos) {
    return refuse("it names a registry and no repository; " + std::string(text) + "/** is all that it holds");
  }
  normalise(segments);
  if (const auto fault = fault_in_shape(segments); !fault.empty()) return refuse(fault);
  pattern.rank = rank_of(segments);
  return pattern;
}

bool fits(std::string_view pattern, std::string_view segment) {
  std::size_t p = 0;
  std::size_t s = 0;
  std::size_t star = std::string_view::npos;  // where to come back to, taking one byte more into the last star
  std::size_t taken = 0;
  while (s < segment.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = s;
    } else if (p < pattern.size() && pattern[p] == segment[s]) {
      ++p;
      ++s;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      s = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool Pattern::matches(const std::vector<std::string>& name) const {
  // The same walk as in `fits`, over segments.
  std::size_t p = 0;
  std::size_t s = 0;
  std::size_t star = std::string::npos;
  std::size_t taken = 0;
  while (s < name.size()) {
    if (p < segments.size() && segments[p] == "**") {
      star = p++;
      taken = s;
    } else if (p < segments.size() && fits(segments[p], name[s])) {
      ++p;
      ++s;
    } else if (star != std::string::npos) {
      p = star + 1;
      s = ++taken;
    } else {
      return false;
    }
  }
  while (p < segments.size() && segments[p] == "**") ++p;
  return p == segments.size();
}

std::vector<std::string> segments_of(const Repository& repository) {
  auto segments = split(repository.path());
  std::string registry = repository.registry();
  drop_default_port(registry);
  segments.insert(segments.begin(), std::move(registry));
  return segments;
}

}  // namespace hallmark::policy
