// A public key from a PEM block that was read already.
#pragma once

#include "crypto/pem.h"
#include "hallmark/key.h"

namespace hallmark::crypto {

// As PublicKey::from_pem.
[[nodiscard]] Result<PublicKey> public_key_from(const PemBlock& block);

}  // namespace hallmark::crypto
