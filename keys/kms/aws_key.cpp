#include "keys/kms/aws_key.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "crypto/der.h"
#include "crypto/key_algorithm.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::aws {
namespace {

constexpr std::string_view kService = "AWS KMS";
constexpr std::string_view kPss = "RSASSA_PSS_SHA_256";

// docs.aws.amazon.com, "Asymmetric key specs": those of docs/keys.md.
struct Spec {
  std::string_view name;
  KeyAlgorithm algorithm;
  unsigned bits;
  std::string_view signing_algorithm;
};
constexpr std::array kSpecs = std::to_array<Spec>({
    {"ECC_NIST_P256", KeyAlgorithm::ecdsa_p256, 256, "ECDSA_SHA_256"},
    {"ECC_NIST_P384", KeyAlgorithm::ecdsa_p384, 384, "ECDSA_SHA_384"},
    {"ECC_NIST_P521", KeyAlgorithm::ecdsa_p521, 521, "ECDSA_SHA_512"},
    {"ECC_NIST_EDWARDS25519", KeyAlgorithm::ed25519, 256, "ED25519_SHA_512"},
    {"RSA_2048", KeyAlgorithm::rsa_pkcs1, 2048, "RSASSA_PKCS1_V1_5_SHA_256"},
    {"RSA_3072", KeyAlgorithm::rsa_pkcs1, 3072, "RSASSA_PKCS1_V1_5_SHA_256"},
    {"RSA_4096", KeyAlgorithm::rsa_pkcs1, 4096, "RSASSA_PKCS1_V1_5_SHA_256"},
});

std::unexpected<Error> wrong(Cause cause, std::string_view problem) {
  return fail(service_error(kService, problem, cause));
}
std::unexpected<Error> malformed(const Error& error) { return fail(malformed_answer(kService, error)); }

struct PublicKeyAnswer {
  std::string key_id;
  std::string spec;
  std::string usage;
  Bytes spki;
  std::vector<std::string> algorithms;
};

Result<PublicKeyAnswer> read_fields(const base::JsonReader& reader) {
  PublicKeyAnswer out;
  HM_TRY(out.key_id, reader.string("KeyId"));
  // The older name of the same, which AWS still sends beside it, and moto alone.
  HM_TRY(out.spec, reader.string(reader.has("KeySpec") ? "KeySpec" : "CustomerMasterKeySpec"));
  HM_TRY(out.usage, reader.string("KeyUsage"));
  HM_TRY(out.spki, reader.base64("PublicKey"));
  HM_TRY(const auto algorithms, reader.array("SigningAlgorithms"));
  for (const auto& one : algorithms) {
    if (one.value().as_string() == nullptr) return fail(one.error("expected a string"));
    out.algorithms.push_back(*one.value().as_string());
  }
  return out;
}

// KMS answers with the key's ARN; emulators of it may leave off all but the id, which is then as if in the place that
// was asked.
std::optional<Arn> arn_of(const std::string& key_id, const Reference& asked, const std::string& region) {
  if (!is_key_id(key_id)) return Arn::parse(key_id);
  Arn arn = asked.arn().value_or(Arn{"", "aws", region, "", ""});
  arn.text = key_id;
  arn.resource = "key/" + key_id;
  return arn;
}

bool is_same(const std::string& key_id, const Arn& arn) {
  if (key_id == arn.text) return true;
  const auto other = Arn::parse(key_id);
  return is_key_id(arn.text) && other && other->resource == arn.resource;
}

Result<Arn> checked_arn(const std::string& key_id, const Reference& asked, const std::string& region) {
  auto arn = arn_of(key_id, asked, region);
  if (!arn)
    return wrong(Cause::malformed_answer, "it answered for " + base::printable(key_id) + ", which is no key ARN");
  if (!asked.may_be(*arn))
    return wrong(Cause::wrong_answer, "it was asked for " + asked.key() + " and answered for " + arn->text);
  if (arn->region != region)
    return wrong(Cause::wrong_answer, "it was asked in " + region + " and answered for a key in " + arn->region);
  return *std::move(arn);
}

const Spec* spec_named(std::string_view name) {
  const auto found = std::ranges::find(kSpecs, name, &Spec::name);
  return found == kSpecs.end() ? nullptr : &*found;
}

// Our algorithm among those that it offers; PSS where it offers no PKCS#1 v1.5.
Result<std::string> choose_algorithm(const Spec& spec, const PublicKeyAnswer& answer) {
  const auto offers = [&](std::string_view name) {
    return std::ranges::find(answer.algorithms, name) != answer.algorithms.end();
  };
  if (offers(spec.signing_algorithm)) return std::string(spec.signing_algorithm);
  if (spec.algorithm == KeyAlgorithm::rsa_pkcs1 && offers(kPss)) return std::string(kPss);
  return wrong(Cause::wrong_key, answer.key_id + " does not sign with " + std::string(spec.signing_algorithm));
}

// The same RSA key, saying that PSS is what it signs with: so every verifier knows.
Result<Bytes> as_pss(BytesView spki) {
  crypto::DerReader outer(spki, "public key");
  HM_TRY(auto inner, outer.enter(crypto::tag::sequence));
  HM_DO(inner.take(crypto::tag::sequence));
  HM_TRY(const BytesView contents, inner.bit_string());
  return crypto::write_spki(crypto::write_algorithm(KeyAlgorithm::rsa_pss), contents);
}

Result<PublicKey> checked_public_key(const Spec& spec, const PublicKeyAnswer& answer) {
  auto key = PublicKey::from_der(answer.spki);
  if (!key) return fail(key.error().within(kService).as(Outcome::key).because(Cause::malformed_answer));
  if (key->algorithm() != spec.algorithm || key->bits() != spec.bits)
    return wrong(Cause::wrong_answer, "it calls " + answer.key_id + " " + std::string(spec.name) +
                                          " and answered with a public key that is " +
                                          describe(key->algorithm(), key->bits()));
  return key;
}

}  // namespace

