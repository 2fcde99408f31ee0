#include "crypto/hash.h"

#include <openssl/rand.h>

#include <cstdio>
#include <cstdlib>

#include "base/encoding.h"
#include "crypto/openssl.h"

namespace hallmark {
namespace {

// Hashing and randomness only fail without memory or with a broken OpenSSL: no answer that follows could be sound.
[[noreturn]] void stop(const char* what) {
  (void)std::fprintf(stderr, "hallmark: error: openssl failed: %s\n", what);
  std::_Exit(exit_code(Outcome::internal));
}

const EVP_MD* digest_type(DigestAlgorithm algorithm) {
  switch (algorithm) {
    case DigestAlgorithm::sha256:
      return EVP_sha256();
    case DigestAlgorithm::sha384:
      return EVP_sha384();
    case DigestAlgorithm::sha512:
      return EVP_sha512();
  }
  stop("unknown digest");
}

Bytes hash_once(BytesView bytes, const EVP_MD* type) {
  Bytes result(static_cast<std::size_t>(EVP_MD_get_size(type)));
  if (EVP_Digest(bytes.data(), bytes.size(), result.data(), nullptr, type, nullptr) != 1) stop("hashing");
  return result;
}

}  // namespace

struct Hasher::State {
  crypto::EvpDigestContext context{EVP_MD_CTX_new()};
};

Hasher::Hasher(DigestAlgorithm algorithm) : state_(std::make_unique<State>()), algorithm_(algorithm) {
  if (!state_->context || EVP_DigestInit_ex2(state_->context.get(), digest_type(algorithm), nullptr) != 1)
    stop("starting a hash");
}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(BytesView bytes) {
  if (EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) != 1) stop("hashing");
}

Digest Hasher::finish() {
  Bytes sum(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  if (EVP_DigestFinal_ex(state_->context.get(), sum.data(), &size) != 1) stop("finishing a hash");
  sum.resize(size);
  return {algorithm_, base::hex_encode(sum)};
}

namespace crypto {

Bytes sha256(BytesView bytes) { return hash_once(bytes, EVP_sha256()); }
Bytes sha384(BytesView bytes) { return hash_once(bytes, EVP_sha384()); }
Bytes sha512(BytesView bytes) { return hash_once(bytes, EVP_sha512()); }

void random_bytes(std::span<std::uint8_t> into) {
  if (into.size() > 1u << 20 || RAND_bytes(into.data(), static_cast<int>(into.size())) != 1) stop("random bytes");
}

Bytes random_bytes(std::size_t count) {
  Bytes bytes(count);
  random_bytes(bytes);
  return bytes;
}

}  // namespace crypto
}  // namespace hallmark
