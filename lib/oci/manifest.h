// Manifest and Index: the two documents of an image, OCI or Docker schema 2.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "hallmark/content_store.h"
#include "hallmark/descriptor.h"

namespace hallmark::oci {

// Source: image-spec descriptor.md. Sizes are integers of 0 or more; annotations are bounded by
// limits::annotation_bytes.
[[nodiscard]] Result<Descriptor> parse_descriptor(const base::JsonReader& json);
[[nodiscard]] base::Json to_json(const Descriptor& descriptor);

// Source: image-spec manifest.md. At most limits::manifest_layers.
struct Manifest {
  std::string media_type;
  std::string artifact_type;
  Descriptor config;
  std::vector<Descriptor> layers;
  std::optional<Descriptor> subject;
  Annotations annotations;

  // `content.descriptor.media_type` is what the transport said; a document that says otherwise, has both `layers` and
  // `manifests`, or schemaVersion 1 is malformed (CVE-2021-41190).
  [[nodiscard]] static Result<Manifest> parse(const Content& content);
  [[nodiscard]] std::string to_json() const;  // the bytes that we push: always OCI
};

// Source: image-spec image-index.md. At most limits::index_manifests.
struct Index {
  std::string media_type;
  std::string artifact_type;
  std::vector<Descriptor> manifests;
  std::optional<Descriptor> subject;
  Annotations annotations;

  [[nodiscard]] static Result<Index> parse(const Content& content);
  [[nodiscard]] std::string to_json() const;

  // For a list that anybody may add to, where refusing one that is too long would hide all of it: the first
  // limits::index_manifests entries.
  struct Start;
  [[nodiscard]] static Result<Start> parse_start(const Content& content);
};
struct Index::Start {
  Index index;
  std::size_t left_out = 0;  // entries after these
};

// The empty descriptor `{}` (image-spec manifest.md, "Guidance for an Empty Descriptor").
[[nodiscard]] const Descriptor& empty_descriptor();
inline constexpr std::string_view kEmptyBlob = "{}";

// What a document says of itself; `artifact_type` is empty where it has none.
struct Look {
  std::string media_type;
  std::string artifact_type;
};
// As media_type_of, with the artifact type.
[[nodiscard]] Result<Look> look_at(BytesView document, std::string_view said_by_transport);

// A document's own media type, looked for without believing the rest of it; falls back to the shape (manifests /
// layers).
[[nodiscard]] Result<std::string> media_type_of(BytesView document, std::string_view said_by_transport);

}  // namespace hallmark::oci
