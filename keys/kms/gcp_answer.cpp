#include "keys/kms/gcp_answer.h"

#include <charconv>

#include "base/encoding.h"
#include "base/try.h"
#include "crypto/der.h"
#include "crypto/key_algorithm.h"
#include "keys/kms/gcp_algorithm.h"
#include "keys/kms/gcp_crc32c.h"
#include "keys/kms/gcp_error.h"
#include "keys/kms/gcp_reference.h"

namespace hallmark::keys {
namespace {

using base::JsonReader;

std::unexpected<Error> wrong(std::string_view problem) {
  return fail(gcp_error(problem, Cause::wrong_answer)
                  .with_hint("the service, or what lies before it, is not to be trusted until this is explained"));
}

Result<void> expect_name(const JsonReader& answer, std::string_view asked) {
  HM_TRY(const std::string name, answer.string("name"));
  if (same_gcp_resource(asked, name)) return {};
  return wrong("it answered for " + base::printable(name) + ", asked was " + std::string(asked));
}

Result<void> expect_checksum(const JsonReader& answer, std::string_view key, BytesView of) {
  HM_TRY(const std::int64_t sum, answer.integer(key));
  if (sum == static_cast<std::int64_t>(crc32c(of))) return {};
  return wrong(std::string(key) + " is not the checksum of what came with it: it was changed on its way");
}

// SubjectPublicKeyInfo, RFC 5280: the same key under the algorithm that it signs with.
Result<PublicKey> as_pss(const PublicKey& key) {
  crypto::DerReader outer(key.der(), "public key");
  HM_TRY(auto spki, outer.enter(crypto::tag::sequence));
  HM_DO(spki.take_whole(crypto::tag::sequence));
  HM_TRY(const BytesView numbers, spki.bit_string());
  return PublicKey::from_der(crypto::write_spki(crypto::write_algorithm(KeyAlgorithm::rsa_pss), numbers));
}

Result<PublicKey> key_in(const std::string& pem, const GcpAlgorithm& algorithm) {
  auto key = PublicKey::from_pem(pem);
  if (!key) return wrong("it answered with no public key: " + key.error().message());
  const bool pss = algorithm.type.algorithm == KeyAlgorithm::rsa_pss;
  if (pss && key->algorithm() == KeyAlgorithm::rsa_pkcs1) {
    key = as_pss(*key);
    if (!key) return wrong("it answered with no public key: " + key.error().message());
  }
  if (key->algorithm() == algorithm.type.algorithm && key->bits() == algorithm.type.bits) return key;
  return wrong("it answered with a public key of " + describe(key->algorithm(), key->bits()) + " for the algorithm " +
               std::string(algorithm.name));
}

}  // namespace

Result<GcpPublicKey> parse_gcp_public_key(const base::Json& json, std::string_view asked) {
  const JsonReader answer(json, "answer");
  HM_DO(expect_name(answer, asked));
  HM_TRY(const std::string name, answer.string("algorithm"));
  const auto algorithm = gcp_algorithm(name);
  if (!algorithm) return fail(unusable_gcp_algorithm(asked, name));
  HM_TRY(const std::string pem, answer.string("pem"));
  HM_DO(expect_checksum(answer, "pemCrc32c", as_bytes(pem)));
  HM_TRY(PublicKey key, key_in(pem, *algorithm));
  HM_TRY(std::string protection, answer.string_or("protectionLevel", ""));
  return GcpPublicKey{std::string(asked), std::move(protection), std::move(key)};
}

Result<Bytes> parse_gcp_signature(const base::Json& json, std::string_view asked, Hash hash) {
  const JsonReader answer(json, "answer");
  HM_DO(expect_name(answer, asked));
  const std::string_view verified = hash == Hash::none ? "verifiedDataCrc32c" : "verifiedDigestCrc32c";
  const base::Json* said_so = json.find(verified);
  if (said_so == nullptr || said_so->as_bool() != true)
    return wrong("it does not say that it signed what was sent (" + std::string(verified) + ")");
  HM_TRY(Bytes signature, answer.base64("signature"));
  HM_DO(expect_checksum(answer, "signatureCrc32c", signature));
  return signature;
}

// A name ends in "/cryptoKeyVersions/N".
Result<GcpVersions> parse_gcp_versions(const base::Json& json, std::string_view key) {
  const JsonReader answer(json, "answer");
  GcpVersions out;
  HM_TRY(const auto versions, answer.array("cryptoKeyVersions"));
  const std::string parent = std::string(key) + "/cryptoKeyVersions/";
  for (const JsonReader& version : versions) {
    HM_TRY(const std::string name, version.string("name"));
    HM_TRY(const std::string state, version.string("state"));
    const std::string_view digits = std::string_view(name).substr(name.rfind('/') + 1);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size() || number == 0)
      return fail(version.error("name is that of no version: " + base::printable(name)));
    if (!same_gcp_resource(parent + std::string(digits), name))
      return wrong("it answered for " + base::printable(name) + ", asked was " + std::string(key));
    if (state == "ENABLED") out.enabled.push_back(number);
  }
  HM_TRY(out.next_page, answer.string_or("nextPageToken", ""));
  return out;
}

Result<std::set<std::string>> parse_gcp_permissions(const base::Json& json) {
  const JsonReader answer(json, "answer");
  HM_DO(answer.expect_object());
  HM_TRY(const auto permissions, answer.array("permissions"));
  std::set<std::string> held;
  for (const JsonReader& permission : permissions) {
    const std::string* name = permission.value().as_string();
    if (name == nullptr) return fail(permission.error("expected a string"));
    held.insert(*name);
  }
  return held;
}

}  // namespace hallmark::keys
