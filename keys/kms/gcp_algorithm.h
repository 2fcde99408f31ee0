// Algorithms of Cloud KMS: what each is called there and here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hallmark/keys.h"

namespace hallmark::keys {

struct GcpAlgorithm {
  std::string_view name;  // "EC_SIGN_P256_SHA256": CryptoKeyVersionAlgorithm of the API
  KeyType type;
};

// Those that hallmark signs with (docs/kms/gcp.md); nothing for others.
[[nodiscard]] std::optional<GcpAlgorithm> gcp_algorithm(std::string_view name);
[[nodiscard]] std::optional<GcpAlgorithm> gcp_algorithm(const KeyType& type);
// Why a key with another algorithm cannot be used, and which can: kind key, cause wrong_key.
[[nodiscard]] Error unusable_gcp_algorithm(std::string_view resource, std::string_view name);

}  // namespace hallmark::keys
