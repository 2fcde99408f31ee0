#include "support/test_signer.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <stdexcept>

namespace hallmark::test {

struct TestSigner::Handle {
  EVP_PKEY* key = nullptr;
  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { EVP_PKEY_free(key); }
};

TestSigner TestSigner::generate() {
  auto handle = std::make_shared<Handle>();
  handle->key = EVP_EC_gen("P-256");
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(handle->key, &der);
  if (size <= 0) throw std::runtime_error("cannot make a test key");
  const Bytes spki(der, der + size);
  OPENSSL_free(der);
  auto key = PublicKey::from_der(spki);
  if (!key) throw std::runtime_error(key.error().message());
  return {std::move(handle), *std::move(key)};
}

Result<Bytes> TestSigner::sign(BytesView message) {
  ++calls;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::size_t size = 256;
  Bytes signature(size);
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, handle_->key) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    return fail(Outcome::key, "the test key does not sign");
  }
  signature.resize(size);
  return signature;
}

}  // namespace hallmark::test
