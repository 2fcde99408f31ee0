// VaultReference: which key of a Transit engine, as cosign writes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hallmark/result.h"

namespace hallmark::keys {

struct VaultReference {
  std::string text;  // as typed: what messages call it
  std::string key;   // [0-9A-Za-z_] at both ends, also '-' and '.' between (Vault's GenericNameRegex)
  std::optional<std::uint64_t> version;  // of the key, from 1; none: the newest

  // "hashivault://KEY" or "openbao://KEY", each with "?version=N" behind it: cosign's spelling, but for the version,
  // which cosign takes by its API only. Kind of errors: key; they name the right form.
  [[nodiscard]] static Result<VaultReference> parse(std::string_view text, std::string_view scheme);
};

}  // namespace hallmark::keys
