#include "support/signed_image.h"

#include <stdexcept>

#include "formats/bundle.h"
#include "formats/simple_signing.h"
#include "formats/statement.h"
#include "oci/media_type.h"

namespace hallmark::test {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return *std::move(result);
}

void replace(std::string& text, std::string_view what, std::string_view by) {
  if (const auto at = text.find(what); at != std::string::npos) text.replace(at, what.size(), by);
}

}  // namespace

Descriptor add_image(MemoryStore& store, std::string_view word) {
  const auto config = store.add_blob(oci::media_type::kConfig,
                                     as_bytes(R"({"os":"linux","architecture":")" + std::string(word) + "\"}"));
  const auto layer =
      store.add_blob("application/vnd.oci.image.layer.v1.tar", as_bytes("layer of " + std::string(word)));
  const oci::Manifest manifest{std::string(oci::media_type::kManifest), {}, config, {layer}, {}, {}};
  return store.add_manifest(oci::media_type::kManifest, manifest.to_json());
}

Descriptor add_index(MemoryStore& store, std::vector<Descriptor> manifests) {
  int number = 0;
  for (auto& manifest : manifests) {
    if (!manifest.platform) manifest.platform = Platform{"linux", "p" + std::to_string(number), ""};
    manifest.artifact_type.clear();
    ++number;
  }
  const oci::Index index{std::string(oci::media_type::kIndex), {}, std::move(manifests), {}, {}};
  return store.add_manifest(oci::media_type::kIndex, index.to_json());
}

Descriptor attach_bundle(MemoryStore& store, const Descriptor& subject, Signer& signer, const BundleSpec& spec) {
  std::string statement = formats::sign_statement(spec.claimed.value_or(subject.digest), spec.annotations);
  replace(statement, kCosignSignPredicate, spec.predicate);
  if (spec.statement) statement = *spec.statement;
  formats::Envelope envelope{spec.payload_type, to_bytes(statement), {}};
  envelope.signatures.push_back(
      must(signer.sign(formats::pre_authentication_encoding(envelope.payload_type, envelope.payload))));
  std::string bundle = formats::write_bundle(envelope, signer.public_key());
  if (spec.edit_bundle) spec.edit_bundle(bundle);
  const auto layer = store.add_blob(formats::kBundleType, as_bytes(bundle));
  auto manifest = formats::bundle_manifest(subject, layer, spec.predicate, "2026-11-22T08:00:00Z");
  if (spec.edit_manifest) spec.edit_manifest(manifest);
  return store.add_manifest(oci::media_type::kManifest, manifest.to_json());
}

Descriptor simple_layer(MemoryStore& store, const Digest& subject, Signer& signer, const SimpleSpec& spec) {
  const std::string payload = spec.payload.value_or(
      formats::simple_signing_payload(spec.claimed.value_or(subject), spec.reference, spec.annotations));
  const auto signature = must(signer.sign(as_bytes(payload)));
  auto layer = formats::simple_signature_layer(as_bytes(payload), signature);
  if (spec.edit_layer) spec.edit_layer(layer);
  store.add_blob(formats::kSimpleSigningType, as_bytes(payload));
  return layer;
}

Descriptor put_simple(MemoryStore& store, const Digest& subject, std::vector<Descriptor> layers) {
  const auto config = store.add_blob(oci::media_type::kConfig, as_bytes(formats::simple_signature_config(layers)));
  const oci::Manifest manifest{std::string(oci::media_type::kManifest), {}, config, std::move(layers), {}, {}};
  return store.add_manifest(oci::media_type::kManifest, manifest.to_json(), subject.tag() + ".sig");
}

void attach_simple(MemoryStore& store, const Digest& subject, Signer& signer, const SimpleSpec& spec) {
  std::vector<Descriptor> layers;
  if (const auto current = store.manifest(subject.tag() + ".sig")) layers = must(oci::Manifest::parse(*current)).layers;
  layers.push_back(simple_layer(store, subject, signer, spec));
  put_simple(store, subject, std::move(layers));
}

}  // namespace hallmark::test
