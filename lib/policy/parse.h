// Parsing one policy file into what it adds to the policy.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/field.h"
#include "policy/pattern.h"

namespace hallmark::policy {

// What a file says, before names are looked up: anchors may stand in another file.
struct ParsedFile {
  std::vector<PolicyAnchor> anchors;
  std::vector<PolicyRule> rules;
  std::vector<Pattern> patterns;  // of each rule
  std::vector<std::pair<Digest, PolicyPlace>> revoked_digests;
  std::vector<PolicyKey> revoked_keys;
  std::optional<PolicyCache> cache;
  PolicyPlace cache_place;
  std::uint64_t serial = 0;
};

// Everything wrong goes to `notes`; what could be read is answered all the same.
[[nodiscard]] ParsedFile parse_file(const Field& root);

// Parts of it, a file each.
[[nodiscard]] std::optional<PolicyAnchor> parse_anchor(const Field& field);
[[nodiscard]] std::optional<PolicyKey> parse_key(const Field& field, bool ids);
[[nodiscard]] std::optional<std::pair<PolicyRule, Pattern>> parse_rule(const Field& field);
[[nodiscard]] std::optional<PolicyRequirement> parse_requirement(const Field& field);
// "slsaprovenance1" → its URI, a URI → itself; empty: neither.
[[nodiscard]] std::string predicate_type_of(std::string_view type);

}  // namespace hallmark::policy
