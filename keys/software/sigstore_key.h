// SigstoreKey: cosign's "ENCRYPTED SIGSTORE PRIVATE KEY", a PKCS#8 in a box.
#pragma once

#include "hallmark/bytes.h"
#include "hallmark/result.h"
#include "hallmark/secret.h"
#include "keys/software/kdf.h"

namespace hallmark::keys {

inline constexpr std::string_view kSigstoreLabel = "ENCRYPTED SIGSTORE PRIVATE KEY";
inline constexpr std::string_view kCosignLabel = "ENCRYPTED COSIGN PRIVATE KEY";  // of cosign before 2.0
inline constexpr std::string_view kSigstoreCipher = "nacl/secretbox";

// The JSON in the PEM block, base64 where it has bytes:
//   {"kdf":{"name":"scrypt","params":{"N":65536,"r":8,"p":1},"salt":…},
//    "cipher":{"name":"nacl/secretbox","nonce":…},"ciphertext":…}
// Source: go-securesystemslib, encrypted/encrypted.go; checked against cosign 3.1.3.
struct SigstoreKey {
  Scrypt kdf;
  Bytes salt;
  Bytes nonce;       // 24 bytes
  Bytes ciphertext;  // XSalsa20-Poly1305 over the PKCS#8 DER, tag first

  // Any other key derivation or cipher is refused, as are parameters out of bounds. Kind of errors: key.
  [[nodiscard]] static Result<SigstoreKey> parse(BytesView json);
  [[nodiscard]] static Result<SigstoreKey> seal(BytesView pkcs8, const Secret& password, const Scrypt& kdf = {});

  [[nodiscard]] std::string json() const;
  // The PKCS#8 DER. A wrong password and an altered file cannot be told apart.
  [[nodiscard]] Result<Secret> open(const Secret& password) const;
};

}  // namespace hallmark::keys
