// What every provider does around a signature: the digest that leaves for it, and the check of what comes back.
#pragma once

#include <string>
#include <string_view>

#include "hallmark/key.h"

namespace hallmark::keys {

enum class Hash : std::uint8_t { none, sha256, sha384, sha512 };

// What hallmark signs with (docs/formats.md): P-256 and RSA SHA-256, P-384 SHA-384, P-521 SHA-512; Ed25519 takes the
// message itself.
[[nodiscard]] Hash hash_of(KeyAlgorithm algorithm);
// Of the message by that hash; the message itself for `none`.
[[nodiscard]] Bytes hashed(Hash hash, BytesView message);

// Lets out only what the public key verifies. `service` opens the message: "AWS KMS". Cause: wrong_answer.
[[nodiscard]] Result<Bytes> checked_signature(const PublicKey& key, BytesView message, Bytes signature,
                                              std::string_view service);

// r‖s, each of the curve's width (IEEE P1363; PKCS#11, JOSE and Azure), to ASN.1 DER. Cause: wrong_answer for another
// width.
[[nodiscard]] Result<Bytes> ecdsa_der(KeyAlgorithm algorithm, BytesView r_and_s, std::string_view service);

}  // namespace hallmark::keys
