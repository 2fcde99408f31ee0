// Which token a reference means: exactly one, or an error that lists what is there.
#pragma once

#include "keys/pkcs11/token.h"
#include "keys/pkcs11/uri.h"

namespace hallmark::keys::token {

// Over all slots of these modules. Tokens that were never initialised do not count. Cause: not_found for none and for
// several; unreachable where no module has a token at all.
[[nodiscard]] Result<Slot> find_token(const Kit& kit, const std::vector<Module>& modules, const TokenUri& uri);

}  // namespace hallmark::keys::token
