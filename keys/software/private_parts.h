// From the numbers of a private key to OpenSSL's handle and the public half.
#pragma once

#include "crypto/key_algorithm.h"
#include "crypto/openssl.h"
#include "hallmark/key.h"

namespace hallmark::keys {

struct PrivateParts {
  crypto::EvpKey handle;
  Bytes public_contents;  // what the SPKI's bit string holds
};

// `scalar` big-endian; must be from 1 to the order less 1. Kind of errors: malformed.
[[nodiscard]] Result<PrivateParts> make_ecdsa(const crypto::Curve& curve, BytesView scalar);

struct RsaNumbers {
  BytesView n, e, d, p, q, dp, dq, qi;  // big-endian magnitudes
};
[[nodiscard]] Result<PrivateParts> make_rsa(const RsaNumbers& numbers);

[[nodiscard]] Result<PrivateParts> make_ed25519(BytesView seed);

}  // namespace hallmark::keys
