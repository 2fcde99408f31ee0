#include "keys/software/software_signer.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "crypto/scrub.h"

namespace hallmark::keys {
namespace {

constexpr int kPssSaltBytes = 32;

const EVP_MD* hash_for(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::ecdsa_p256:
    case KeyAlgorithm::rsa_pkcs1:
    case KeyAlgorithm::rsa_pss:
      return EVP_sha256();
    case KeyAlgorithm::ecdsa_p384:
      return EVP_sha384();
    case KeyAlgorithm::ecdsa_p521:
      return EVP_sha512();
    case KeyAlgorithm::ed25519:
      break;
  }
  return nullptr;  // Ed25519 hashes by itself
}

bool set_padding(EVP_PKEY_CTX* settings, KeyAlgorithm algorithm) {
  if (algorithm == KeyAlgorithm::rsa_pkcs1) return EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PADDING) == 1;
  if (algorithm != KeyAlgorithm::rsa_pss) return true;
  return EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(settings, EVP_sha256()) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, kPssSaltBytes) == 1;
}

// Nothing where OpenSSL fails.
Bytes sign_by_openssl(EVP_PKEY* key, KeyAlgorithm algorithm, BytesView message) {
  const crypto::EvpDigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* settings = nullptr;  // owned by context
  if (!context || EVP_DigestSignInit(context.get(), &settings, hash_for(algorithm), nullptr, key) != 1 ||
      !set_padding(settings, algorithm))
    return {};
  Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  std::size_t size = signature.size();
  if (EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) return {};
  signature.resize(size);
  return signature;
}

}  // namespace

Result<Bytes> SoftwareSigner::sign(BytesView message) {
  const crypto::StackWiper wiper;
  auto signature = sign_by_openssl(handle_.get(), public_key_.algorithm(), message);
  ERR_clear_error();
  if (signature.empty()) return fail(Outcome::key, "the key cannot sign");
  if (!public_key_.verify(message, signature))
    return fail(Outcome::key, "the key made a signature that its own public key does not verify");
  return signature;
}

}  // namespace hallmark::keys
