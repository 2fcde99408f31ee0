// gcp_kms: keys in Google Cloud KMS, "gcpkms://projects/…/cryptoKeys/K[/cryptoKeyVersions/N]".
#pragma once

#include <memory>

#include "hallmark/key_provider.h"
#include "keys/provider/services.h"

namespace hallmark::keys {

// Over REST, cloud.google.com/kms/docs/reference/rest; docs/kms/gcp.md is its page. `services` outlive the provider.
[[nodiscard]] std::unique_ptr<KeyProvider> gcp_kms(const Services& services);

}  // namespace hallmark::keys
