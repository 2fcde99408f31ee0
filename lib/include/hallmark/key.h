// PublicKey and Signer: whom a signature is by, and who makes one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "hallmark/bytes.h"
#include "hallmark/result.h"

namespace hallmark {

enum class KeyAlgorithm : std::uint8_t { ecdsa_p256, ecdsa_p384, ecdsa_p521, rsa_pkcs1, rsa_pss, ed25519 };

// "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-2048" …, "rsa-pss-3072" …, "ed25519"
[[nodiscard]] std::string describe(KeyAlgorithm algorithm, unsigned bits);

// ECDSA on P-256, P-384, P-521; RSA of 2048 to 4096 bits, PKCS#1 v1.5, or PSS where the SPKI says id-RSASSA-PSS;
// Ed25519. Anything else (RSA below 2048, P-192, explicit curve parameters) is refused when it is read.
class PublicKey {
 public:
  // One PEM block "PUBLIC KEY" (SPKI, RFC 5280) or "RSA PUBLIC KEY" (PKCS#1). Kind of errors: key. A private key, a
  // certificate and more than one block each have their own message.
  [[nodiscard]] static Result<PublicKey> from_pem(std::string_view pem);
  [[nodiscard]] static Result<PublicKey> from_der(BytesView spki);

  [[nodiscard]] KeyAlgorithm algorithm() const;
  [[nodiscard]] unsigned bits() const;
  [[nodiscard]] const Bytes& der() const;  // SPKI
  [[nodiscard]] std::string pem() const;   // "PUBLIC KEY", 64 columns
  // SHA-256 of the SPKI DER in lower-case hex: how hallmark names a key.
  [[nodiscard]] const std::string& id() const;
  // The same digest in base64: `verificationMaterial.publicKey.hint` of bundles.
  [[nodiscard]] std::string hint() const;

  // Whether `signature` is this key's over `message`. Encodings as sigstore has them: ECDSA ASN.1 DER, RSA raw, Ed25519
  // raw. Exactly the (key, hash) pairs of docs/formats.md are tried: P-256 and RSA SHA-256; P-384 SHA-384 and SHA-256;
  // P-521 SHA-512 and SHA-256; Ed25519 pure and Ed25519ph. The algorithm comes from the key, never from the document.
  [[nodiscard]] bool verify(BytesView message, BytesView signature) const;

  friend bool operator==(const PublicKey& a, const PublicKey& b) { return a.id() == b.id(); }

  struct Parts;  // OpenSSL's handle, behind the wall
  explicit PublicKey(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
  [[nodiscard]] const Parts& parts() const { return *parts_; }

 private:
  std::shared_ptr<const Parts> parts_;
};

// Message in, signature out. An implementation hashes where its algorithm prehashes, so that only a digest leaves for a
// KMS.
class Signer {
 public:
  virtual ~Signer() = default;
  [[nodiscard]] virtual const PublicKey& public_key() const = 0;
  // In the encoding that PublicKey::verify reads. Kind of errors: key.
  [[nodiscard]] virtual Result<Bytes> sign(BytesView message) = 0;
};

}  // namespace hallmark
