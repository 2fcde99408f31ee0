// SoftwareSigner: signs with a private key in this process.
#pragma once

#include "hallmark/key.h"
#include "keys/software/private_key.h"

namespace hallmark::keys {

// P-256 SHA-256, P-384 SHA-384, P-521 SHA-512 (ASN.1 DER); RSA PKCS#1 v1.5 with SHA-256; RSA-PSS with SHA-256 and a
// salt of 32; Ed25519 pure.
class SoftwareSigner final : public Signer {
 public:
  explicit SoftwareSigner(PrivateKey key) : handle_(std::move(key.handle)), public_key_(std::move(key.public_key)) {}

  [[nodiscard]] const PublicKey& public_key() const override { return public_key_; }
  // Handed out only if the public key verifies it: a fault in an RSA signature gives the key away.
  [[nodiscard]] Result<Bytes> sign(BytesView message) override;

 private:
  crypto::EvpKey handle_;
  PublicKey public_key_;
};

}  // namespace hallmark::keys
