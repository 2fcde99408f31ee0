// Keys in a TPM 2.0: "tpm:handle=0x81…", "tpm:file=PATH".
#pragma once

#include <memory>

#include "hallmark/key_provider.h"
#include "keys/provider/services.h"

namespace hallmark::keys {

// `services` outlive the provider. docs/kms/tpm.md says how references are spelled. In the static programs every call
// is refused (cause unsupported): they cannot load tpm2-tss.
[[nodiscard]] std::unique_ptr<KeyProvider> tpm(const Services& services);

}  // namespace hallmark::keys
