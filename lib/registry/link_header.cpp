#include "registry/link_header.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/try.h"
#include "registry/cursor.h"

namespace hallmark::registry {
namespace {

constexpr std::size_t kMostLinks = 64;

std::unexpected<Error> broken(std::string_view field, std::string_view problem) {
  return fail(Outcome::malformed, "Link " + std::string(problem) + ": \"" + base::printable(field, 120) + "\"");
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  Cursor cursor(text);
  for (cursor.skip_space(); !cursor.done(); cursor.skip_space()) out.push_back(lower(cursor.until(" \t")));
  return out;
}

// ; name[=value], after the target
Result<void> parameters(Cursor& cursor, Link& link, std::string_view field) {
  cursor.skip_space();
  bool rel_seen = false;
  while (cursor.take(';')) {
    cursor.skip_space();
    const std::string name = lower(cursor.token());
    cursor.skip_space();
    std::string value;
    if (cursor.take('=')) {
      cursor.skip_space();
      if (cursor.take('"')) {
        auto quoted = cursor.quoted();
        if (!quoted) return broken(field, "has a string without an end");
        value = *std::move(quoted);
      } else {
        value = std::string(trim(cursor.until(";,")));
      }
    }
    if (name == "rel" && !rel_seen) {  // RFC 8288 section 3.3: all but the first are ignored
      link.relations = words(value);
      rel_seen = true;
    }
    cursor.skip_space();
  }
  return {};
}

}  // namespace

Result<std::vector<Link>> parse_links(std::string_view field) {
  Cursor cursor(field);
  std::vector<Link> links;
  for (cursor.skip_commas(); !cursor.done(); cursor.skip_commas()) {
    if (!cursor.take('<')) return broken(field, "does not start with <");
    Link link;
    link.target = std::string(trim(cursor.until(">")));
    if (!cursor.take('>')) return broken(field, "has a target without an end");
    HM_DO(parameters(cursor, link, field));
    if (!cursor.done() && cursor.peek() != ',') return broken(field, "has no comma between links");
    links.push_back(std::move(link));
    if (links.size() > kMostLinks) return broken(field, "has too many links");
  }
  return links;
}

Result<std::optional<std::string>> next_link(const std::vector<std::string>& fields) {
  std::optional<std::string> next;
  for (const std::string& field : fields) {
    HM_TRY(const auto links, parse_links(field));
    for (const Link& link : links) {
      if (std::ranges::find(link.relations, "next") == link.relations.end()) continue;
      if (next && *next != link.target) return broken(field, "names two next pages");
      next = link.target;
    }
  }
  return next;
}

}  // namespace hallmark::registry
