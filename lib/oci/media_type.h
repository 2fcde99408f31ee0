// Media types of OCI and Docker schema 2 documents.
#pragma once

#include <string_view>

namespace hallmark::oci::media_type {

inline constexpr std::string_view kManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kEmpty = "application/vnd.oci.empty.v1+json";

// Layers that may not be distributed: they lie elsewhere (`urls`), are never fetched, and their absence is no fault.
[[nodiscard]] constexpr bool is_foreign_layer(std::string_view type) {
  return type.starts_with("application/vnd.oci.image.layer.nondistributable.") ||
         type.starts_with("application/vnd.docker.image.rootfs.foreign.");
}

// Docker's first manifests: their digest is not of their bytes but of the part inside their own signature.
[[nodiscard]] constexpr bool is_schema1(std::string_view type) {
  return type.starts_with("application/vnd.docker.distribution.manifest.v1+");
}
inline constexpr std::string_view kSchema1Refused = "docker schema 1 carries no verifiable content";
inline constexpr std::string_view kSchema1Hint = "push the image again as docker schema 2 or OCI";

[[nodiscard]] constexpr bool is_manifest(std::string_view type) { return type == kManifest || type == kDockerManifest; }
[[nodiscard]] constexpr bool is_index(std::string_view type) { return type == kIndex || type == kDockerManifestList; }

}  // namespace hallmark::oci::media_type
