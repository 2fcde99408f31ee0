// EncryptedPkcs8: "ENCRYPTED PRIVATE KEY", a PKCS#8 under PBES2.
#pragma once

#include "hallmark/bytes.h"
#include "hallmark/result.h"
#include "hallmark/secret.h"
#include "keys/software/kdf.h"

namespace hallmark::keys {

inline constexpr std::string_view kEncryptedPkcs8Label = "ENCRYPTED PRIVATE KEY";

// EncryptedPrivateKeyInfo, RFC 5958 section 3, with PBES2 (RFC 8018 appendix A.4): scrypt or PBKDF2, and AES-CBC. The
// older PBES1 and 3DES are refused.
struct EncryptedPkcs8 {
  Kdf kdf;
  Bytes salt;
  unsigned cipher_bits = 256;  // AES-128, -192 or -256
  Bytes iv;                    // 16 bytes
  Bytes ciphertext;

  // Kind of errors: key.
  [[nodiscard]] static Result<EncryptedPkcs8> parse(BytesView der);
  // With PBKDF2-HMAC-SHA256, or scrypt of no more than 32 MiB, and AES-256-CBC: every OpenSSL since 1.1 reads it.
  [[nodiscard]] static Result<EncryptedPkcs8> seal(BytesView pkcs8, const Secret& password, const Kdf& kdf = Pbkdf2());

  [[nodiscard]] Bytes der() const;  // of what `seal` made
  [[nodiscard]] std::string cipher() const { return "aes-" + std::to_string(cipher_bits) + "-cbc"; }
  // The PKCS#8 DER. A wrong password and an altered file cannot be told apart.
  [[nodiscard]] Result<Secret> open(const Secret& password) const;
};

}  // namespace hallmark::keys
