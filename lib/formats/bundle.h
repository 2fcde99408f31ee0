// Sigstore bundle: a DSSE envelope and its verification material in one JSON document.
#pragma once

#include "formats/dsse.h"
#include "formats/signature.h"
#include "oci/manifest.h"

namespace hallmark::formats {

inline constexpr std::string_view kBundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
inline constexpr std::string_view kPredicateTypeAnnotation = "dev.sigstore.bundle.predicateType";

// Source: protobuf-specs sigstore_bundle.proto as proto3-JSON; v0.1 to v0.3 and the ";version=" spellings. Exactly one
// DSSE signature. Members that nobody knows yet are ignored, so that later bundles stay readable; a known one in
// proto3-JSON's second spelling ("dsse_envelope"), two kinds of verification material, and a messageSignature (which is
// over a file) are malformed.
[[nodiscard]] Result<Signature> read_bundle(const Descriptor& manifest, BytesView bundle);
[[nodiscard]] std::string write_bundle(const Envelope& envelope, const PublicKey& key);

// The referrer that carries a bundle (cosign specs/BUNDLE_SPEC.md): empty config, one layer, subject, annotations.
[[nodiscard]] oci::Manifest bundle_manifest(const Descriptor& subject, const Descriptor& layer,
                                            std::string_view predicate_type, std::string_view created);
// Whether a descriptor's or manifest's artifactType is one of a bundle.
[[nodiscard]] bool is_bundle_type(std::string_view media_type);

}  // namespace hallmark::formats
