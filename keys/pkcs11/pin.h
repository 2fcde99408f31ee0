// Where the PIN of a token comes from.
#pragma once

#include <optional>
#include <string>

#include "hallmark/secret.h"
#include "keys/pkcs11/uri.h"
#include "keys/provider/services.h"

namespace hallmark::keys::token {

struct Pin {
  Secret value;
  std::string from;  // "the PIN of HALLMARK_PIN": for messages
};

// pin-value, pin-source, HALLMARK_PIN, COSIGN_PKCS11_PIN, in this order; nothing: none of them. A file that others can
// read is refused. Kind of errors: key.
[[nodiscard]] Result<std::optional<Pin>> pin_at_hand(const TokenUri& uri, const Services& services);
// Asked of the user, who is told which token it is. Cause: no_credentials where nobody can be asked.
[[nodiscard]] Result<Pin> ask_for_pin(const std::string& token, const Services& services);

}  // namespace hallmark::keys::token
