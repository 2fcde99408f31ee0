#include "crypto/key_algorithm.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/try.h"

namespace hallmark::crypto {
namespace {

using namespace std::string_view_literals;

// Contents octets of the object identifiers.
constexpr auto kEcPublicKey = "\x2a\x86\x48\xce\x3d\x02\x01"sv;     // 1.2.840.10045.2.1
constexpr auto kP256 = "\x2a\x86\x48\xce\x3d\x03\x01\x07"sv;        // 1.2.840.10045.3.1.7
constexpr auto kP384 = "\x2b\x81\x04\x00\x22"sv;                    // 1.3.132.0.34
constexpr auto kP521 = "\x2b\x81\x04\x00\x23"sv;                    // 1.3.132.0.35
constexpr auto kRsa = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"sv;     // 1.2.840.113549.1.1.1
constexpr auto kRsaPss = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"sv;  // 1.2.840.113549.1.1.10
constexpr auto kMgf1 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"sv;    // 1.2.840.113549.1.1.8
constexpr auto kEd25519 = "\x2b\x65\x70"sv;                         // 1.3.101.112
constexpr auto kSha256 = "\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv;  // 2.16.840.1.101.3.4.2.1
constexpr std::size_t kPssSalt = 32;

struct Foreign {
  std::string_view oid;
  std::string_view name;
};
// What people bring by mistake, so that the message can say it.
constexpr std::array<Foreign, 9> kRefused{{
    {"\x2a\x86\x48\xce\x3d\x03\x01\x01"sv, "P-192"},
    {"\x2b\x81\x04\x00\x21"sv, "P-224"},
    {"\x2b\x81\x04\x00\x0a"sv, "secp256k1"},
    {"\x2b\x65\x6e"sv, "X25519"},
    {"\x2b\x65\x6f"sv, "X448"},
    {"\x2b\x65\x71"sv, "Ed448"},
    {"\x2a\x86\x48\xce\x38\x04\x01"sv, "DSA"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x03\x01"sv, "Diffie-Hellman"},
    {"\x2b\x24\x03\x03\x02\x08\x01\x01\x07"sv, "brainpoolP256r1"},
}};

std::string name_of(BytesView oid) {
  for (const auto& foreign : kRefused)
    if (foreign.oid == as_text(oid)) return std::string(foreign.name);
  return "OID " + base::hex_encode(oid.first(std::min<std::size_t>(oid.size(), 16)));
}

constexpr auto kAccepted = "; accepted are ECDSA P-256, P-384 and P-521, RSA of 2048 to 4096 bits, and Ed25519"sv;

Result<void> expect_oid(DerReader& from, std::string_view oid, std::string_view problem) {
  HM_TRY(const auto found, from.take(tag::oid));
  if (as_text(found) != oid) return from.error(problem);
  return {};
}

// AlgorithmIdentifier of SHA-256; NULL parameters and none mean the same (RFC 4055 section 2.1).
Result<void> expect_sha256(DerReader algorithm) {
  HM_DO(expect_oid(algorithm, kSha256, "RSA-PSS with another hash than SHA-256 is not accepted"));
  if (algorithm.next_is(tag::null)) HM_DO(algorithm.take(tag::null));
  return algorithm.end();
}

// RSASSA-PSS-params, RFC 4055 section 3.1: all of it optional, but the defaults (SHA-1) are not accepted.
Result<void> read_pss_parameters(DerReader from) {
  if (!from.next_is(tag::context_0)) return from.error("RSA-PSS with SHA-1 is not accepted");
  HM_TRY(auto hash, from.enter(tag::context_0));
  HM_TRY(const auto hash_algorithm, hash.enter(tag::sequence));
  HM_DO(expect_sha256(hash_algorithm));
  HM_DO(hash.end());
  if (!from.next_is(tag::context_1)) return from.error("RSA-PSS with SHA-1 in MGF1 is not accepted");
  HM_TRY(auto mask, from.enter(tag::context_1));
  HM_TRY(auto generator, mask.enter(tag::sequence));
  HM_DO(mask.end());
  HM_DO(expect_oid(generator, kMgf1, "RSA-PSS with another mask than MGF1 is not accepted"));
  HM_TRY(const auto mask_hash, generator.enter(tag::sequence));
  HM_DO(expect_sha256(mask_hash));
  HM_DO(generator.end());
  if (from.next_is(tag::context_2)) {
    HM_TRY(auto salt, from.enter(tag::context_2));
    HM_TRY(const auto length, salt.small_integer());
    HM_DO(salt.end());
    if (length > kPssSalt) return from.error("RSA-PSS with a salt of more than 32 bytes is not accepted");
  }
  return from.end();
}

Result<KeyAlgorithm> read_pss(DerReader from) {
  if (!from.empty()) {
    HM_TRY(const auto parameters, from.enter(tag::sequence));
    HM_DO(read_pss_parameters(parameters));
  }
  HM_DO(from.end());
  return KeyAlgorithm::rsa_pss;
}

std::string_view curve_oid(KeyAlgorithm algorithm) {
  if (algorithm == KeyAlgorithm::ecdsa_p384) return kP384;
  return algorithm == KeyAlgorithm::ecdsa_p521 ? kP521 : kP256;
}

constexpr std::array<Curve, 3> kCurves{{
    {KeyAlgorithm::ecdsa_p256, "P-256", 256, 32},
    {KeyAlgorithm::ecdsa_p384, "P-384", 384, 48},
    {KeyAlgorithm::ecdsa_p521, "P-521", 521, 66},
}};

Result<KeyAlgorithm> read_identifier(DerReader identifier) {
  HM_TRY(const auto oid, identifier.take(tag::oid));
  if (as_text(oid) == kEcPublicKey) {
    HM_TRY(const auto curve, read_curve(identifier));
    HM_DO(identifier.end());
    return curve;
  }
  if (as_text(oid) == kRsa) {
    HM_TRY(const auto null, identifier.take(tag::null));
    if (!null.empty()) return identifier.error("the RSA parameters are not NULL");
    HM_DO(identifier.end());
    return KeyAlgorithm::rsa_pkcs1;
  }
  if (as_text(oid) == kRsaPss) return read_pss(identifier);
  if (as_text(oid) == kEd25519) {
    HM_DO(identifier.end());
    return KeyAlgorithm::ed25519;
  }
  return identifier.error(name_of(oid) + " keys are not accepted" + std::string(kAccepted));
}

}  // namespace

Result<KeyAlgorithm> read_curve(DerReader& from) {
  if (from.next_is(tag::sequence)) return from.error("explicit curve parameters are not accepted, only named curves");
  HM_TRY(const auto oid, from.take(tag::oid));
  for (const auto& curve : kCurves)
    if (as_text(oid) == curve_oid(curve.algorithm)) return curve.algorithm;
  return from.error("curve " + name_of(oid) + " is not accepted" + std::string(kAccepted));
}

Result<AlgorithmIdentifier> read_algorithm(DerReader& from) {
  HM_TRY(const auto whole, from.take_whole(tag::sequence));
  HM_TRY(auto identifier, DerReader(whole, from.what()).enter(tag::sequence));
  HM_TRY(const auto algorithm, read_identifier(identifier));
  return AlgorithmIdentifier{algorithm, Bytes(whole.begin(), whole.end())};
}

Bytes write_algorithm(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::rsa_pkcs1:
      return der(tag::sequence, {der(tag::oid, {as_bytes(kRsa)}), der(tag::null, {})});
    case KeyAlgorithm::rsa_pss:
      return der(tag::sequence, {der(tag::oid, {as_bytes(kRsaPss)})});
    case KeyAlgorithm::ed25519:
      return der(tag::sequence, {der(tag::oid, {as_bytes(kEd25519)})});
    case KeyAlgorithm::ecdsa_p256:
    case KeyAlgorithm::ecdsa_p384:
    case KeyAlgorithm::ecdsa_p521:
      break;
  }
  return der(tag::sequence, {der(tag::oid, {as_bytes(kEcPublicKey)}), der(tag::oid, {as_bytes(curve_oid(algorithm))})});
}

Bytes write_spki(BytesView algorithm_identifier, BytesView contents) {
  static constexpr std::array<std::uint8_t, 1> kNoUnusedBits{0};
  return der(tag::sequence, {algorithm_identifier, der(tag::bit_string, {kNoUnusedBits, contents})});
}

const Curve* curve_of(KeyAlgorithm algorithm) {
  const auto found = std::ranges::find(kCurves, algorithm, &Curve::algorithm);
  return found == kCurves.end() ? nullptr : &*found;
}

}  // namespace hallmark::crypto