Result<KmsKey> read_public_key(const base::Json& answer, const Reference& asked, const std::string& region) {
  const auto fields = read_fields(base::JsonReader(answer, "answer"));
  if (!fields) return malformed(fields.error());
  HM_TRY(Arn arn, checked_arn(fields->key_id, asked, region));
  if (fields->usage != "SIGN_VERIFY")
    return fail(service_error(kService,
                              arn.text + " is for " + base::printable(fields->usage, 40) + ", not for signing",
                              Cause::wrong_key)
                    .with_hint("create one with --key-usage SIGN_VERIFY: the usage of a key cannot be changed"));
  const Spec* spec = spec_named(fields->spec);
  if (spec == nullptr)
    return fail(service_error(kService,
                              arn.text + " is a key of type " + base::printable(fields->spec, 40) +
                                  ", which images are not signed with",
                              Cause::wrong_key)
                    .with_hint("take ECC_NIST_P256; docs/keys.md lists the others"));
  HM_TRY(std::string algorithm, choose_algorithm(*spec, *fields));
  HM_TRY(PublicKey key, checked_public_key(*spec, *fields));
  if (algorithm == kPss) {
    HM_TRY(const Bytes pss, as_pss(key.der()));
    HM_TRY(key, PublicKey::from_der(pss));
  }
  return KmsKey{std::move(arn), std::move(key), std::move(algorithm)};
}

Result<Bytes> read_signature(const base::Json& answer, const KmsKey& key) {
  const base::JsonReader reader(answer, "answer");
  const auto key_id = reader.string("KeyId");
  if (!key_id) return malformed(key_id.error());
  const auto algorithm = reader.string("SigningAlgorithm");
  if (!algorithm) return malformed(algorithm.error());
  if (!is_same(*key_id, key.arn))
    return fail(service_error(kService, "it signed with " + base::printable(*key_id) + " instead of " + key.arn.text,
                              Cause::wrong_answer)
                    .with_hint("an alias that was moved meanwhile leads to another key: begin anew"));
  if (*algorithm != key.signing_algorithm)
    return wrong(Cause::wrong_answer,
                 "it signed with " + base::printable(*algorithm, 40) + " instead of " + key.signing_algorithm);
  auto signature = reader.base64("Signature");
  if (!signature) return malformed(signature.error());
  if (signature->empty() || signature->size() > limits::signature_bytes)
    return wrong(Cause::malformed_answer,
                 "it answered with a signature of " + std::to_string(signature->size()) + " bytes");
  return *std::move(signature);
}

Result<KeyDescription> read_description(const base::Json& answer) {
  const auto read = [&]() -> Result<KeyDescription> {
    HM_TRY(const auto metadata, base::JsonReader(answer, "answer").at("KeyMetadata"));
    KeyDescription out;
    HM_TRY(const std::string arn, metadata.string("Arn"));
    auto parsed = Arn::parse(arn);
    if (!parsed || !parsed->resource.starts_with("key/")) return fail(metadata.error("Arn is no key ARN"));
    out.arn = *std::move(parsed);
    HM_TRY(out.state, metadata.string("KeyState"));
    HM_TRY(out.origin, metadata.string_or("Origin", ""));
    const base::Json* multi_region = metadata.value().find("MultiRegion");
    out.multi_region = multi_region != nullptr && multi_region->as_bool().value_or(false);
    return out;
  };
  auto out = read();
  if (!out) return malformed(out.error());
  return out;
}

std::string key_spec(const KeyType& type) {
  const auto found = std::ranges::find_if(
      kSpecs, [&](const Spec& one) { return one.algorithm == type.algorithm && one.bits == type.bits; });
  return found == kSpecs.end() ? std::string() : std::string(found->name);
}

}  // namespace hallmark::keys::aws
