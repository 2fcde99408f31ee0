#include "keys/software/kdf.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/limits.h"
#include "base/try.h"
#include "crypto/scrub.h"

namespace hallmark::keys {
namespace {

constexpr std::size_t kScryptBlock = 128;  // bytes times r: what N and p count
// OpenSSL counts its own buffers beside N·r·128 against the limit that it is given.
constexpr std::size_t kScryptSlack = 16u << 20;

std::string_view name_of(Prf prf) {
  switch (prf) {
    case Prf::hmac_sha1:
      return "hmac-sha1";
    case Prf::hmac_sha256:
      return "hmac-sha256";
    case Prf::hmac_sha384:
      return "hmac-sha384";
    case Prf::hmac_sha512:
      break;
  }
  return "hmac-sha512";
}

const EVP_MD* hash_of(Prf prf) {
  switch (prf) {
    case Prf::hmac_sha1:
      return EVP_sha1();
    case Prf::hmac_sha256:
      return EVP_sha256();
    case Prf::hmac_sha384:
      return EVP_sha384();
    case Prf::hmac_sha512:
      break;
  }
  return EVP_sha512();
}

Result<void> check_scrypt(const Scrypt& scrypt) {
  const auto refuse = [&](std::string_view why) {
    return fail(Outcome::key, "its key derivation (" + describe(Kdf(scrypt)) + ") " + std::string(why));
  };
  if (scrypt.n < 2 || (scrypt.n & (scrypt.n - 1)) != 0) return refuse("is not valid: N is not a power of two");
  if (scrypt.r == 0 || scrypt.p == 0) return refuse("is not valid: r and p start at 1");
  constexpr std::uint64_t kMemory = limits::scrypt_memory / kScryptBlock;
  constexpr std::uint64_t kWork = limits::scrypt_work / kScryptBlock;
  if (scrypt.n > kMemory || scrypt.r > kMemory / scrypt.n)
    return refuse("takes more memory than the limit of " + std::to_string(limits::scrypt_memory >> 20) + " MiB");
  if (scrypt.p > kWork / (scrypt.n * scrypt.r)) return refuse("takes more time than the limit allows");
  return {};
}

Result<void> check_pbkdf2(const Pbkdf2& pbkdf2) {
  if (pbkdf2.iterations == 0) return fail(Outcome::key, "its key derivation has 0 iterations");
  if (pbkdf2.iterations > limits::pbkdf2_iterations)
    return fail(Outcome::key, "its key derivation has " + std::to_string(pbkdf2.iterations) +
                                  " iterations, more than the limit of " + std::to_string(limits::pbkdf2_iterations));
  return {};
}

bool run(const Scrypt& scrypt, std::string_view password, BytesView salt, std::span<std::uint8_t> into) {
  return EVP_PBE_scrypt(password.data(), password.size(), salt.data(), salt.size(), scrypt.n, scrypt.r, scrypt.p,
                        limits::scrypt_memory + kScryptSlack, into.data(), into.size()) == 1;
}

bool run(const Pbkdf2& pbkdf2, std::string_view password, BytesView salt, std::span<std::uint8_t> into) {
  return PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt.data(),
                           static_cast<int>(salt.size()), static_cast<int>(pbkdf2.iterations), hash_of(pbkdf2.prf),
                           static_cast<int>(into.size()), into.data()) == 1;
}

}  // namespace

std::string describe(const Kdf& kdf) {
  if (const auto* scrypt = std::get_if<Scrypt>(&kdf))
    return "scrypt N=" + std::to_string(scrypt->n) + " r=" + std::to_string(scrypt->r) +
           " p=" + std::to_string(scrypt->p);
  const auto& pbkdf2 = std::get<Pbkdf2>(kdf);
  return "pbkdf2 " + std::string(name_of(pbkdf2.prf)) + " iterations=" + std::to_string(pbkdf2.iterations);
}

Result<void> check(const Kdf& kdf) {
  if (const auto* scrypt = std::get_if<Scrypt>(&kdf)) return check_scrypt(*scrypt);
  return check_pbkdf2(std::get<Pbkdf2>(kdf));
}

Result<Secret> derive(const Kdf& kdf, const Secret& password, BytesView salt, std::size_t size) {
  HM_DO(check(kdf));
  if (password.size() > limits::password_bytes)
    return fail(Outcome::key, "the password has more than " + std::to_string(limits::password_bytes) + " bytes");
  const crypto::StackWiper wiper;
  const std::string_view text = password.empty() ? "" : password.text();
  Secret key(size);
  const bool done = std::visit([&](const auto& method) { return run(method, text, salt, key.writable()); }, kdf);
  if (!done) {
    ERR_clear_error();
    return fail(Outcome::key, "its key derivation (" + describe(kdf) + ") failed");
  }
  return key;
}

Error wrong_password() {
  return Error(Outcome::key, "wrong password, or the file is damaged")
      .because(Cause::wrong_pin)
      .with_hint("--password-file comes first, then HALLMARK_PASSWORD, COSIGN_PASSWORD, and then a prompt");
}

}  // namespace hallmark::keys
