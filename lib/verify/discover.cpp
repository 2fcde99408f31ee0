#include "verify/discover.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/parallel.h"
#include "base/try.h"
#include "formats/bundle.h"
#include "formats/dsse.h"
#include "formats/simple_signing.h"
#include "hallmark/reference.h"
#include "oci/manifest.h"
#include "oci/media_type.h"

namespace hallmark::verification {
namespace {

Candidate listed(const Descriptor& descriptor) {
  Candidate candidate{.rank = Rank::listed_other, .manifest = descriptor, .source = descriptor.digest.text()};
  const auto said = descriptor.annotations.find(std::string(formats::kPredicateTypeAnnotation));
  const bool says = said != descriptor.annotations.end();
  if (descriptor.artifact_type == formats::kSimpleArtifactType || (says && said->second == kCosignSignPredicate)) {
    candidate.rank = Rank::listed_signature;
  } else if (says) {
    candidate.rank = Rank::listed_attestation;
  } else if (formats::is_bundle_type(descriptor.artifact_type)) {
    candidate.rank = Rank::listed_bundle;
  }
  return candidate;
}

// cosign appends layers, so the newest are last; layers of other kinds are no signatures.
std::vector<Candidate> layers_of(const oci::Manifest& manifest, const Descriptor& source, Format format) {
  const bool simple = format == Format::simple;
  const auto type = simple ? formats::kSimpleSigningType : formats::kEnvelopeType;
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const auto& layer = manifest.layers[i];
    if (layer.media_type != type) continue;
    candidates.push_back({.rank = simple ? Rank::signature : Rank::attestation,
                          .format = format,
                          .manifest = source,
                          .layer = layer,
                          .source = source.digest.text() + " layer " + std::to_string(i + 1)});
  }
  return candidates;
}

void read_listing(ContentStore& store, const Digest& subject, Discovery& into) {
  auto listing = store.referrers(subject, {});
  if (!listing) {
    into.failures.push_back(listing.error());  // says whose
    return;
  }
  into.from_mirror = listing->from_mirror;
  if (listing->incomplete) into.failures.push_back(*listing->incomplete);
  for (const auto& descriptor : listing->descriptors) into.candidates.push_back(listed(descriptor));
}

void read_tag(ContentStore& store, const Digest& subject, Format format, Discovery& into) {
  const std::string tag = subject.tag() + (format == Format::simple ? ".sig" : ".att");
  if (!is_tag(tag)) return;  // a SHA-512 digest does not fit into a tag: nobody can have signed it this way
  auto content = store.manifest(tag);
  if (!content && content.error().kind() == Outcome::not_found) return;
  if (!content) {
    into.failures.push_back(content.error().within("reading tag " + tag));
    return;
  }
  into.from_mirror = content->from_mirror;
  const auto manifest = oci::Manifest::parse(*content);
  if (!manifest) {
    into.failures.push_back(manifest.error().within("reading tag " + tag));
    return;
  }
  into.candidates = layers_of(*manifest, content->descriptor, format);
}

void read_signature_tag(ContentStore& store, const Digest& subject, Discovery& into) {
  read_tag(store, subject, Format::simple, into);
}

void read_attestation_tag(ContentStore& store, const Digest& subject, Discovery& into) {
  read_tag(store, subject, Format::dsse, into);
}

std::optional<Check> subject_flaw(const oci::Manifest& manifest, const Digest& subject) {
  if (manifest.subject && manifest.subject->digest == subject) return std::nullopt;
  return Check{"subject", Check::State::failed,
               manifest.subject ? "the manifest refers to " + manifest.subject->digest.text()
                                : "the manifest refers to no subject"};
}

Candidate bundle_candidate(const oci::Manifest& manifest, const Content& referrer, const Digest& subject) {
  Candidate candidate{.rank = Rank::bundle,
                      .format = Format::bundle,
                      .manifest = referrer.descriptor,
                      .source = referrer.descriptor.digest.text()};
  candidate.flaw = subject_flaw(manifest, subject);
  // cosign's BUNDLE_SPEC.md: exactly one layer, of the bundle's media type.
  if (manifest.layers.size() != 1) {
    candidate.flaw =
        Check{"format", Check::State::failed,
              "expected one layer in the manifest of a bundle, found " + std::to_string(manifest.layers.size())};
    return candidate;
  }
  if (!formats::is_bundle_type(manifest.layers.front().media_type)) {
    candidate.flaw = Check{
        "format", Check::State::failed,
        "the layer's media type is not a bundle's: \"" + base::printable(manifest.layers.front().media_type) + "\""};
    return candidate;
  }
  candidate.layer = manifest.layers.front();
  const auto said = manifest.annotations.find(std::string(formats::kPredicateTypeAnnotation));
  if (said != manifest.annotations.end()) {
    candidate.rank = said->second == kCosignSignPredicate ? Rank::signature : Rank::attestation;
  }
  return candidate;
}

}  // namespace

Discovery discover(ContentStore& store, const Digest& subject, Schemes schemes, std::size_t parallel) {
  std::vector<void (*)(ContentStore&, const Digest&, Discovery&)> lookups;
  if (schemes.referrers) lookups.push_back(&read_listing);
  if (schemes.tag) lookups.push_back(&read_signature_tag);
  if (schemes.attestations) lookups.push_back(&read_attestation_tag);
  std::vector<Discovery> found(lookups.size());
  base::for_each_parallel(lookups.size(), parallel, [&](std::size_t i) { lookups[i](store, subject, found[i]); });
  Discovery all;
  for (auto& one : found) {
    std::ranges::move(one.candidates, std::back_inserter(all.candidates));
    std::ranges::move(one.failures, std::back_inserter(all.failures));
    all.from_mirror = all.from_mirror || one.from_mirror;
  }
  return all;
}

Result<std::vector<Candidate>> candidates_of_referrer(const Content& referrer, const Digest& subject,
                                                      bool attestations) {
  // An index, or a document of a kind of its own, holds no signature in a format that we know.
  if (!oci::media_type::is_manifest(referrer.descriptor.media_type)) return std::vector<Candidate>();
  HM_TRY(const auto manifest, oci::Manifest::parse(referrer));
  const auto holds_bundle = [](const Descriptor& layer) { return formats::is_bundle_type(layer.media_type); };
  if (formats::is_bundle_type(manifest.artifact_type) || std::ranges::any_of(manifest.layers, holds_bundle)) {
    return std::vector{bundle_candidate(manifest, referrer, subject)};
  }
  // cosign with referrers (its "oci-1-1" mode) attaches what its `.sig` and `.att` tags would hold.
  auto layers = layers_of(manifest, referrer.descriptor, Format::simple);
  if (attestations)
    std::ranges::move(layers_of(manifest, referrer.descriptor, Format::dsse), std::back_inserter(layers));
  for (auto& candidate : layers) candidate.flaw = subject_flaw(manifest, subject);
  return layers;
}

}  // namespace hallmark::verification
