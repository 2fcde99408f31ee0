// AlgorithmIdentifier of keys: which algorithm an SPKI or a PKCS#8 speaks of.
#pragma once

#include <optional>

#include "crypto/der.h"
#include "hallmark/key.h"

namespace hallmark::crypto {

struct AlgorithmIdentifier {
  KeyAlgorithm algorithm;
  Bytes der;  // as read: the public key of a private one must say the same
};

// RFC 5480 (EC, named curves only), RFC 3279 (RSA, parameters NULL), RFC 4055 (RSA-PSS: no parameters, or SHA-256, MGF1
// with SHA-256 and a salt of at most 32), RFC 8410 (Ed25519, no parameters). One text per meaning, so that a key has
// one id. Kind of errors: malformed; they name what was found.
[[nodiscard]] Result<AlgorithmIdentifier> read_algorithm(DerReader& from);
// A named curve alone, as SEC1 keys have it.
[[nodiscard]] Result<KeyAlgorithm> read_curve(DerReader& from);
[[nodiscard]] Bytes write_algorithm(KeyAlgorithm algorithm);
// SubjectPublicKeyInfo around what is the key itself: an EC point, an RSAPublicKey, 32 bytes.
[[nodiscard]] Bytes write_spki(BytesView algorithm_identifier, BytesView contents);

// What OpenSSL and we need to know of a curve; nothing for other algorithms.
struct Curve {
  KeyAlgorithm algorithm;
  const char* name;         // OpenSSL's group name
  unsigned bits;            // of the field, as `describe` says it
  std::size_t field_bytes;  // of a scalar and of a coordinate
};
[[nodiscard]] const Curve* curve_of(KeyAlgorithm algorithm);

}  // namespace hallmark::crypto
