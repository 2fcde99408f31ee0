#include "keys/kms/vault_reference.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/shown_reference.h"
#include "base/try.h"

namespace hallmark::keys {
namespace {

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

bool is_name(std::string_view name) {
  return !name.empty() && is_word(name.front()) && is_word(name.back()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_word(c) || c == '-' || c == '.'; });
}

// Of a version: no sign, no leading zero, and no more than Vault's own integers hold.
std::optional<std::uint64_t> parse_version(std::string_view text) {
  if (text.empty() || text.size() > 9 || text.front() == '0') return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

}  // namespace

Result<VaultReference> VaultReference::parse(std::string_view text, std::string_view scheme) {
  const std::string start = std::string(scheme) + "://";
  const auto refuse = [&](std::string_view why) {
    return fail(
        Error(Outcome::key, "\"" + base::shown_reference(text) + "\" names no key of Vault: " + std::string(why))
            .because(Cause::not_found)
            .with_hint("write " + start + "KEY, or " + start +
                       "KEY?version=N; the engine's mount path is set with TRANSIT_SECRET_ENGINE_PATH"));
  };
  if (text.size() > limits::key_reference_bytes) return refuse("it is too long");
  if (!text.starts_with(start)) return refuse("it does not begin with " + start);
  std::string_view name = text.substr(start.size());
  VaultReference reference{std::string(text), {}, {}};
  if (const auto query = name.find('?'); query != std::string_view::npos) {
    std::string_view version = name.substr(query + 1);
    if (!version.starts_with("version=")) return refuse("behind the \"?\" only version=N is known");
    version.remove_prefix(std::string_view("version=").size());
    reference.version = parse_version(version);
    if (!reference.version) return refuse("its version is no whole number from 1");
    name = name.substr(0, query);
  }
  if (!is_name(name)) return refuse("a key's name is letters, digits and _, with - and . in between");
  reference.key = name;
  return reference;
}

}  // namespace hallmark::keys
