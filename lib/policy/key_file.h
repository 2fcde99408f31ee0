// key_file: where a key is that a policy names.
#pragma once

#include <filesystem>
#include <optional>

#include "hallmark/policy.h"

namespace hallmark::policy {

// The file, relative to that of the policy; nothing for a key that stands in the policy itself or is no file:
// "env://NAME", "fd:N", "awskms://…", "pkcs11:…", "tpm:…".
[[nodiscard]] std::optional<std::filesystem::path> key_file(const Policy& policy, const PolicyKey& key);

}  // namespace hallmark::policy
