// Making a key pair on a token.
#pragma once

#include "hallmark/keys.h"
#include "keys/pkcs11/token.h"
#include "keys/pkcs11/uri.h"

namespace hallmark::keys::token {

// CKA_TOKEN, CKA_SENSITIVE and never extractable; CKA_LABEL from object=, CKA_ID from id= or 16 random bytes. The token
// is logged in. A name or id that a key or certificate has already is an error. Kind of errors: key.
[[nodiscard]] Result<PublicKey> create_key(Token& token, const TokenUri& uri, const KeyType& type);

}  // namespace hallmark::keys::token
