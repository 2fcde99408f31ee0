#include "formats/bundle.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/json.h"
#include "base/limits.h"
#include "base/try.h"
#include "formats/log_entry.h"
#include "oci/media_type.h"

namespace hallmark::formats {
namespace {

using base::JsonReader;

constexpr std::array<std::string_view, 4> kBundleTypes = {
    kBundleType,
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
};

// Unknown members are ignored: the specification asks readers to be forward compatible, and nothing here is believed
// before a signature fits. But proto3-JSON gives every field a second spelling ("dsse_envelope"), and a reader that
// knows it would see another document than we do.
Result<void> refuse_second_spellings(const JsonReader& json) {
  constexpr std::array<std::string_view, 12> kFields = {"mediatype",     "verificationmaterial",
                                                        "dsseenvelope",  "messagesignature",
                                                        "publickey",     "x509certificatechain",
                                                        "tlogentries",   "timestampverificationdata",
                                                        "payloadtype",   "rawbytes",
                                                        "messagedigest", "rfc3161timestamps"};
  HM_DO(json.expect_object());
  for (const auto& [key, value] : *json.value().as_object()) {
    if (key.find('_') == std::string::npos) continue;
    std::string plain;
    for (const char c : key) {
      if (c != '_') plain.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    }
    if (std::ranges::find(kFields, std::string_view(plain)) != kFields.end()) {
      return fail(json.error("a field in its second spelling, with _: this reader takes only lowerCamelCase"));
    }
  }
  return {};
}

// The leaf of `certificate` or, in bundles before v0.3, of `x509CertificateChain`.
Result<Bytes> leaf_of(const JsonReader& material, bool chain_allowed) {
  if (material.has("certificate")) {
    HM_TRY(const auto certificate, material.at("certificate"));
    HM_DO(refuse_second_spellings(certificate));
    return certificate.base64("rawBytes");
  }
  if (!chain_allowed) {
    return fail(material.error("x509CertificateChain is not allowed in a v0.3 bundle, it holds the leaf alone"));
  }
  HM_TRY(const auto chain, material.at("x509CertificateChain"));
  HM_TRY(const auto certificates, chain.array("certificates"));
  if (certificates.empty()) return fail(chain.error("no certificates"));
  if (certificates.size() > limits::certificate_chain) return fail(chain.error("too many certificates"));
  HM_DO(refuse_second_spellings(certificates.front()));
  return certificates.front().base64("rawBytes");
}

Result<void> check_timestamps(const JsonReader& material) {
  if (!material.has("timestampVerificationData")) return {};
  HM_TRY(const auto data, material.at("timestampVerificationData"));
  HM_TRY(const auto timestamps, data.array("rfc3161Timestamps"));
  if (timestamps.size() > limits::log_entries) {
    return fail(data.error("more than " + std::to_string(limits::log_entries) + " timestamps"));
  }
  return {};
}

// Who signed, and the log entries: a key's hint or a certificate, exactly one of them.
Result<void> read_material(const JsonReader& material, bool chain_allowed, Signature& signature) {
  HM_DO(refuse_second_spellings(material));
  const int said =
      int{material.has("publicKey")} + int{material.has("certificate")} + int{material.has("x509CertificateChain")};
  if (said != 1) {
    return fail(material.error("expected exactly one of publicKey, certificate and x509CertificateChain"));
  }
  if (material.has("publicKey")) {
    HM_TRY(const auto key, material.at("publicKey"));
    HM_TRY(signature.key_hint, key.string_or("hint", ""));
  } else {
    HM_TRY(signature.certificate, leaf_of(material, chain_allowed));
  }
  HM_DO(check_timestamps(material));
  HM_TRY(signature.log_entries, log_entries_of_material(material));
  return {};
}

}  // namespace

bool is_bundle_type(std::string_view media_type) {
  return std::ranges::find(kBundleTypes, media_type) != kBundleTypes.end();
}

Result<Signature> read_bundle(const Descriptor& manifest, BytesView bundle) {
  HM_TRY(const auto json, base::Json::parse(bundle, "bundle"));
  const JsonReader root(json, "bundle");
  HM_DO(refuse_second_spellings(root));
  HM_TRY(const std::string type, root.string("mediaType"));
  if (!is_bundle_type(type)) return fail(root.error("mediaType is not one of a bundle v0.1, v0.2 or v0.3"));
  if (root.has("messageSignature")) {
    return fail(root.error("a messageSignature is over a file, the signature of an image is a dsseEnvelope"));
  }
  Signature signature{Format::bundle, manifest, {}, {}, {}, {}, {}, {}, {}};
  HM_TRY(const auto material, root.at("verificationMaterial"));
  const bool v03 = type.find("0.3") != std::string::npos;
  HM_DO(read_material(material, !v03, signature));
  HM_TRY(const auto dsse, root.at("dsseEnvelope"));
  HM_DO(refuse_second_spellings(dsse));
  HM_TRY(auto envelope, Envelope::parse(dsse));
  if (envelope.signatures.size() != 1) {
    // sigstore_bundle.proto: "DSSE envelopes in a bundle MUST have exactly one signature."
    return fail(dsse.error("expected exactly one signature, found " + std::to_string(envelope.signatures.size())));
  }
  signature.signed_bytes = pre_authentication_encoding(envelope.payload_type, envelope.payload);
  signature.payload = std::move(envelope.payload);
  signature.payload_type = std::move(envelope.payload_type);
  signature.signatures = std::move(envelope.signatures);
  return signature;
}

std::string write_bundle(const Envelope& envelope, const PublicKey& key) {
  using base::Json;
  const auto material = Json::object({{"publicKey", Json::object({{"hint", key.hint()}})}});
  return Json::object(
             {{"mediaType", kBundleType}, {"verificationMaterial", material}, {"dsseEnvelope", envelope.to_json()}})
      .dump();
}

oci::Manifest bundle_manifest(const Descriptor& subject, const Descriptor& layer, std::string_view predicate_type,
                              std::string_view created) {
  oci::Manifest manifest{std::string(oci::media_type::kManifest),
                         std::string(kBundleType),
                         oci::empty_descriptor(),
                         {Descriptor{layer.media_type, layer.digest, layer.size}},
                         Descriptor{subject.media_type, subject.digest, subject.size},
                         {}};
  manifest.annotations = {{"dev.sigstore.bundle.content", "dsse-envelope"},
                          {std::string(kPredicateTypeAnnotation), std::string(predicate_type)},
                          {"org.opencontainers.image.created", std::string(created)}};
  return manifest;
}

}  // namespace hallmark::formats
