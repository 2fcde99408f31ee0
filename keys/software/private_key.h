// PrivateKey: a key that can sign, with its public half.
#pragma once

#include "crypto/openssl.h"
#include "hallmark/key.h"
#include "hallmark/secret.h"

namespace hallmark::keys {

struct PrivateKey {
  crypto::EvpKey handle;
  PublicKey public_key;
  Secret pkcs8;  // PrivateKeyInfo in DER, the same whatever form it was read from
};

// Strict DER; the rules of hallmark/key.h; public parts that are told must belong to the private ones. Kind of errors:
// key. The numbers go from `der` into wiped memory and OpenSSL's key and nowhere else.
[[nodiscard]] Result<PrivateKey> read_pkcs8(BytesView der);  // RFC 5208, RFC 5958
[[nodiscard]] Result<PrivateKey> read_sec1(BytesView der);   // RFC 5915, with its curve
[[nodiscard]] Result<PrivateKey> read_pkcs1(BytesView der);  // RFC 8017 appendix A.1.2, two primes

}  // namespace hallmark::keys
