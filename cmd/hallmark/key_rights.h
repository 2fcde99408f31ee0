// Key rights: what whoever runs this may do with a key that lives elsewhere, and what of it is more than is needed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hallmark/keys.h"

namespace hallmark::cmd {

// What the caller is for. `unsaid`: whoever can sign is taken for a signer.
enum class KeyRole : std::uint8_t { unsaid, signer, verifier };
[[nodiscard]] KeyRole key_role(std::string_view name);  // "", "signer", "verifier"

struct Excess {
  std::string what;
  std::string remedy;
};
// Only what is known: a right that the service does not tell is no warning. `key` as it may be printed.
[[nodiscard]] std::vector<Excess> least_privilege(const keys::KeyInfo& info, KeyRole role, const std::string& key);

[[nodiscard]] std::string_view word(keys::Known known);              // "yes", "no", "unknown"
[[nodiscard]] std::string_view word(keys::KeyRight::Action action);  // "read-public-key", "sign", "export", "delete"

}  // namespace hallmark::cmd
