#include "keys/kms/azure_key.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "crypto/der.h"
#include "crypto/key_algorithm.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::azure {
namespace {

namespace tag = crypto::tag;
using base::JsonReader;

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

Error other_key(std::string_view found, const KeyReference& asked) {
  return service_error(kVault, "it answered for key " + base::printable(found) + ", asked was " + asked.name(),
                       Cause::wrong_answer)
      .with_hint("the vault, or what lies before it, is not to be trusted until this is explained");
}

// Of "https://HOST/keys/NAME/VERSION". Names are kept as they were made, and looked up without regard to case.
Result<std::string> version_in(std::string_view id, const KeyReference& asked) {
  const std::string prefix = "https://" + asked.host + "/keys/" + asked.key + "/";
  if (id.size() <= prefix.size() || !same_name(id.substr(0, prefix.size()), prefix)) return fail(other_key(id, asked));
  std::string version(id.substr(prefix.size()));
  const bool plain = std::ranges::all_of(
      version, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
  if (!plain || (!asked.version.empty() && version != asked.version)) return fail(other_key(id, asked));
  return version;
}

Error not_for_signing(const KeyReference& asked, std::string_view why) {
  return service_error(kVault, asked.name() + " cannot sign images: " + std::string(why), Cause::wrong_key)
      .with_hint(
          "make one of ecdsa-p256, ecdsa-p384, ecdsa-p521 or rsa-2048 to rsa-4096: \"hallmark key generate "
          "--kms\"");
}

struct CurveName {
  std::string_view name;
  KeyAlgorithm algorithm;
};
constexpr std::array<CurveName, 3> kCurveNames{
    {{"P-256", KeyAlgorithm::ecdsa_p256}, {"P-384", KeyAlgorithm::ecdsa_p384}, {"P-521", KeyAlgorithm::ecdsa_p521}}};

// RFC 7518 section 6.2.1: the coordinates have the full width of the field.
Result<Bytes> ec_spki(const JsonReader& jwk, const KeyReference& asked) {
  HM_TRY(const std::string name, jwk.string("crv"));
  const auto* curve_name = std::ranges::find(kCurveNames, std::string_view(name), &CurveName::name);
  if (curve_name == kCurveNames.end()) return fail(not_for_signing(asked, "its curve is " + base::printable(name, 40)));
  const crypto::Curve* curve = crypto::curve_of(curve_name->algorithm);
  Bytes point{0x04};
  for (const char* coordinate : {"x", "y"}) {
    HM_TRY(const Bytes bytes, from_base64url(jwk, coordinate));
    if (bytes.size() != curve->field_bytes)
      return fail(jwk.error(std::string(coordinate) + " does not have the width of " + name));
    point.insert(point.end(), bytes.begin(), bytes.end());
  }
  return crypto::write_spki(crypto::write_algorithm(curve->algorithm), point);
}

// RFC 7518 section 6.3.1.
Result<Bytes> rsa_spki(const JsonReader& jwk) {
  HM_TRY(const Bytes n, from_base64url(jwk, "n"));
  HM_TRY(const Bytes e, from_base64url(jwk, "e"));
  const Bytes numbers = crypto::der(tag::sequence, {crypto::der_integer(n), crypto::der_integer(e)});
  return crypto::write_spki(crypto::write_algorithm(KeyAlgorithm::rsa_pkcs1), numbers);
}

Result<PublicKey> public_key_of(const JsonReader& jwk, std::string_view type, const KeyReference& asked) {
  if (type == "EC" || type == "EC-HSM") {
    HM_TRY(const Bytes spki, ec_spki(jwk, asked));
    return PublicKey::from_der(spki);
  }
  if (type != "RSA" && type != "RSA-HSM")
    return fail(not_for_signing(asked, "its type is " + base::printable(type, 40)));
  HM_TRY(const Bytes spki, rsa_spki(jwk));
  auto key = PublicKey::from_der(spki);
  if (!key) return fail(not_for_signing(asked, key.error().message()));  // its size
  return key;
}

bool has_operation(const JsonReader& jwk, std::string_view operation) {
  const base::Json* list = jwk.value().find("key_ops");
  const base::Json::Array* operations = list == nullptr ? nullptr : list->as_array();
  return operations != nullptr && std::ranges::any_of(*operations, [&](const base::Json& one) {
           return one.as_string() != nullptr && *one.as_string() == operation;
         });
}

Result<std::optional<Time>> time_at(const JsonReader& attributes, std::string_view key) {
  if (!attributes.has(key)) return std::nullopt;
  HM_TRY(const std::int64_t seconds, attributes.integer(key));
  constexpr std::int64_t kMost = 253'402'300'799;  // the end of 9999, the last that RFC 3339 can write
  if (seconds < 0 || seconds > kMost) return fail(attributes.error(std::string(key) + " is no time"));
  return Time(std::chrono::seconds(seconds));
}

Result<Known> known_at(const JsonReader& attributes, std::string_view key) {
  if (!attributes.has(key)) return Known::unknown;
  const auto value = attributes.value().find(key)->as_bool();
  if (!value) return fail(attributes.error(std::string(key) + " is neither true nor false"));
  return *value ? Known::yes : Known::no;
}

Result<VaultKey> read(const JsonReader& answer, const KeyReference& asked) {
  HM_DO(answer.expect_object());
  HM_TRY(const JsonReader jwk, answer.at("key"));
  HM_TRY(std::string id, jwk.string("kid"));
  HM_TRY(std::string version, version_in(id, asked));
  HM_TRY(const std::string type, jwk.string("kty"));
  HM_TRY(const JsonReader attributes, answer.at("attributes"));
  HM_TRY(const Known enabled, known_at(attributes, "enabled"));
  HM_TRY(const Known exportable, known_at(attributes, "exportable"));
  HM_TRY(const auto not_before, time_at(attributes, "nbf"));
  HM_TRY(const auto expires, time_at(attributes, "exp"));
  HM_TRY(std::string recovery, attributes.string_or("recoveryLevel", ""));
  HM_TRY(PublicKey key, public_key_of(jwk, type, asked));
  return VaultKey{.id = std::move(id),
                  .version = std::move(version),
                  .public_key = std::move(key),
                  .in_hsm = type.ends_with("-HSM"),
                  .may_sign = has_operation(jwk, "sign"),
                  .enabled = enabled == Known::yes,
                  .not_before = not_before,
                  .expires = expires,
                  .exportable = exportable,
                  .recovery_level = std::move(recovery)};
}

}  // namespace

Result<Bytes> from_base64url(const JsonReader& from, std::string_view key) {
  HM_TRY(const std::string text, from.string(key));
  const bool url_safe = text.find_first_of("+/=") == std::string::npos;
  auto bytes = url_safe ? base::base64_decode_any(text) : fail(Outcome::malformed, "");
  if (!bytes || bytes->empty()) return fail(from.error(std::string(key) + " is no base64url"));
  return bytes;
}

Result<VaultKey> read_key(const base::Json& answer, const KeyReference& asked) {
  auto key = read(JsonReader(answer, "answer"), asked);
  if (!key && key.error().cause() == Cause::none) return fail(malformed_answer(kVault, key.error()));
  return key;
}

Result<Bytes> read_signature(const base::Json& answer, const VaultKey& key) {
  const JsonReader reader(answer, "answer");
  const auto id = reader.string("kid");
  if (!id) return fail(malformed_answer(kVault, id.error()));
  if (!same_name(*id, key.id))
    return fail(
        service_error(kVault, "key " + base::printable(*id) + " has signed, asked was " + key.id, Cause::wrong_answer)
            .with_hint("nothing was published; the vault, or what lies before it, is not to be trusted until "
                       "this is explained"));
  auto bytes = from_base64url(reader, "value");
  if (!bytes) return fail(malformed_answer(kVault, bytes.error()));
  if (bytes->size() > limits::signature_bytes)
    return fail(malformed_answer(kVault, reader.error("value is longer than any signature")));
  return bytes;
}

}  // namespace hallmark::keys::azure
