// Simple signing: cosign's `.sig` tag, its layers and payload.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/signature.h"
#include "oci/manifest.h"

namespace hallmark::formats {

inline constexpr std::string_view kSimpleSigningType = "application/vnd.dev.cosign.simplesigning.v1+json";
inline constexpr std::string_view kSimpleSignatureAnnotation = "dev.cosignproject.cosign/signature";
inline constexpr std::string_view kSimpleArtifactType = "application/vnd.dev.cosign.artifact.sig.v1+json";

// {"critical":{"identity":{"docker-reference":R},"image":{"docker-manifest-digest":"sha256:…"},"type":"cosign container
// image signature"},"optional":…}. Source: containers-signature(5); cosign specs/SIGNATURE_SPEC.md.
[[nodiscard]] std::string simple_signing_payload(const Digest& subject, std::string_view docker_reference,
                                                 const Annotations& optional);
[[nodiscard]] Result<Claim> claim_of_simple_signing(BytesView payload);

// One layer of a `.sig` manifest and its blob. Errors: malformed (no signature annotation, bad base64).
[[nodiscard]] Result<Signature> read_simple_signature(const Descriptor& layer, Bytes payload);
// The descriptor of a new layer, its signature in the annotation.
[[nodiscard]] Descriptor simple_signature_layer(BytesView payload, BytesView signature);
// A `.sig` manifest with this layer added, or a first one; nothing when a layer with the same payload and signature is
// there already.
[[nodiscard]] Result<std::optional<oci::Manifest>> with_layer(const std::optional<Content>& current,
                                                              const Descriptor& layer);
// The OCI image config of a `.sig` manifest with these layers (cosign writes rootfs.diff_ids of the layers).
[[nodiscard]] std::string simple_signature_config(const std::vector<Descriptor>& layers);

}  // namespace hallmark::formats
