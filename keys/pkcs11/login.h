// Logging in to a token, at most once, and never so that a wrong PIN locks it unseen.
#pragma once

#include "keys/pkcs11/pin.h"
#include "keys/pkcs11/token.h"

namespace hallmark::keys::token {

// Nothing happens where the token asks for no login, or is logged in already. A locked token is not asked. While the
// token says that one try is left, only a PIN that somebody types is tried; a PIN that was wrong is not tried again by
// this process. Causes: no_credentials, wrong_pin (with what the token says of tries left), locked.
[[nodiscard]] Result<void> log_in(Token& token, const TokenUri& uri, const Services& services);
// The same where a PIN is at hand; nobody is asked for one. No: nobody is logged in.
[[nodiscard]] Result<bool> log_in_unasked(Token& token, const TokenUri& uri, const Services& services);

}  // namespace hallmark::keys::token
