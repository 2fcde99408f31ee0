#include "sign/publish.h"

#include <algorithm>
#include <functional>

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

// What was refused did not arrive; of anything else that is not known.
bool was_refused(const Error& error) {
  return error.kind() == Outcome::unauthorized || error.kind() == Outcome::not_found || error.kind() == Outcome::usage;
}

// Asked after a failure. `listed`: whether who looks for signatures finds it.
Result<Upload> look_for(ContentStore& store, const Digest& manifest, const Error& failure,
                        const std::function<bool()>& listed) {
  const auto there = store.has_manifest(manifest);
  if (!there && was_refused(failure)) return fail(failure);
  if (!there) return Upload{manifest, Signed::State::unknown, failure};
  if (!*there) return fail(failure);
  if (listed()) return Upload{manifest};
  return Upload{manifest, Signed::State::stored, failure};
}

// As the registry itself says it: a mirror may be behind.
bool lists(ContentStore& store, const Digest& subject, const Digest& manifest) {
  ContentStore& origin = store.upstream() != nullptr ? *store.upstream() : store;
  const auto found = origin.referrers(subject, {});
  return found && std::ranges::find(found->descriptors, manifest, &Descriptor::digest) != found->descriptors.end();
}

bool holds(ContentStore& store, const std::string& tag, const Digest& manifest) {
  ContentStore& origin = store.upstream() != nullptr ? *store.upstream() : store;
  const auto found = origin.resolve(tag);
  return found && found->digest == manifest;
}

}  // namespace

Result<Upload> publish_simple(ContentStore& store, const SubjectSignatures& signatures) {
  const std::string tag = signatures.subject.digest.tag() + ".sig";
  if (!is_tag(tag)) {
    return fail(Error(Outcome::usage, "a simple signature of " + signatures.subject.digest.text() +
                                          " is not possible: its tag would be too long")
                    .with_hint("sign with --format bundle"));
  }
  for (const auto& signature : signatures.signatures) HM_DO(store.put_blob(signature.layer, signature.blob));
  SignatureList list(signatures.signatures);
  std::optional<Digest> sent;
  const auto editor = [&](const std::optional<Content>& current) -> Result<std::optional<TagEdit>> {
    HM_TRY(const auto manifest, list(current));
    if (!manifest) return std::nullopt;
    const auto config = to_bytes(formats::simple_signature_config(manifest->layers));
    HM_DO(store.put_blob(manifest->config, config));  // before the manifest that names it
    auto content = content_of(*manifest);
    sent = content.descriptor.digest;
    return TagEdit{content.descriptor.media_type, std::move(content.bytes)};
  };
  const auto published = store.edit_tag(tag, editor);
  if (published) return Upload{published->digest};
  if (!sent) return fail(published.error());
  return look_for(store, *sent, published.error(), [&] { return holds(store, tag, *sent); });
}

Result<Upload> publish_bundle(ContentStore& store, const Descriptor& subject, const Prepared& signature, Time created) {
  HM_DO(store.put_blob(oci::empty_descriptor(), as_bytes(oci::kEmptyBlob)));
  HM_DO(store.put_blob(signature.layer, signature.blob));
  const auto manifest =
      formats::bundle_manifest(subject, signature.layer, kCosignSignPredicate, base::format_time(created));
  const Content content = content_of(manifest);
  const auto published = store.attach(content, subject);
  if (published) return Upload{published->digest};
  const Digest& digest = content.descriptor.digest;
  return look_for(store, digest, published.error(), [&] { return lists(store, subject.digest, digest); });
}

}  // namespace hallmark::signing
