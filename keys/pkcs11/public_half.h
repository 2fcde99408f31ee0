// The public key, from what a token has of it: attributes, an SPKI, or a certificate.
#pragma once

#include <optional>

#include "hallmark/key.h"
#include "keys/pkcs11/kit.h"
#include "keys/pkcs11/uri.h"

namespace hallmark::keys::token {

// Attributes of a public key object, or of a private one that has them; what is not there is empty.
struct PublicParts {
  CK_KEY_TYPE type = CK_UNAVAILABLE_INFORMATION;
  Bytes spki = {};             // CKA_PUBLIC_KEY_INFO
  Bytes curve = {};            // CKA_EC_PARAMS: an object identifier, or the name "edwards25519"
  Bytes point = {};            // CKA_EC_POINT: in an OCTET STRING, or, of some tokens, bare
  Bytes modulus = {};          // CKA_MODULUS
  Bytes public_exponent = {};  // CKA_PUBLIC_EXPONENT
};

// Nothing: the parts do not make a key. Kind of errors: key; wrong_key for a key that hallmark does not sign with,
// malformed_answer for what is none.
[[nodiscard]] Result<std::optional<PublicKey>> public_key_of(const PublicParts& parts);
// subjectPublicKeyInfo of an X.509 certificate (RFC 5280 section 4.1), with its header. The certificate is not judged:
// it only carries the key. Kind of errors: key.
[[nodiscard]] Result<PublicKey> public_key_in(BytesView certificate);
// An RSA key seen as one of this padding: id-RSASSA-PSS for pss. Other keys, and `unsaid`, leave it as it is.
[[nodiscard]] Result<PublicKey> with_padding(const PublicKey& key, Padding padding);

}  // namespace hallmark::keys::token
