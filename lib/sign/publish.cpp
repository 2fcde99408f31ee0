#include "sign/publish.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/time.h"
#include "base/try.h"
#include "formats/bundle.h"
#include "formats/simple_signing.h"
#include "hallmark/reference.h"
#include "oci/media_type.h"

namespace hallmark::signing {
namespace {

// ECDSA signatures differ each time: whether this key signed this claim already, only its public half can tell.
bool signed_already(const oci::Manifest& manifest, const Prepared& signature) {
  return std::ranges::any_of(manifest.layers, [&](const Descriptor& layer) {
    if (layer.digest != signature.layer.digest || layer.media_type != formats::kSimpleSigningType) return false;
    const auto there = formats::read_simple_signature(layer, signature.blob);
    return there && signature.key->verify(there->signed_bytes, there->signatures.front());
  });
}

Content content_of(const oci::Manifest& manifest) {
  Bytes bytes = to_bytes(manifest.to_json());
  Descriptor descriptor{std::string(oci::media_type::kManifest), Digest::of(bytes), bytes.size(),
                        manifest.artifact_type};
  return {std::move(descriptor), std::move(bytes)};
}

// The `.sig` manifest with what is missing in it; nothing when nothing is.
Result<std::optional<oci::Manifest>> with_all(const std::optional<Content>& current,
                                              const std::vector<Prepared>& signatures) {
  std::optional<Content> now = current;
  std::optional<oci::Manifest> latest;
  for (const auto& signature : signatures) {
    if (now) {
      HM_TRY(const auto manifest, oci::Manifest::parse(*now));
      if (signed_already(manifest, signature)) continue;
    }
    HM_TRY(auto next, formats::with_layer(now, signature.layer));
    if (!next) continue;
    now = content_of(*next);
    latest = std::move(next);
  }
  return latest;
}

}  // namespace

Result<Digest> publish_simple(ContentStore& store, const SubjectSignatures& signatures) {
  const std::string tag = signatures.subject.digest.tag() + ".sig";
  if (!is_tag(tag)) {
    return fail(Error(Outcome::usage, "a simple signature of " + signatures.subject.digest.text() +
                                          " is not possible: its tag would be too long")
                    .with_hint("sign with --format bundle"));
  }
  for (const auto& signature : signatures.signatures) HM_DO(store.put_blob(signature.layer, signature.blob));
  const auto editor = [&](const std::optional<Content>& current) -> Result<std::optional<TagEdit>> {
    HM_TRY(const auto manifest, with_all(current, signatures.signatures));
    if (!manifest) return std::nullopt;
    const auto config = to_bytes(formats::simple_signature_config(manifest->layers));
    HM_DO(store.put_blob(manifest->config, config));  // before the manifest that names it
    auto content = content_of(*manifest);
    return TagEdit{content.descriptor.media_type, std::move(content.bytes)};
  };
  HM_TRY(const auto published, store.edit_tag(tag, editor));
  return published.digest;
}

Result<Digest> publish_bundle(ContentStore& store, const Descriptor& subject, const Prepared& signature, Time created) {
  HM_DO(store.put_blob(oci::empty_descriptor(), as_bytes(oci::kEmptyBlob)));
  HM_DO(store.put_blob(signature.layer, signature.blob));
  const auto manifest =
      formats::bundle_manifest(subject, signature.layer, kCosignSignPredicate, base::format_time(created));
  HM_TRY(const auto published, store.attach(content_of(manifest), subject));
  return published.digest;
}

}  // namespace hallmark::signing
