// azure_key_vault: keys in Azure Key Vault and Managed HSM, "azurekms://…".
#pragma once

#include <memory>

#include "hallmark/key_provider.h"
#include "keys/provider/services.h"

namespace hallmark::keys {

// `services` must outlive the provider. A user's side is told in docs/kms/azure.md.
[[nodiscard]] std::unique_ptr<KeyProvider> azure_key_vault(const Services& services);

}  // namespace hallmark::keys
