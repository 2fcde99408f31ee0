// Templates: public areas that are handed to the TPM as what to make.
#pragma once

#include "hallmark/keys.h"
#include "keys/tpm/tss.h"

namespace hallmark::keys {

// The parent that a hierarchy's handle stands for in a key file: ECC P-256, AES-128 in CFB, SHA-256, with an empty
// `unique` (TCG TPM v2.0 Provisioning Guidance, section 7.5.1, as draft-woodhouse-cert-best-practice takes it). A
// hierarchy makes the same key of it each time, until its seed is changed.
[[nodiscard]] TPM2B_PUBLIC storage_primary();

// A key that signs with one scheme and hash, never leaves its TPM and is used with its password. Without one it is not
// protected against dictionary attacks (noDA): so who uses it may try the empty password and does no harm.
// Kind of errors: key, cause unsupported (Ed25519).
[[nodiscard]] Result<TPM2B_PUBLIC> signing_template(const KeyType& type, bool has_password);

}  // namespace hallmark::keys
