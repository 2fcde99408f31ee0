#include <algorithm>
#include <cctype>

#include "base/limits.h"
#include "policy/parse.h"

namespace hallmark::policy {
namespace {

bool is_anchor_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  return !name.empty() && name.size() <= 128 && std::ranges::all_of(name, allowed);
}

// RFC 7512 section 2.4.
bool holds_pin(std::string_view text) {
  static constexpr std::string_view kPin = "pin-value=";
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  return text.starts_with("pkcs11:") && !std::ranges::search(text, kPin, same).empty();
}

bool is_key_id(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Kinds of anchors that the language has and this program cannot verify: to ignore one would be to trust somebody else.
bool refuse_later_kinds(const Field& field) {
  bool sound = true;
  for (const std::string_view kind : {"keyless", "x509"}) {
    const auto later = field.find(kind);
    if (!later) continue;
    later->error("this version verifies signatures by keys only: " + std::string(kind) + " anchors cannot be used");
    sound = false;
  }
  return sound;
}

}  // namespace

std::optional<PolicyKey> parse_key(const Field& field, bool ids) {
  PolicyKey key;
  key.place = field.place();
  if (field.value().as_mapping() != nullptr) {
    if (!field.is_mapping_of({"pem"})) return std::nullopt;
    const auto pem = field.find("pem")->text();
    if (!pem) return std::nullopt;
    key.kind = PolicyKey::Kind::pem;
    key.text = *pem;
    return key;
  }
  auto text = field.text();
  if (!text) return std::nullopt;
  if (holds_pin(*text)) {
    field.error("a PIN stands in this key's reference: leave pin-value out, a policy is read by many");
    return std::nullopt;
  }
  if (ids && is_key_id(*text)) key.kind = PolicyKey::Kind::id;
  key.text = *std::move(text);
  return key;
}

std::optional<PolicyAnchor> parse_anchor(const Field& field) {
  PolicyAnchor anchor;
  anchor.name = field.key();
  anchor.place = field.place();
  if (!is_anchor_name(field.key())) field.error("the name of an anchor is letters, digits and . _ -, 128 at most");
  const bool known_kind = field.value().as_mapping() == nullptr || refuse_later_kinds(field);
  if (!field.is_mapping_of({"key", "keyless", "x509", "from", "until"})) return std::nullopt;
  if (const auto key = field.find("key")) {
    const auto items = key->items_or_self();
    if (items.size() > limits::anchor_keys) {
      key->error("more than the limit of " + std::to_string(limits::anchor_keys) + " keys");
    }
    for (const auto& item : items) {
      if (auto one = parse_key(item, false)) anchor.keys.push_back(*std::move(one));
    }
  } else if (known_kind) {
    field.error("key is missing");
  }
  if (const auto from = field.find("from")) anchor.from = from->time();
  if (const auto until = field.find("until")) anchor.until = until->time();
  if (anchor.from && anchor.until && *anchor.until < *anchor.from) field.error("until is before from");
  return anchor;
}

}  // namespace hallmark::policy
