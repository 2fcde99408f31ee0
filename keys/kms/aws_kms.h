// aws_kms: keys in AWS Key Management Service, as awskms://[ENDPOINT]/[KEY-ID | alias/NAME | ARN].
#pragma once

#include <memory>

#include "hallmark/key_provider.h"
#include "keys/provider/services.h"

namespace hallmark::keys {

// `services` outlive the provider.
[[nodiscard]] std::unique_ptr<KeyProvider> aws_kms(const Services& services);

}  // namespace hallmark::keys
