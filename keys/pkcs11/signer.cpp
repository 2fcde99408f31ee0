#include "keys/pkcs11/signer.h"

#include <algorithm>

#include "base/limits.h"
#include "base/try.h"
#include "crypto/der.h"
#include "keys/pkcs11/return_code.h"
#include "keys/provider/rest.h"
#include "keys/provider/signature.h"

namespace hallmark::keys::token {
namespace {

// AlgorithmIdentifier of SHA-256 with NULL parameters, as DigestInfo has it (RFC 8017 section 9.2, note 1).
constexpr std::string_view kSha256Identifier("\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00", 15);

// Mechanisms that take what was hashed here: every token has them, and only the digest crosses to it.
CK_MECHANISM_TYPE mechanism_of(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::rsa_pkcs1:
      return CKM_RSA_PKCS;
    case KeyAlgorithm::rsa_pss:
      return CKM_RSA_PKCS_PSS;
    case KeyAlgorithm::ed25519:
      return CKM_EDDSA;
    case KeyAlgorithm::ecdsa_p256:
    case KeyAlgorithm::ecdsa_p384:
    case KeyAlgorithm::ecdsa_p521:
      break;
  }
  return CKM_ECDSA;
}

CK_KEY_TYPE type_of(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::rsa_pkcs1:
    case KeyAlgorithm::rsa_pss:
      return CKK_RSA;
    case KeyAlgorithm::ed25519:
      return CKK_EC_EDWARDS;
    default:
      return CKK_EC;
  }
}

Bytes to_be_signed(KeyAlgorithm algorithm, BytesView message) {
  Bytes digest = hashed(hash_of(algorithm), message);
  if (algorithm != KeyAlgorithm::rsa_pkcs1) return digest;
  return crypto::der(crypto::tag::sequence,
                     {as_bytes(kSha256Identifier), crypto::der(crypto::tag::octet_string, {digest})});
}

struct Attempt {
  CK_RV code = CKR_OK;
  const char* action = "";
  Bytes signature;
};

class TokenSigner final : public Signer {
 public:
  TokenSigner(Token& token, std::shared_ptr<const TokenUri> uri, PrivateObject key, PublicKey public_key)
      : token_(token), uri_(std::move(uri)), key_(std::move(key)), public_key_(std::move(public_key)) {}

  [[nodiscard]] const PublicKey& public_key() const override { return public_key_; }
  [[nodiscard]] Result<Bytes> sign(BytesView message) override;

 private:
  [[nodiscard]] Attempt attempt(Bytes& data) const;
  [[nodiscard]] Result<void> find_again();

  Token& token_;
  std::shared_ptr<const TokenUri> uri_;
  PrivateObject key_;
  PublicKey public_key_;
};

// C_SignInit and C_Sign, on the session that is open; with the PIN in between where the key wants it for each
// signature.
Attempt TokenSigner::attempt(Bytes& data) const {
  CK_RSA_PKCS_PSS_PARAMS pss{CKM_SHA256, CKG_MGF1_SHA256, 32};
  const bool is_pss = public_key_.algorithm() == KeyAlgorithm::rsa_pss;
  CK_MECHANISM mechanism{mechanism_of(public_key_.algorithm()), is_pss ? &pss : nullptr, is_pss ? sizeof pss : 0};
  CK_RV code = token_.module().C_SignInit(token_.session(), &mechanism, key_.handle);
  if (code != CKR_OK) return {code, "C_SignInit", {}};
  if (key_.always_authenticate) code = token_.login_for_this();
  if (code != CKR_OK) return {code, "logging in for this signature", {}};
  Bytes signature(limits::signature_bytes);
  CK_ULONG length = signature.size();
  code = token_.module().C_Sign(token_.session(), data.data(), data.size(), signature.data(), &length);
  if (code == CKR_OK && length > signature.size()) code = CKR_BUFFER_TOO_SMALL;
  if (code != CKR_OK) return {code, "C_Sign", {}};
  signature.resize(length);
  return {CKR_OK, "", std::move(signature)};
}

// In the new session the key may have another handle; that it is the same key, its signature proves.
Result<void> TokenSigner::find_again() {
  HM_DO(token_.reopen());
  HM_TRY(key_, private_key(token_, *uri_));
  return {};
}

Result<Bytes> TokenSigner::sign(BytesView message) {
  HM_DO(token_.open());
  Bytes data = to_be_signed(public_key_.algorithm(), message);
  Attempt made = attempt(data);
  if (lost(made.code)) {
    HM_DO(find_again());
    made = attempt(data);
  }
  if (made.code != CKR_OK)
    return fail(module_error(token_.name(), std::string(made.action) + " with " + uri_->key_name(), made.code));
  const bool ecdsa = mechanism_of(public_key_.algorithm()) == CKM_ECDSA;
  if (!ecdsa) return checked_signature(public_key_, message, std::move(made.signature), token_.name());
  HM_TRY(Bytes signature, ecdsa_der(public_key_.algorithm(), made.signature, token_.name()));
  return checked_signature(public_key_, message, std::move(signature), token_.name());
}

Error cannot_sign(const Token& token, const TokenUri& uri, const std::string& why) {
  return service_error(token.name(), uri.key_name() + " " + why, Cause::wrong_key);
}

Result<void> can_sign(const Token& token, const TokenUri& uri, const PrivateObject& key, const PublicKey& half) {
  if (key.may_sign == false)
    return fail(cannot_sign(token, uri, "may not sign (CKA_SIGN is false)")
                    .with_hint("make a key for signing, as with \"hallmark key generate --kms\""));
  if (key.type != type_of(half.algorithm()))
    return fail(cannot_sign(token, uri, "is of another type than its public half"));
  const auto mechanism = mechanism_of(half.algorithm());
  if (!key.allowed.empty() && std::ranges::find(key.allowed, mechanism) == key.allowed.end())
    return fail(
        cannot_sign(token, uri, "does not allow the mechanism that is needed")
            .with_hint("CKA_ALLOWED_MECHANISMS must have CKM_ECDSA, CKM_RSA_PKCS, CKM_RSA_PKCS_PSS or CKM_EDDSA, "
                       "which sign what was hashed before"));
  return {};
}

}  // namespace

Result<std::unique_ptr<Signer>> open_token_signer(Token& token, std::shared_ptr<const TokenUri> uri) {
  HM_TRY(PrivateObject key, private_key(token, *uri));
  if (key.type != CKK_RSA && key.type != CKK_EC && key.type != CKK_EC_EDWARDS)
    return fail(cannot_sign(token, *uri, "is neither an RSA, an ECDSA nor an Ed25519 key"));
  HM_TRY(PublicKey half, public_half(token, key, uri->padding));
  HM_DO(can_sign(token, *uri, key, half));
  return std::make_unique<TokenSigner>(token, std::move(uri), std::move(key), std::move(half));
}

}  // namespace hallmark::keys::token
