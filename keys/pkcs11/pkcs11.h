// pkcs11(): the provider of keys on PKCS#11 tokens: smart cards, HSMs, SoftHSM.
#pragma once

#include <memory>

#include "hallmark/key_provider.h"
#include "keys/provider/services.h"

namespace hallmark::keys {

// "pkcs11:token=T;object=O?module-path=/usr/lib/…" as RFC 7512 and cosign spell it (docs/kms/pkcs11.md). p11-kit and
// the module are loaded when the first key is asked for. `services` must outlive the provider.
[[nodiscard]] std::unique_ptr<KeyProvider> pkcs11(const Services& services);

}  // namespace hallmark::keys
