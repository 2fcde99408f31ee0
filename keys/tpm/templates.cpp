#include "keys/tpm/templates.h"

#include "keys/provider/rest.h"

namespace hallmark::keys {
namespace {

constexpr TPMA_OBJECT kMadeHere =
    TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH;

void make_ecc(TPMT_PUBLIC& area, TPM2_ECC_CURVE curve, TPMI_ALG_HASH hash) {
  area.type = TPM2_ALG_ECC;
  auto& detail = area.parameters.eccDetail;
  detail.symmetric.algorithm = TPM2_ALG_NULL;
  detail.scheme.scheme = TPM2_ALG_ECDSA;
  detail.scheme.details.ecdsa.hashAlg = hash;
  detail.curveID = curve;
  detail.kdf.scheme = TPM2_ALG_NULL;
}

void make_rsa(TPMT_PUBLIC& area, unsigned bits, TPMI_ALG_ASYM_SCHEME scheme) {
  area.type = TPM2_ALG_RSA;
  auto& detail = area.parameters.rsaDetail;
  detail.symmetric.algorithm = TPM2_ALG_NULL;
  detail.scheme.scheme = scheme;
  detail.scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
  detail.keyBits = static_cast<TPMI_RSA_KEY_BITS>(bits);
}

}  // namespace

TPM2B_PUBLIC storage_primary() {
  TPM2B_PUBLIC primary{};
  TPMT_PUBLIC& area = primary.publicArea;
  make_ecc(area, TPM2_ECC_NIST_P256, TPM2_ALG_NULL);
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = kMadeHere | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
  auto& detail = area.parameters.eccDetail;
  detail.symmetric.algorithm = TPM2_ALG_AES;
  detail.symmetric.keyBits.aes = 128;
  detail.symmetric.mode.aes = TPM2_ALG_CFB;
  detail.scheme.scheme = TPM2_ALG_NULL;
  return primary;
}

Result<TPM2B_PUBLIC> signing_template(const KeyType& type, bool has_password) {
  TPM2B_PUBLIC made{};
  TPMT_PUBLIC& area = made.publicArea;
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = kMadeHere | TPMA_OBJECT_SIGN_ENCRYPT | (has_password ? 0 : TPMA_OBJECT_NODA);
  switch (type.algorithm) {
    case KeyAlgorithm::ecdsa_p256:
      make_ecc(area, TPM2_ECC_NIST_P256, TPM2_ALG_SHA256);
      break;
    case KeyAlgorithm::ecdsa_p384:
      make_ecc(area, TPM2_ECC_NIST_P384, TPM2_ALG_SHA384);
      break;
    case KeyAlgorithm::ecdsa_p521:
      make_ecc(area, TPM2_ECC_NIST_P521, TPM2_ALG_SHA512);
      break;
    case KeyAlgorithm::rsa_pkcs1:
      make_rsa(area, type.bits, TPM2_ALG_RSASSA);
      break;
    case KeyAlgorithm::rsa_pss:
      make_rsa(area, type.bits, TPM2_ALG_RSAPSS);
      break;
    case KeyAlgorithm::ed25519:
      return fail(service_error("TPM", "it makes no Ed25519 keys", Cause::unsupported)
                      .with_hint("choose ecdsa-p256, ecdsa-p384 or rsa-2048"));
  }
  return made;
}

}  // namespace hallmark::keys
