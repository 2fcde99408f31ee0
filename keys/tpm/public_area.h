// The public area of a TPM object (TPM2B_PUBLIC): bytes and back, its Name, and the public key in it.
#pragma once

#include <string_view>

#include "hallmark/bytes.h"
#include "hallmark/key.h"
#include "keys/tpm/tss.h"

namespace hallmark::keys {

// `key` opens the messages ("TPM key 0x81000010"); kind of all errors: key.

// The whole of `bytes`, in the one form that marshalling gives. Cause: malformed_answer.
[[nodiscard]] Result<TPM2B_PUBLIC> unmarshal_public(const Tss& tss, BytesView bytes, std::string_view key);
[[nodiscard]] Result<TPM2B_PRIVATE> unmarshal_private(const Tss& tss, BytesView bytes, std::string_view key);
// Empty where the structure is none: a selector that the library does not know.
[[nodiscard]] Bytes marshal_public(const Tss& tss, const TPM2B_PUBLIC& area);
[[nodiscard]] Bytes marshal_private(const Tss& tss, const TPM2B_PRIVATE& area);

// nameAlg ‖ H(publicArea) (Part 1, section 16). Cause: wrong_key (a nameAlg that is none of SHA-256, -384, -512).
[[nodiscard]] Result<Bytes> name_of(const Tss& tss, const TPM2B_PUBLIC& area, std::string_view key);

// RSA, PSS where the key's scheme is fixed so, or ECC on a NIST curve. Cause: wrong_key.
[[nodiscard]] Result<PublicKey> public_key_of(const TPMT_PUBLIC& area, std::string_view key);

// Whether the key may sign what was hashed outside of the TPM, and with which scheme: the key's own where it has one
// (another hash than hallmark's for this key is refused), else ECDSA or PKCS#1 v1.5. Cause: wrong_key, or unsupported
// for keys bound to a policy.
[[nodiscard]] Result<TPMT_SIG_SCHEME> signing_scheme(const TPMT_PUBLIC& area, const PublicKey& public_key,
                                                     std::string_view key);

// In the encoding that PublicKey::verify reads. Cause: wrong_answer, where it is of another scheme, hash or size.
[[nodiscard]] Result<Bytes> signature_of(const TPMT_SIGNATURE& signature, const TPMT_SIG_SCHEME& scheme,
                                         const PublicKey& public_key, std::string_view key);

}  // namespace hallmark::keys
