// The Transit engines of HashiCorp Vault and OpenBao as key providers.
#pragma once

#include <memory>

#include "hallmark/key_provider.h"
#include "keys/provider/services.h"

namespace hallmark::keys {

// "hashivault://KEY" and "openbao://KEY": the same engine under the two schemes that cosign knows (docs/kms/vault.md).
// The services outlive the provider.
[[nodiscard]] std::unique_ptr<KeyProvider> hashivault(const Services& services);
[[nodiscard]] std::unique_ptr<KeyProvider> openbao(const Services& services);

}  // namespace hallmark::keys
