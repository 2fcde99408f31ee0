#include "keys/pkcs11/public_half.h"

#include <algorithm>

#include "base/try.h"
#include "crypto/der.h"
#include "crypto/key_algorithm.h"

namespace hallmark::keys::token {
namespace {

using crypto::DerReader;
namespace tag = crypto::tag;

constexpr std::string_view kCurveName = "edwards25519";  // PKCS#11 v3.0 section 2.3.10
constexpr std::string_view kEd25519 = "\x2b\x65\x70";    // 1.3.101.112, RFC 8410
constexpr std::uint8_t kPrintableString = 0x13;
constexpr std::size_t kEd25519Bytes = 32;

Error malformed(const Error& error) {
  return error.within("the token's public key").as(Outcome::key).because(Cause::malformed_answer);
}

Error unusable(const Error& error) {
  return error.within("the token's public key").as(Outcome::key).because(Cause::wrong_key);
}

// By the standard the DER of an OCTET STRING; some tokens hand out the contents alone, which begin otherwise.
Result<Bytes> point_of(const Bytes& attribute, std::size_t bare_bytes) {
  if (attribute.size() == bare_bytes) return attribute;
  DerReader reader(attribute, "CKA_EC_POINT");
  HM_TRY(const auto contents, reader.take(tag::octet_string));
  HM_DO(reader.end());
  if (contents.size() != bare_bytes) return reader.error("is of another length than its curve has");
  return Bytes(contents.begin(), contents.end());
}

Result<Bytes> ec_spki(const PublicParts& parts) {
  DerReader reader(parts.curve, "CKA_EC_PARAMS");
  HM_TRY(const KeyAlgorithm algorithm, crypto::read_curve(reader));
  HM_DO(reader.end());
  HM_TRY(const Bytes point, point_of(parts.point, 1 + 2 * crypto::curve_of(algorithm)->field_bytes));
  return crypto::write_spki(crypto::write_algorithm(algorithm), point);
}

Result<Bytes> edwards_spki(const PublicParts& parts) {
  DerReader reader(parts.curve, "CKA_EC_PARAMS");
  const bool named = reader.next_is(kPrintableString);
  HM_TRY(const auto curve, reader.take(named ? kPrintableString : tag::oid));
  HM_DO(reader.end());
  if (as_text(curve) != (named ? kCurveName : kEd25519)) return reader.error("is of another curve than Ed25519");
  HM_TRY(const Bytes point, point_of(parts.point, kEd25519Bytes));
  return crypto::write_spki(crypto::write_algorithm(KeyAlgorithm::ed25519), point);
}

Bytes rsa_spki(const PublicParts& parts) {
  const Bytes key =
      crypto::der(tag::sequence, {crypto::der_integer(parts.modulus), crypto::der_integer(parts.public_exponent)});
  return crypto::write_spki(crypto::write_algorithm(KeyAlgorithm::rsa_pkcs1), key);
}

Result<std::optional<PublicKey>> key_of(const Result<Bytes>& spki) {
  if (!spki) return fail(unusable(spki.error()));
  auto key = PublicKey::from_der(*spki);
  if (!key) return fail(unusable(key.error()));
  return *std::move(key);
}

}  // namespace

Result<std::optional<PublicKey>> public_key_of(const PublicParts& parts) {
  // From the parts where they are there: every token has these, CKA_PUBLIC_KEY_INFO is of v2.40 and often empty.
  if (parts.type == CKK_EC && !parts.curve.empty() && !parts.point.empty()) return key_of(ec_spki(parts));
  if (parts.type == CKK_EC_EDWARDS && !parts.curve.empty() && !parts.point.empty()) return key_of(edwards_spki(parts));
  if (parts.type == CKK_RSA && !parts.modulus.empty() && !parts.public_exponent.empty()) return key_of(rsa_spki(parts));
  if (!parts.spki.empty()) return key_of(parts.spki);
  return std::optional<PublicKey>();
}

Result<PublicKey> public_key_in(BytesView certificate) {
  const auto spki = [&]() -> Result<BytesView> {
    DerReader outer(certificate, "the certificate");
    HM_TRY(DerReader whole, outer.enter(tag::sequence));
    HM_DO(outer.end());
    HM_TRY(DerReader signed_part, whole.enter(tag::sequence));
    if (signed_part.next_is(tag::context_0)) HM_DO(signed_part.take(tag::context_0));  // version
    HM_DO(signed_part.take(tag::integer));                                             // serialNumber
    for (int i = 0; i < 4; ++i) HM_DO(signed_part.take(tag::sequence));  // signature, issuer, validity, subject
    return signed_part.take_whole(tag::sequence);
  }();
  if (!spki) return fail(malformed(spki.error()));
  auto key = PublicKey::from_der(*spki);
  if (!key) return fail(unusable(key.error()));
  return key;
}

Result<PublicKey> with_padding(const PublicKey& key, Padding padding) {
  const bool rsa = key.algorithm() == KeyAlgorithm::rsa_pkcs1 || key.algorithm() == KeyAlgorithm::rsa_pss;
  const auto wanted = padding == Padding::pss ? KeyAlgorithm::rsa_pss : KeyAlgorithm::rsa_pkcs1;
  if (!rsa || padding == Padding::unsaid || key.algorithm() == wanted) return key;
  DerReader outer(key.der(), "public key");
  HM_TRY(DerReader spki, outer.enter(tag::sequence));
  HM_DO(spki.take(tag::sequence));
  HM_TRY(const auto contents, spki.bit_string());
  return PublicKey::from_der(crypto::write_spki(crypto::write_algorithm(wanted), contents));
}

}  // namespace hallmark::keys::token
