#include "keys/tpm/public_area.h"

#include <algorithm>
#include <array>

#include "base/try.h"
#include "crypto/der.h"
#include "crypto/hash.h"
#include "crypto/key_algorithm.h"
#include "keys/provider/rest.h"
#include "keys/provider/signature.h"

namespace hallmark::keys {
namespace {

constexpr std::uint32_t kDefaultExponent = 65537;  // what exponent 0 stands for (Part 2, section 12.2.3.5)
constexpr std::uint8_t kUncompressed = 0x04;

std::unexpected<Error> wrong_key(std::string_view key, std::string_view problem) {
  return fail(service_error(key, problem, Cause::wrong_key));
}

template <class Buffer>
BytesView contents(const Buffer& buffer) {
  return {buffer.buffer, buffer.size};
}

const crypto::Curve* curve_of(TPM2_ECC_CURVE id) {
  switch (id) {
    case TPM2_ECC_NIST_P256:
      return crypto::curve_of(KeyAlgorithm::ecdsa_p256);
    case TPM2_ECC_NIST_P384:
      return crypto::curve_of(KeyAlgorithm::ecdsa_p384);
    case TPM2_ECC_NIST_P521:
      return crypto::curve_of(KeyAlgorithm::ecdsa_p521);
    default:
      return nullptr;
  }
}

// Some TPMs leave out leading zeros.
bool append_padded(Bytes& into, BytesView number, std::size_t width) {
  if (number.size() > width) return false;
  into.resize(into.size() + width - number.size());
  into.insert(into.end(), number.begin(), number.end());
  return true;
}

Result<Bytes> ecc_spki(const TPMT_PUBLIC& area, std::string_view key) {
  const auto* const curve = curve_of(area.parameters.eccDetail.curveID);
  if (curve == nullptr) return wrong_key(key, "its curve is none of P-256, P-384 and P-521");
  Bytes point{kUncompressed};
  if (!append_padded(point, contents(area.unique.ecc.x), curve->field_bytes) ||
      !append_padded(point, contents(area.unique.ecc.y), curve->field_bytes))
    return fail(service_error(key, "its point is larger than its curve", Cause::malformed_answer));
  return crypto::write_spki(crypto::write_algorithm(curve->algorithm), point);
}

Bytes rsa_spki(const TPMT_PUBLIC& area) {
  const auto& detail = area.parameters.rsaDetail;
  const std::uint32_t exponent = detail.exponent == 0 ? kDefaultExponent : detail.exponent;
  const std::array<std::uint8_t, 4> octets{
      static_cast<std::uint8_t>(exponent >> 24), static_cast<std::uint8_t>(exponent >> 16),
      static_cast<std::uint8_t>(exponent >> 8), static_cast<std::uint8_t>(exponent)};
  const auto algorithm = detail.scheme.scheme == TPM2_ALG_RSAPSS ? KeyAlgorithm::rsa_pss : KeyAlgorithm::rsa_pkcs1;
  const Bytes numbers =
      crypto::der(crypto::tag::sequence, {crypto::der_integer(contents(area.unique.rsa)), crypto::der_integer(octets)});
  return crypto::write_spki(crypto::write_algorithm(algorithm), numbers);
}

TPMI_ALG_HASH tpm_hash(Hash hash) {
  if (hash == Hash::sha384) return TPM2_ALG_SHA384;
  return hash == Hash::sha512 ? TPM2_ALG_SHA512 : TPM2_ALG_SHA256;
}

Result<void> may_sign(const TPMT_PUBLIC& area, std::string_view key) {
  const auto has = [&](TPMA_OBJECT attribute) { return (area.objectAttributes & attribute) != 0; };
  if (!has(TPMA_OBJECT_SIGN_ENCRYPT)) return wrong_key(key, "it is for decryption and cannot sign");
  if (has(TPMA_OBJECT_RESTRICTED))
    return wrong_key(key, "it is restricted (an attestation key): it signs only what the TPM itself has hashed");
  if (has(TPMA_OBJECT_X509SIGN)) return wrong_key(key, "it signs only certificates (x509sign)");
  if (!has(TPMA_OBJECT_USERWITHAUTH))
    return fail(
        service_error(key, "it is bound to a policy, not to a password (userWithAuth is clear)", Cause::unsupported));
  return {};
}

// What `key` is fixed to; TPM2_ALG_NULL: nothing.
const TPMT_SIG_SCHEME fixed_scheme(const TPMT_PUBLIC& area) {
  TPMT_SIG_SCHEME fixed{};
  if (area.type == TPM2_ALG_ECC) {
    fixed.scheme = area.parameters.eccDetail.scheme.scheme;
    fixed.details.any.hashAlg = area.parameters.eccDetail.scheme.details.anySig.hashAlg;
  } else {
    fixed.scheme = area.parameters.rsaDetail.scheme.scheme;
    fixed.details.any.hashAlg = area.parameters.rsaDetail.scheme.details.anySig.hashAlg;
  }
  return fixed;
}

std::unexpected<Error> another(std::string_view key, std::string_view what) {
  return fail(service_error(key,
                            "the TPM answered with a signature of another " + std::string(what) + " than asked for",
                            Cause::wrong_answer));
}

}  // namespace

Result<TPM2B_PUBLIC> unmarshal_public(const Tss& tss, BytesView bytes, std::string_view key) {
  TPM2B_PUBLIC area{};
  std::size_t used = 0;
  const bool read = tss.unmarshal_public(bytes.data(), bytes.size(), &used, &area) == TSS2_RC_SUCCESS;
  if (!read || used != bytes.size() || !std::ranges::equal(marshal_public(tss, area), bytes))
    return fail(service_error(key, "its public area is not well-formed", Cause::malformed_answer));
  return area;
}

Result<TPM2B_PRIVATE> unmarshal_private(const Tss& tss, BytesView bytes, std::string_view key) {
  TPM2B_PRIVATE area{};
  std::size_t used = 0;
  const bool read = tss.unmarshal_private(bytes.data(), bytes.size(), &used, &area) == TSS2_RC_SUCCESS;
  if (!read || used != bytes.size() || area.size == 0)
    return fail(service_error(key, "its private area is not well-formed", Cause::malformed_answer));
  return area;
}

Bytes marshal_public(const Tss& tss, const TPM2B_PUBLIC& area) {
  Bytes bytes(sizeof area);
  std::size_t used = 0;
  if (tss.marshal_public(&area, bytes.data(), bytes.size(), &used) != TSS2_RC_SUCCESS) return {};
  bytes.resize(used);
  return bytes;
}

Bytes marshal_private(const Tss& tss, const TPM2B_PRIVATE& area) {
  Bytes bytes(sizeof area);
  std::size_t used = 0;
  if (tss.marshal_private(&area, bytes.data(), bytes.size(), &used) != TSS2_RC_SUCCESS) return {};
  bytes.resize(used);
  return bytes;
}

Result<Bytes> name_of(const Tss& tss, const TPM2B_PUBLIC& area, std::string_view key) {
  const Bytes sized = marshal_public(tss, area);
  if (sized.size() <= 2) return fail(service_error(key, "its public area is not well-formed", Cause::malformed_answer));
  const BytesView hashed_part = BytesView(sized).subspan(2);
  const TPMI_ALG_HASH algorithm = area.publicArea.nameAlg;
  Bytes digest;
  if (algorithm == TPM2_ALG_SHA256) digest = crypto::sha256(hashed_part);
  if (algorithm == TPM2_ALG_SHA384) digest = crypto::sha384(hashed_part);
  if (algorithm == TPM2_ALG_SHA512) digest = crypto::sha512(hashed_part);
  if (digest.empty()) return wrong_key(key, "its name is made by another hash than SHA-256, SHA-384 or SHA-512");
  Bytes name{static_cast<std::uint8_t>(algorithm >> 8), static_cast<std::uint8_t>(algorithm)};
  name.insert(name.end(), digest.begin(), digest.end());
  return name;
}

Result<PublicKey> public_key_of(const TPMT_PUBLIC& area, std::string_view key) {
  if (area.type != TPM2_ALG_ECC && area.type != TPM2_ALG_RSA)
    return wrong_key(key, "it is neither an ECC nor an RSA key");
  Bytes spki;
  if (area.type == TPM2_ALG_RSA) {
    spki = rsa_spki(area);
  } else {
    HM_TRY(spki, ecc_spki(area, key));
  }
  auto public_key = PublicKey::from_der(spki);
  if (!public_key) return fail(public_key.error().within(key).because(Cause::wrong_key));
  return public_key;
}

Result<TPMT_SIG_SCHEME> signing_scheme(const TPMT_PUBLIC& area, const PublicKey& public_key, std::string_view key) {
  HM_DO(may_sign(area, key));
  const bool rsa = area.type == TPM2_ALG_RSA;
  const TPMI_ALG_HASH hash = tpm_hash(hash_of(public_key.algorithm()));
  auto scheme = fixed_scheme(area);
  if (scheme.scheme == TPM2_ALG_NULL) {
    scheme.scheme = rsa ? TPM2_ALG_RSASSA : TPM2_ALG_ECDSA;
    scheme.details.any.hashAlg = hash;
    return scheme;
  }
  const bool known =
      rsa ? scheme.scheme == TPM2_ALG_RSASSA || scheme.scheme == TPM2_ALG_RSAPSS : scheme.scheme == TPM2_ALG_ECDSA;
  if (!known) return wrong_key(key, "its scheme is none of ECDSA, RSASSA and RSAPSS");
  if (scheme.details.any.hashAlg != hash)
    return wrong_key(key, "its scheme is fixed to another hash than SHA-" +
                              std::string(hash == TPM2_ALG_SHA256   ? "256"
                                          : hash == TPM2_ALG_SHA384 ? "384"
                                                                    : "512") +
                              ", with which hallmark signs by " + describe(public_key.algorithm(), public_key.bits()));
  return scheme;
}

Result<Bytes> signature_of(const TPMT_SIGNATURE& signature, const TPMT_SIG_SCHEME& scheme, const PublicKey& public_key,
                           std::string_view key) {
  if (signature.sigAlg != scheme.scheme) return another(key, "scheme");
  if (signature.signature.any.hashAlg != scheme.details.any.hashAlg) return another(key, "hash");
  if (scheme.scheme != TPM2_ALG_ECDSA) {
    const BytesView bytes = contents(signature.signature.rsassa.sig);
    return Bytes(bytes.begin(), bytes.end());
  }
  const auto* const curve = crypto::curve_of(public_key.algorithm());
  Bytes r_and_s;
  if (curve == nullptr || !append_padded(r_and_s, contents(signature.signature.ecdsa.signatureR), curve->field_bytes) ||
      !append_padded(r_and_s, contents(signature.signature.ecdsa.signatureS), curve->field_bytes))
    return another(key, "size");
  return ecdsa_der(public_key.algorithm(), r_and_s, key);
}

}  // namespace hallmark::keys
