// TokenSigner: signatures by a private key that stays on its token.
#pragma once

#include <memory>

#include "keys/pkcs11/key_pair.h"
#include "keys/pkcs11/token.h"

namespace hallmark::keys::token {

// The token is logged in; it and the URI must outlive the signer. A key that cannot sign (CKA_SIGN, its type, its
// mechanisms, no public half) is an error here, not at the first signature.
[[nodiscard]] Result<std::unique_ptr<Signer>> open_token_signer(Token& token, std::shared_ptr<const TokenUri> uri);

}  // namespace hallmark::keys::token
