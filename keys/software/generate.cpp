#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <array>

#include "base/encoding.h"
#include "base/shown_reference.h"
#include "base/try.h"
#include "crypto/hash.h"
#include "crypto/key_algorithm.h"
#include "crypto/scrub.h"
#include "keys/software/encode_key.h"
#include "keys/software/open_private_key.h"

namespace hallmark::keys {
namespace {

namespace tag = crypto::tag;

constexpr std::uint8_t kZero = 0;
constexpr std::uint8_t kOne = 1;

std::unexpected<Error> failed() {
  ERR_clear_error();
  return fail(Outcome::key, "openssl cannot make the key");
}

// A number of the key, big-endian; empty where OpenSSL does not have it.
Secret number_of(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = BN_secure_new();
  const bool found = raw != nullptr && EVP_PKEY_get_bn_param(key, name, &raw) == 1;
  const crypto::BigNumber number(raw);
  if (!found) return {};
  Secret bytes(static_cast<std::size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), bytes.writable().data());
  return bytes;
}

Result<crypto::EvpKey> make(EVP_PKEY_CTX* context) {
  EVP_PKEY* made = nullptr;
  if (EVP_PKEY_generate(context, &made) != 1) return failed();
  return crypto::EvpKey(made);
}

// ECPrivateKey without its optional parts; read_pkcs8 completes it.
Result<Secret> generate_ecdsa(const crypto::Curve& curve) {
  const crypto::EvpKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  if (!context || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_group_name(context.get(), curve.name) != 1)
    return failed();
  HM_TRY(const auto key, make(context.get()));
  const auto scalar = number_of(key.get(), OSSL_PKEY_PARAM_PRIV_KEY);
  if (scalar.empty()) return failed();
  const auto octets = crypto::der_secret(tag::octet_string, {scalar.view()});
  return crypto::der_secret(tag::sequence, {crypto::der(tag::integer, {{&kOne, 1}}), octets.view()});
}

// RSAPrivateKey; the exponent is OpenSSL's default, 65537.
Result<Secret> generate_rsa(unsigned bits) {
  static constexpr std::array<const char*, 8> kNames{
      OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
      OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
      OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
      OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
  };
  const crypto::EvpKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  if (!context || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(bits)) != 1)
    return failed();
  HM_TRY(const auto key, make(context.get()));
  std::array<Secret, kNames.size()> values;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const auto number = number_of(key.get(), kNames[i]);
    if (number.empty()) return failed();
    values[i] = crypto::der_integer_secret(number.view());
  }
  return crypto::der_secret(
      tag::sequence, {crypto::der(tag::integer, {{&kZero, 1}}), values[0].view(), values[1].view(), values[2].view(),
                      values[3].view(), values[4].view(), values[5].view(), values[6].view(), values[7].view()});
}

// RFC 8032 section 5.1.5: the private key is 32 random bytes.
Secret generate_ed25519() {
  Secret seed(32);
  crypto::random_bytes(seed.writable());
  return crypto::der_secret(tag::octet_string, {seed.view()});
}

Result<Secret> generate_contents(const KeyType& type) {
  if (const auto* curve = crypto::curve_of(type.algorithm)) return generate_ecdsa(*curve);
  if (type.algorithm == KeyAlgorithm::ed25519) return generate_ed25519();
  return generate_rsa(type.bits);
}

Result<PrivateKey> generate_key(const KeyType& type) {
  const crypto::StackWiper wiper;
  HM_DO(parse_key_type(describe(type.algorithm, type.bits)));
  HM_TRY(const auto contents, generate_contents(type));
  const auto octets = crypto::der_secret(tag::octet_string, {contents.view()});
  const auto pkcs8 = crypto::der_secret(tag::sequence, {crypto::der(tag::integer, {{&kZero, 1}}),
                                                        crypto::write_algorithm(type.algorithm), octets.view()});
  return read_pkcs8(pkcs8.view());
}

}  // namespace

Result<KeyPair> generate(const KeyType& type, std::string_view what, const EncodeOptions& options) {
  HM_TRY(auto key, generate_key(type));
  HM_TRY(auto pem, encode_key(key, base::printable(what), options));
  return KeyPair{std::move(pem), std::move(key.public_key)};
}

Result<KeyPair> import_key(std::string_view reference, const OpenOptions& open, const EncodeOptions& options) {
  HM_TRY(auto key, open_private_key(reference, open));
  HM_TRY(auto pem, encode_key(key, base::shown_reference(reference), options));
  return KeyPair{std::move(pem), std::move(key.public_key)};
}

}  // namespace hallmark::keys
