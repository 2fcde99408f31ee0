#include "crypto/public_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/try.h"
#include "crypto/hash.h"
#include "crypto/key_algorithm.h"
#include "crypto/openssl.h"
#include "crypto/pem.h"
#include "hallmark/key.h"

namespace hallmark {

struct PublicKey::Parts {
  KeyAlgorithm algorithm;
  unsigned bits;
  Bytes der;
  Bytes sum;  // SHA-256 of der
  std::string id;
  crypto::EvpKey handle;
  Bytes point;  // Ed25519: the 32 bytes themselves, for libsodium
};

namespace {

using crypto::DerReader;
namespace tag = crypto::tag;

constexpr unsigned kRsaBitsLeast = 2048;
constexpr unsigned kRsaBitsMost = 4096;
constexpr std::size_t kRsaExponentBytes = 8;  // larger ones only make verification slow
constexpr std::size_t kEd25519KeyBytes = 32;
constexpr int kPssSaltBytes = 32;  // of the digest's length; no other salt is accepted, least of all none

// OpenSSL's errors stay in a queue of the thread, where the next TLS call would take them for its own.
struct QuietErrors {
  ~QuietErrors() { ERR_clear_error(); }
};

struct Opened {
  unsigned bits;
  crypto::EvpKey handle;
};

Result<crypto::EvpKey> make_handle(const char* type, OSSL_PARAM* parameters, std::string_view problem) {
  crypto::EvpKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
    return fail(Outcome::malformed, std::string(problem));
  return crypto::EvpKey(made);
}

Result<Opened> open_ecdsa(const crypto::Curve& curve, BytesView point) {
  // One text per key: the compressed form would give the same key another id.
  if (point.size() != 1 + 2 * curve.field_bytes || point[0] != 0x04)
    return fail(Outcome::malformed, "public key: the point is not in uncompressed form of " + std::string(curve.name));
  Bytes copy(point.begin(), point.end());
  std::string group(curve.name);
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy.data(), copy.size()),
      OSSL_PARAM_construct_end(),
  };
  HM_TRY(auto handle, make_handle("EC", parameters, "public key: the point is not on " + std::string(curve.name)));
  return Opened{curve.bits, std::move(handle)};
}

unsigned bit_length(BytesView magnitude) {
  if (magnitude.empty()) return 0;
  unsigned top = 8;
  while (((magnitude[0] >> (top - 1)) & 1) == 0) --top;
  return static_cast<unsigned>((magnitude.size() - 1) * 8) + top;
}

// RSAPublicKey, RFC 8017 appendix A.1.1.
Result<Opened> open_rsa(BytesView contents) {
  DerReader outer(contents, "public key");
  HM_TRY(auto reader, outer.enter(tag::sequence));
  HM_DO(outer.end());
  HM_TRY(const auto modulus, reader.unsigned_integer());
  HM_TRY(const auto exponent, reader.unsigned_integer());
  HM_DO(reader.end());
  const auto bits = bit_length(modulus);
  if (bits < kRsaBitsLeast || bits > kRsaBitsMost)
    return fail(Outcome::malformed,
                "an RSA key of " + std::to_string(bits) + " bits is not accepted, only 2048 to 4096 bits");
  if ((modulus.back() & 1) == 0) return fail(Outcome::malformed, "public key: the RSA modulus is even");
  if (exponent.empty() || (exponent.back() & 1) == 0 || bit_length(exponent) < 2 || exponent.size() > kRsaExponentBytes)
    return fail(Outcome::malformed, "public key: the RSA exponent is not an odd number from 3 to 2^64");
  Bytes n(modulus.rbegin(), modulus.rend());  // OSSL_PARAM numbers are in native order
  Bytes e(exponent.rbegin(), exponent.rend());
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n.data(), n.size()),
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e.data(), e.size()),
      OSSL_PARAM_construct_end(),
  };
  HM_TRY(auto handle, make_handle("RSA", parameters, "public key: the RSA numbers are not usable"));
  return Opened{bits, std::move(handle)};
}

Result<Opened> open_ed25519(BytesView point) {
  if (point.size() != kEd25519KeyBytes) return fail(Outcome::malformed, "public key: an Ed25519 key has 32 bytes");
  // A point of small order would let anyone sign; one off the main subgroup is nobody's honest key.
  if (crypto_core_ed25519_is_valid_point(point.data()) != 1)
    return fail(Outcome::malformed, "public key: the Ed25519 point is not valid");
  crypto::EvpKey handle(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, point.data(), point.size()));
  if (!handle) return fail(Outcome::malformed, "public key: the Ed25519 point is not valid");
  return Opened{256, std::move(handle)};
}

Result<Opened> open_key(KeyAlgorithm algorithm, BytesView contents) {
  if (const auto* curve = crypto::curve_of(algorithm)) return open_ecdsa(*curve, contents);
  return algorithm == KeyAlgorithm::ed25519 ? open_ed25519(contents) : open_rsa(contents);
}

// SubjectPublicKeyInfo, RFC 5280 section 4.1.
Result<std::shared_ptr<const PublicKey::Parts>> read_spki(BytesView spki) {
  const QuietErrors quiet;
  DerReader outer(spki, "public key");
  HM_TRY(auto reader, outer.enter(tag::sequence));
  HM_DO(outer.end());
  HM_TRY(const auto identifier, crypto::read_algorithm(reader));
  HM_TRY(const auto contents, reader.bit_string());
  HM_DO(reader.end());
  HM_TRY(auto opened, open_key(identifier.algorithm, contents));
  auto parts = std::make_shared<PublicKey::Parts>();
  parts->algorithm = identifier.algorithm;
  parts->bits = opened.bits;
  parts->der.assign(spki.begin(), spki.end());
  parts->sum = crypto::sha256(spki);
  parts->id = base::hex_encode(parts->sum);
  parts->handle = std::move(opened.handle);
  if (identifier.algorithm == KeyAlgorithm::ed25519) parts->point.assign(contents.begin(), contents.end());
  return parts;
}

