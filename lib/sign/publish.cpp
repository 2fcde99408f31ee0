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

// Adds signatures to a `.sig` manifest. What was seen in it once is put back when it is missing later: another signer
// may be done already and would not notice.
class SignatureList {
 public:
  explicit SignatureList(const std::vector<Prepared>& ours) : ours_(ours) {}

  // The manifest with what is missing in it; nothing when nothing is.
  [[nodiscard]] Result<std::optional<oci::Manifest>> operator()(const std::optional<Content>& current) {
    now_ = current;
    latest_.reset();
    std::vector<Descriptor> there;
    if (current) {
      HM_TRY(auto manifest, oci::Manifest::parse(*current));
      there = std::move(manifest.layers);
    }
    for (const auto& layer : seen_) {
      if (std::ranges::find(there, layer) == there.end()) HM_DO(add(layer));
    }
    for (auto& layer : there) {
      if (layer.annotations.contains(std::string(formats::kSimpleSignatureAnnotation)) &&
          std::ranges::find(seen_, layer) == seen_.end())
        seen_.push_back(std::move(layer));
    }
    for (const auto& signature : ours_) HM_DO(add_ours(signature));
    return std::move(latest_);
  }

 private:
  Result<void> add_ours(const Prepared& signature) {
    if (now_) {
      HM_TRY(const auto manifest, oci::Manifest::parse(*now_));
      if (signed_already(manifest, signature)) return {};
    }
    return add(signature.layer);
  }
  Result<void> add(const Descriptor& layer) {
    HM_TRY(auto next, formats::with_layer(now_, layer));
    if (!next) return {};
    now_ = content_of(*next);
    latest_ = std::move(next);
    return {};
  }

  const std::vector<Prepared>& ours_;
  std::vector<Descriptor> seen_;  // by others, in their order
  std::optional<Content> now_;
  std::optional<oci::Manifest> latest_;
};

}  // namespace

Result<Digest> publish_simple(ContentStore& store, const SubjectSignatures& signatures) {
  const std::string tag = signatures.subject.digest.tag() + ".sig";
  if (!is_tag(tag)) {
    return fail(Error(Outcome::usage, "a simple signature of " + signatures.subject.digest.text() +
                                          " is not possible: its tag would be too long")
                    .with_hint("sign with --format bundle"));
  }
  for (const auto& signature : signatures.signatures) HM_DO(store.put_blob(signature.layer, signature.blob));
  SignatureList list(signatures.signatures);
  const auto editor = [&](const std::optional<Content>& current) -> Result<std::optional<TagEdit>> {
    HM_TRY(const auto manifest, list(current));
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
