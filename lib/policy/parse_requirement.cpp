#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/limits.h"
#include "hallmark/format.h"
#include "policy/assignment.h"
#include "policy/parse.h"

namespace hallmark::policy {
namespace {

using Word = PolicyRequirement::Word;

std::optional<PolicyRequirement> parse_part(const Field& field, std::size_t depth);

// The parts of `any`, `all` or `of`.
void parse_parts(const Field& list, std::size_t depth, PolicyRequirement& into) {
  for (const auto& item : list.items()) {
    auto part = parse_part(item, depth + 1);
    if (!part) continue;
    const auto same = [&](const PolicyRequirement& other) { return other.of.empty() && other.name == part->name; };
    if (part->of.empty() && std::ranges::any_of(into.of, same)) {
      item.error("anchor " + base::printable(part->name) + " is named twice");
    }
    into.of.push_back(*std::move(part));
  }
}

void parse_threshold(const Field& field, PolicyRequirement& into) {
  const auto at_least = field.find("at-least");
  const auto number = at_least->number();
  if (!number) return;
  into.needed = static_cast<std::size_t>(*number);
  if (*number == 0) at_least->error("0 would let anything in: expected 1 or more");
  if (*number > into.of.size() && !into.of.empty()) {
    at_least->error("there are only " + std::to_string(into.of.size()) + " in the list");
  }
}

std::optional<PolicyRequirement> parse_group(const Field& field, std::size_t depth) {
  if (!field.is_mapping_of({"any", "all", "at-least", "of"})) return std::nullopt;
  PolicyRequirement group{.place = field.place()};
  const auto any = field.find("any");
  const auto all = field.find("all");
  const auto at_least = field.find("at-least");
  const auto of = field.find("of");
  if (int{any.has_value()} + int{all.has_value()} + int{at_least.has_value()} != 1 ||
      of.has_value() != at_least.has_value()) {
    field.error("expected exactly one of any: […], all: […] and at-least: k with of: […]");
    return std::nullopt;
  }
  parse_parts(any ? *any : all ? *all : *of, depth, group);
  if (group.of.empty()) return std::nullopt;
  group.word = any ? Word::any : all ? Word::all : Word::at_least;
  if (all) group.needed = group.of.size();
  if (at_least) parse_threshold(field, group);
  return group;
}

std::optional<PolicyRequirement> parse_part(const Field& field, std::size_t depth) {
  if (depth > limits::requirement_depth) {
    field.error("nested deeper than the limit of " + std::to_string(limits::requirement_depth));
    return std::nullopt;
  }
  if (field.value().as_mapping() != nullptr) return parse_group(field, depth);
  auto name = field.text();
  if (!name) return std::nullopt;
  PolicyRequirement leaf{.place = field.place()};
  leaf.name = *std::move(name);
  return leaf;
}

}  // namespace

std::optional<PolicyRequirement> parse_requirement(const Field& field) {
  if (field.value().as_mapping() == nullptr && field.value().kind() != base::Yaml::Kind::sequence) {
    field.error("expected any: […], all: […] or at-least: k with of: […]");
    return std::nullopt;
  }
  std::optional<PolicyRequirement> requirement;
  if (field.value().as_sequence() != nullptr) {  // `by: [a, b]`
    requirement = PolicyRequirement{.word = Word::any, .place = field.place()};
    parse_parts(field, 1, *requirement);
    if (requirement->of.empty()) return std::nullopt;
  } else {
    requirement = parse_group(field, 1);
  }
  if (requirement && leaves_of(*requirement).size() > limits::requirement_anchors) {
    field.error("more than the limit of " + std::to_string(limits::requirement_anchors) + " anchors");
  }
  return requirement;
}

std::string predicate_type_of(std::string_view type) {
  // The short names are those of cosign's --type.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kTypes = {{
      {"slsaprovenance", "https://slsa.dev/provenance/v0.2"},
      {"slsaprovenance02", "https://slsa.dev/provenance/v0.2"},
      {"slsaprovenance1", "https://slsa.dev/provenance/v1"},
      {"link", "https://in-toto.io/Link/v1"},
      {"spdx", "https://spdx.dev/Document"},
      {"spdxjson", "https://spdx.dev/Document"},
      {"cyclonedx", "https://cyclonedx.org/bom"},
      {"vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"},
      {"openvex", "https://openvex.dev/ns"},
      {"custom", "https://cosign.sigstore.dev/attestation/v1"},
  }};
  const auto* known = std::ranges::find(kTypes, type, &std::pair<std::string_view, std::string_view>::first);
  if (known != kTypes.end()) return std::string(known->second);
  const bool is_uri = type.find("://") != std::string_view::npos || type.starts_with("urn:");
  return is_uri ? std::string(type) : std::string();
}

}  // namespace hallmark::policy
