#include "base/encoding.h"
#include "policy/parse.h"

namespace hallmark::policy {
namespace {

void parse_version(const Field& root) {
  const auto version = root.need("version");
  if (!version) return;
  const auto number = version->number();
  if (number && *number != 1) version->error("this program reads version 1");
}

void parse_revoked(const Field& field, ParsedFile& into) {
  if (!field.is_mapping_of({"digests", "keys"})) return;
  if (const auto digests = field.find("digests")) {
    for (const auto& item : digests->items()) {
      if (auto digest = item.digest()) into.revoked_digests.emplace_back(*std::move(digest), item.place());
    }
  }
  if (const auto keys = field.find("keys")) {
    for (const auto& item : keys->items()) {
      if (auto key = parse_key(item, true)) into.revoked_keys.push_back(*std::move(key));
    }
  }
}

void parse_cache(const Field& field, ParsedFile& into) {
  if (!field.is_mapping_of({"admit", "deny"})) return;
  PolicyCache cache;
  if (const auto admit = field.find("admit")) cache.admit = admit->duration().value_or(cache.admit);
  if (const auto deny = field.find("deny")) cache.deny = deny->duration().value_or(cache.deny);
  into.cache = cache;
  into.cache_place = field.place();
}

}  // namespace

ParsedFile parse_file(const Field& root) {
  ParsedFile file;
  // What can be read is read even beside an unknown key: one run tells everything.
  (void)root.is_mapping_of({"version", "serial", "trust", "revoked", "cache", "rules"});
  parse_version(root);
  if (const auto serial = root.find("serial")) file.serial = serial->number().value_or(0);
  if (const auto trust = root.find("trust")) {
    for (const auto& member : trust->members()) {
      if (auto anchor = parse_anchor(member)) file.anchors.push_back(*std::move(anchor));
    }
  }
  if (const auto revoked = root.find("revoked")) parse_revoked(*revoked, file);
  if (const auto cache = root.find("cache")) parse_cache(*cache, file);
  if (const auto rules = root.find("rules")) {
    for (const auto& item : rules->items()) {
      if (auto rule = parse_rule(item)) {
        file.rules.push_back(std::move(rule->first));
        file.patterns.push_back(std::move(rule->second));
      }
    }
  }
  const bool says_something = root.find("trust") || root.find("revoked") || root.find("cache") || root.find("rules");
  if (root.value().as_mapping() != nullptr && !root.value().as_mapping()->empty() && !says_something) {
    root.error("it holds nothing: expected rules, trust, revoked or cache");
  }
  return file;
}

}  // namespace hallmark::policy