std::unexpected<Error> not_a_public_key(const std::string& label) {
  if (label.ends_with("PRIVATE KEY"))
    return fail(Error(Outcome::key, "is a private key (" + base::printable(label, 40) + "), expected a public key")
                    .with_hint("\"hallmark key public --key FILE\" prints the public key of a private one"));
  if (label.ends_with("CERTIFICATE"))
    return fail(Error(Outcome::key, "is a certificate, expected a public key")
                    .with_hint("\"openssl x509 -pubkey -noout\" prints the public key of a certificate"));
  return fail(Outcome::key, "is a PEM block \"" + base::printable(label, 40) + "\", expected \"PUBLIC KEY\"");
}

bool verify_by_openssl(const PublicKey::Parts& key, const EVP_MD* hash, BytesView message, BytesView signature) {
  const crypto::EvpDigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* settings = nullptr;  // owned by context
  if (!context || EVP_DigestVerifyInit(context.get(), &settings, hash, nullptr, key.handle.get()) != 1) return false;
  if (key.algorithm == KeyAlgorithm::rsa_pkcs1 && EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PADDING) != 1)
    return false;
  if (key.algorithm == KeyAlgorithm::rsa_pss && (EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) != 1 ||
                                                 EVP_PKEY_CTX_set_rsa_mgf1_md(settings, EVP_sha256()) != 1 ||
                                                 EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, kPssSaltBytes) != 1))
    return false;
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

// RFC 8032 section 5.1, with prehash and an empty context: what libsodium's multi-part interface is.
bool verify_ed25519ph(const PublicKey::Parts& key, BytesView message, BytesView signature) {
  crypto_sign_state state;
  return crypto_sign_init(&state) == 0 && crypto_sign_update(&state, message.data(), message.size()) == 0 &&
         crypto_sign_final_verify(&state, signature.data(), key.point.data()) == 0;
}

}  // namespace

std::string describe(KeyAlgorithm algorithm, unsigned bits) {
  switch (algorithm) {
    case KeyAlgorithm::ecdsa_p256:
      return "ecdsa-p256";
    case KeyAlgorithm::ecdsa_p384:
      return "ecdsa-p384";
    case KeyAlgorithm::ecdsa_p521:
      return "ecdsa-p521";
    case KeyAlgorithm::rsa_pkcs1:
      return "rsa-" + std::to_string(bits);
    case KeyAlgorithm::rsa_pss:
      return "rsa-pss-" + std::to_string(bits);
    case KeyAlgorithm::ed25519:
      break;
  }
  return "ed25519";
}

Result<PublicKey> PublicKey::from_der(BytesView spki) {
  auto parts = read_spki(spki);
  if (!parts) return fail(parts.error().as(Outcome::key));
  return PublicKey(*std::move(parts));
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  HM_TRY(const auto block, crypto::read_pem(pem));
  return crypto::public_key_from(block);
}

Result<PublicKey> crypto::public_key_from(const PemBlock& block) {
  if (block.label == "PUBLIC KEY") return PublicKey::from_der(block.bytes.view());
  if (block.label == "RSA PUBLIC KEY")
    return PublicKey::from_der(write_spki(write_algorithm(KeyAlgorithm::rsa_pkcs1), block.bytes.view()));
  return not_a_public_key(block.label);
}

KeyAlgorithm PublicKey::algorithm() const { return parts_->algorithm; }
unsigned PublicKey::bits() const { return parts_->bits; }
const Bytes& PublicKey::der() const { return parts_->der; }
std::string PublicKey::pem() const { return crypto::write_public_pem("PUBLIC KEY", parts_->der); }
const std::string& PublicKey::id() const { return parts_->id; }
std::string PublicKey::hint() const { return base::base64_encode(parts_->sum); }

bool PublicKey::verify(BytesView message, BytesView signature) const {
  const QuietErrors quiet;
  const auto& key = *parts_;
  switch (key.algorithm) {
    case KeyAlgorithm::ecdsa_p256:
      return verify_by_openssl(key, EVP_sha256(), message, signature);
    case KeyAlgorithm::ecdsa_p384:
      return verify_by_openssl(key, EVP_sha384(), message, signature) ||
             verify_by_openssl(key, EVP_sha256(), message, signature);
    case KeyAlgorithm::ecdsa_p521:
      return verify_by_openssl(key, EVP_sha512(), message, signature) ||
             verify_by_openssl(key, EVP_sha256(), message, signature);
    case KeyAlgorithm::rsa_pkcs1:
    case KeyAlgorithm::rsa_pss:
      return signature.size() == static_cast<std::size_t>(EVP_PKEY_get_size(key.handle.get())) &&
             verify_by_openssl(key, EVP_sha256(), message, signature);
    case KeyAlgorithm::ed25519:
      return signature.size() == crypto_sign_BYTES &&
             (verify_by_openssl(key, nullptr, message, signature) || verify_ed25519ph(key, message, signature));
  }
  return false;
}

}  // namespace hallmark
