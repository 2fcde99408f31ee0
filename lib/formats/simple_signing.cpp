#include "formats/simple_signing.h"

#include <algorithm>
#include <initializer_list>

#include "base/encoding.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/try.h"
#include "crypto/pem.h"
#include "formats/log_entry.h"
#include "oci/media_type.h"

namespace hallmark::formats {
namespace {

constexpr std::string_view kPayloadType = "cosign container image signature";
constexpr std::string_view kCertificateAnnotation = "dev.sigstore.cosign/certificate";
constexpr std::string_view kNever = "0001-01-01T00:00:00Z";  // Go's zero time, which cosign writes

// containers-signature(5): a consumer must not accept a signature whose `critical` has members that it does not know.
Result<void> expect_only(const base::JsonReader& json, std::initializer_list<std::string_view> known) {
  HM_DO(json.expect_object());
  for (const auto& [key, value] : *json.value().as_object()) {
    if (std::ranges::find(known, std::string_view(key)) == known.end()) {
      return fail(json.error("unknown member \"" + base::printable(key) + "\""));
    }
  }
  return {};
}

// -a of cosign and `creator`, `timestamp` of containers/image: what is no string cannot be demanded, so it is left out.
Result<Annotations> optional_of(const base::JsonReader& payload) {
  Annotations annotations;
  if (!payload.has("optional")) return annotations;
  HM_TRY(const auto optional, payload.at("optional"));
  HM_DO(optional.expect_object());
  for (const auto& [key, value] : *optional.value().as_object()) {
    if (const auto* text = value.as_string()) annotations.emplace(key, *text);
  }
  return annotations;
}

}  // namespace

std::string simple_signing_payload(const Digest& subject, std::string_view docker_reference,
                                   const Annotations& optional) {
  using base::Json;
  const auto critical = Json::object({{"identity", Json::object({{"docker-reference", docker_reference}})},
                                      {"image", Json::object({{"docker-manifest-digest", subject.text()}})},
                                      {"type", kPayloadType}});
  return Json::object({{"critical", critical}, {"optional", optional.empty() ? Json() : Json::from(optional)}}).dump();
}

Result<Claim> claim_of_simple_signing(BytesView payload) {
  HM_TRY(const auto json, base::Json::parse(payload, "payload"));
  const base::JsonReader root(json, "payload");
  HM_DO(expect_only(root, {"critical", "optional"}));
  HM_TRY(const auto critical, root.at("critical"));
  HM_DO(expect_only(critical, {"identity", "image", "type"}));
  HM_TRY(const std::string type, critical.string("type"));
  if (type != kPayloadType) {
    return fail(
        critical.error("type is \"" + base::printable(type) + "\", expected \"" + std::string(kPayloadType) + "\""));
  }
  HM_TRY(const auto identity, critical.at("identity"));
  HM_DO(expect_only(identity, {"docker-reference"}));
  HM_TRY(const auto image, critical.at("image"));
  HM_DO(expect_only(image, {"docker-manifest-digest"}));
  HM_TRY(const std::string said, image.string("docker-manifest-digest"));
  auto digest = Digest::parse(said);
  if (!digest) return fail(image.error(digest.error().message()));

  Claim claim;
  claim.subjects.push_back(*std::move(digest));
  HM_TRY(claim.docker_reference, identity.string_or("docker-reference", ""));
  HM_TRY(claim.annotations, optional_of(root));
  return claim;
}

Result<Signature> read_simple_signature(const Descriptor& layer, Bytes payload) {
  const auto found = layer.annotations.find(std::string(kSimpleSignatureAnnotation));
  if (found == layer.annotations.end() || found->second.empty()) {
    return fail(Outcome::malformed,
                "layer " + layer.digest.text() + " has no annotation " + std::string(kSimpleSignatureAnnotation));
  }
  auto bytes = base::base64_decode(found->second);
  if (!bytes) return fail(bytes.error().within("annotation " + std::string(kSimpleSignatureAnnotation)));
  Signature signature{Format::simple, layer, payload, std::move(payload), layer.media_type, {}, {}, {}, {}};
  signature.signatures.push_back(*std::move(bytes));
  HM_TRY(signature.log_entries, log_entries_of_annotations(layer.annotations));
  if (const auto pem = layer.annotations.find(std::string(kCertificateAnnotation));
      pem != layer.annotations.end() && !pem->second.empty()) {
    const auto block = crypto::read_pem(pem->second);
    if (!block)
      return fail(block.error().as(Outcome::malformed).within("annotation " + std::string(kCertificateAnnotation)));
    if (block->label != "CERTIFICATE") {
      return fail(Outcome::malformed, "annotation " + std::string(kCertificateAnnotation) + " holds no certificate");
    }
    signature.certificate.assign(block->bytes.view().begin(), block->bytes.view().end());
  }
  return signature;
}

Descriptor simple_signature_layer(BytesView payload, BytesView signature) {
  Descriptor layer{std::string(kSimpleSigningType), Digest::of(payload), payload.size()};
  layer.annotations.emplace(kSimpleSignatureAnnotation, base::base64_encode(signature));
  return layer;
}

Result<std::optional<oci::Manifest>> with_layer(const std::optional<Content>& current, const Descriptor& layer) {
  oci::Manifest manifest{std::string(oci::media_type::kManifest), {}, layer, {}, {}, {}};  // config: set below
  if (current) {
    HM_TRY(manifest, oci::Manifest::parse(*current));
    manifest.media_type = oci::media_type::kManifest;
  }
  const auto same = [&](const Descriptor& other) {
    const auto theirs = other.annotations.find(std::string(kSimpleSignatureAnnotation));
    return other.digest == layer.digest && theirs != other.annotations.end() &&
           theirs->second == layer.annotations.at(std::string(kSimpleSignatureAnnotation));
  };
  if (std::ranges::any_of(manifest.layers, same)) return std::nullopt;
  if (manifest.layers.size() >= limits::manifest_layers) {
    return fail(Error(Outcome::malformed, "there are " + std::to_string(manifest.layers.size()) +
                                              " signatures already, as many as cosign and hallmark read")
                    .with_hint("sign with --format bundle, or remove signatures that are no longer needed"));
  }
  manifest.layers.push_back(layer);
  const std::string config = simple_signature_config(manifest.layers);
  manifest.config = Descriptor{manifest.config.media_type, Digest::of(as_bytes(config)), config.size()};
  // cosign with referrers writes kSimpleArtifactType here: what is there stays what it is.
  if (!current) manifest.config.media_type = oci::media_type::kConfig;
  return manifest;
}

std::string simple_signature_config(const std::vector<Descriptor>& layers) {
  using base::Json;
  Json history{Json::Array{}};
  Json diff_ids{Json::Array{}};
  for (const auto& layer : layers) {
    history.push_back(Json::object({{"created", kNever}}));
    diff_ids.push_back(Json(layer.digest.text()));
  }
  return Json::object({{"architecture", ""},
                       {"created", kNever},
                       {"history", history},
                       {"os", ""},
                       {"rootfs", Json::object({{"type", "layers"}, {"diff_ids", diff_ids}})},
                       {"config", Json::Object{}}})
      .dump();
}

}  // namespace hallmark::formats
