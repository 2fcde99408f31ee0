// Small images and what refers to them, put into any ContentStore.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "hallmark/content_store.h"
#include "oci/manifest.h"
#include "oci/media_type.h"

namespace hallmark::test {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return *std::move(result);
}
inline void must(Result<void> result) {
  if (!result) throw std::runtime_error(result.error().message());
}

inline Descriptor put_text(ContentStore& store, std::string_view media_type, std::string_view text) {
  Descriptor descriptor{std::string(media_type), Digest::of(as_bytes(text)), text.size()};
  must(store.put_blob(descriptor, as_bytes(text)));
  return descriptor;
}

// An image for linux whose configuration and layer hold `word`.
inline oci::Manifest image_of(ContentStore& store, std::string_view word) {
  return {.media_type = {},
          .artifact_type = {},
          .config = put_text(store, oci::media_type::kConfig,
                             R"({"os":"linux","architecture":")" + std::string(word) +
                                 R"(","rootfs":{"type":"layers","diff_ids":[]}})"),
          .layers = {put_text(store, "application/vnd.oci.image.layer.v1.tar", "layer of " + std::string(word))},
          .subject = {},
          .annotations = {}};
}

inline Descriptor put_image(ContentStore& store, std::string_view word, const std::optional<std::string>& tag = {}) {
  return must(store.put_manifest(oci::media_type::kManifest, as_bytes(image_of(store, word).to_json()), tag));
}

inline Descriptor put_index(ContentStore& store, std::vector<Descriptor> manifests,
                            const std::optional<std::string>& tag = {}) {
  oci::Index index{
      .media_type = {}, .artifact_type = {}, .manifests = std::move(manifests), .subject = {}, .annotations = {}};
  return must(store.put_manifest(oci::media_type::kIndex, as_bytes(index.to_json()), tag));
}

inline constexpr std::string_view kNoteType = "application/x-note+json";

// A referrer with one layer that holds `word`.
inline Content note_on(ContentStore& store, const Descriptor& subject, std::string_view word) {
  must(store.put_blob(oci::empty_descriptor(), as_bytes(oci::kEmptyBlob)));
  const oci::Manifest manifest{.media_type = {},
                               .artifact_type = std::string(kNoteType),
                               .config = oci::empty_descriptor(),
                               .layers = {put_text(store, "text/plain", word)},
                               .subject = subject,
                               .annotations = {{"word", std::string(word)}}};
  const auto json = manifest.to_json();
  return {{std::string(oci::media_type::kManifest), Digest::of(as_bytes(json)), json.size(), std::string(kNoteType)},
          to_bytes(json)};
}

}  // namespace hallmark::test
