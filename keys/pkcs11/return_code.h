// What a module answered, CK_RV, in words and as a cause.
#pragma once

#include <string>
#include <string_view>

#include "hallmark/result.h"
#include "keys/pkcs11/kit.h"

namespace hallmark::keys::token {

// "CKR_PIN_INCORRECT", or "0x80000001" for one that the standard does not have.
[[nodiscard]] std::string code_name(CK_RV code);
[[nodiscard]] Cause cause_of(CK_RV code);
// "<token>: <action> failed: <what it means> (CKR_…)". Kind: key.
[[nodiscard]] Error module_error(std::string_view token, std::string_view action, CK_RV code);
// The session or the token is gone, or the login with it: worth one more try with a new session.
[[nodiscard]] bool lost(CK_RV code);

}  // namespace hallmark::keys::token
