#include "keys/kms/gcp_algorithm.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "keys/kms/gcp_error.h"

namespace hallmark::keys {
namespace {

constexpr std::array<GcpAlgorithm, 9> kAlgorithms{{
    {"EC_SIGN_P256_SHA256", {KeyAlgorithm::ecdsa_p256, 256}},
    {"EC_SIGN_P384_SHA384", {KeyAlgorithm::ecdsa_p384, 384}},
    {"EC_SIGN_ED25519", {KeyAlgorithm::ed25519, 256}},
    {"RSA_SIGN_PKCS1_2048_SHA256", {KeyAlgorithm::rsa_pkcs1, 2048}},
    {"RSA_SIGN_PKCS1_3072_SHA256", {KeyAlgorithm::rsa_pkcs1, 3072}},
    {"RSA_SIGN_PKCS1_4096_SHA256", {KeyAlgorithm::rsa_pkcs1, 4096}},
    {"RSA_SIGN_PSS_2048_SHA256", {KeyAlgorithm::rsa_pss, 2048}},
    {"RSA_SIGN_PSS_3072_SHA256", {KeyAlgorithm::rsa_pss, 3072}},
    {"RSA_SIGN_PSS_4096_SHA256", {KeyAlgorithm::rsa_pss, 4096}},
}};

// What a key of this algorithm is for, in the words of the API's enumeration.
std::string_view use_of(std::string_view name) {
  if (name.starts_with("EC_SIGN_SECP256K1")) return "the curve secp256k1 is in no format of signatures";
  if (name.ends_with("_SHA512")) return "RSA is verified with SHA-256 only";
  if (name.starts_with("RSA_SIGN_RAW_")) return "it signs what is already padded";
  if (name.starts_with("PQ_SIGN_")) return "the algorithm is in no format of signatures yet";
  if (name.find("_SIGN_") != std::string_view::npos) return "it is not known here";
  return "it is not a key that signs";
}

}  // namespace

std::optional<GcpAlgorithm> gcp_algorithm(std::string_view name) {
  const auto found = std::ranges::find(kAlgorithms, name, &GcpAlgorithm::name);
  return found == kAlgorithms.end() ? std::nullopt : std::optional(*found);
}

std::optional<GcpAlgorithm> gcp_algorithm(const KeyType& type) {
  const auto found = std::ranges::find_if(kAlgorithms, [&](const GcpAlgorithm& one) {
    const bool rsa = type.algorithm == KeyAlgorithm::rsa_pkcs1 || type.algorithm == KeyAlgorithm::rsa_pss;
    return one.type.algorithm == type.algorithm && (!rsa || one.type.bits == type.bits);
  });
  return found == kAlgorithms.end() ? std::nullopt : std::optional(*found);
}

Error unusable_gcp_algorithm(std::string_view resource, std::string_view name) {
  return gcp_error(
             std::string(resource) + " is of algorithm " + base::printable(name, 60) + ": " + std::string(use_of(name)),
             Cause::wrong_key)
      .with_hint(
          "keys that sign here are EC_SIGN_P256_SHA256, EC_SIGN_P384_SHA384, EC_SIGN_ED25519, and "
          "RSA_SIGN_PKCS1_…_SHA256 and RSA_SIGN_PSS_…_SHA256");
}

}  // namespace hallmark::keys
