#include "oci/manifest.h"

#include <algorithm>
#include <span>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "oci/document.h"
#include "oci/media_type.h"
#include "oci/parsed.h"

namespace hallmark::oci {
namespace {

using base::Json;
using base::JsonReader;

bool present(const JsonReader& json, std::string_view key) { return json.value().find(key) != nullptr; }

std::unexpected<Error> schema1(const JsonReader& json) {
  return fail(json.error(media_type::kSchema1Refused).with_hint(std::string(media_type::kSchema1Hint)));
}

// Servers that do not know manifests serve them as plain JSON or bytes; that says nothing about the document.
bool says_nothing(std::string_view type) {
  return type.empty() || type == "application/json" || type == "application/octet-stream" || type == "text/plain";
}

// One document must not read as a manifest to one client and as an index to another (CVE-2021-41190).
Result<void> refuse_two_shapes(const JsonReader& json) {
  if (present(json, "manifests") && (present(json, "layers") || present(json, "config"))) {
    return fail(json.error("has both layers or config, as a manifest, and manifests, as an index"));
  }
  const auto* version = json.value().find("schemaVersion");
  const bool says_one = version != nullptr && version->as_integer() == 1;
  if (says_one || present(json, "fsLayers") || present(json, "history")) return schema1(json);
  return {};
}

Result<std::string> type_of(const JsonReader& json, std::string_view said) {
  HM_DO(json.expect_object());
  HM_DO(refuse_other_spelling(
      json, {"schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations"}));
  HM_DO(refuse_two_shapes(json));
  if (media_type::is_schema1(said)) return schema1(json);
  if (json.has("mediaType")) {
    HM_TRY(std::string own, media_type_at(json, "mediaType"));
    if (media_type::is_schema1(own)) return schema1(json);
    if (!says_nothing(said) && said != own) {
      return fail(json.error("calls itself " + own + " but was announced as " + base::printable(said)));
    }
    return own;
  }
  if (!says_nothing(said)) return std::string(said);
  if (present(json, "manifests")) return std::string(media_type::kIndex);
  if (present(json, "layers")) return std::string(media_type::kManifest);
  return fail(json.error("has no mediaType, and neither layers nor manifests"));
}

Result<void> expect_schema2(const JsonReader& json) {
  HM_TRY(const std::uint64_t version, json.size("schemaVersion"));
  if (version != 2) return fail(json.error("schemaVersion is " + std::to_string(version) + ", expected 2"));
  return {};
}

Result<std::vector<Descriptor>> descriptors_of(std::span<const JsonReader> entries) {
  std::vector<Descriptor> descriptors;
  descriptors.reserve(entries.size());
  for (const auto& entry : entries) {
    HM_TRY(Descriptor descriptor, parse_descriptor(entry));
    descriptors.push_back(std::move(descriptor));
  }
  return descriptors;
}

Result<std::vector<JsonReader>> entries_at(const JsonReader& json, std::string_view key) {
  if (!present(json, key)) return fail(json.error("has no " + std::string(key)));
  return json.array(key);
}

Result<std::optional<Descriptor>> subject_of(const JsonReader& json) {
  if (!json.has("subject")) return std::nullopt;
  HM_TRY(const JsonReader subject, json.at("subject"));
  HM_TRY(Descriptor descriptor, parse_descriptor(subject));
  return descriptor;
}

// What stands at the end of both documents, in the order of the Go peers.
void put_subject_and_annotations(Json& json, const std::optional<Descriptor>& subject, const Annotations& annotations) {
  if (subject) json.set("subject", to_json(*subject));
  if (!annotations.empty()) json.set("annotations", Json::from(annotations));
}

Json array_of(const std::vector<Descriptor>& descriptors) {
  Json::Array array;
  array.reserve(descriptors.size());
  for (const auto& descriptor : descriptors) array.push_back(oci::to_json(descriptor));
  return array;
}

Json head(std::string_view type, const std::string& artifact_type) {
  Json json = Json::object({{"schemaVersion", 2}, {"mediaType", type}});
  if (!artifact_type.empty()) json.set("artifactType", artifact_type);
  return json;
}

}  // namespace

Result<Manifest> Manifest::parse(const Content& content) {
  HM_TRY(const Json document, Json::parse(content.bytes, "manifest"));
  return manifest_in(JsonReader(document, "manifest"), content.descriptor.media_type);
}

Result<Manifest> manifest_in(const JsonReader& json, std::string_view said_by_transport) {
  Manifest manifest{.media_type = {},
                    .artifact_type = {},
                    .config = empty_descriptor(),
                    .layers = {},
                    .subject = {},
                    .annotations = {}};
  HM_TRY(manifest.media_type, type_of(json, said_by_transport));
  if (!media_type::is_manifest(manifest.media_type)) {
    return fail(json.error("expected an image manifest, found " + base::printable(manifest.media_type)));
  }
  if (present(json, "manifests")) return fail(json.error("is called a manifest but has manifests, as an index"));
  HM_DO(expect_schema2(json));
  manifest.artifact_type = artifact_type_at(json);
  HM_TRY(const JsonReader config, json.at("config"));
  HM_TRY(manifest.config, parse_descriptor(config));
  HM_TRY(const auto layers, entries_at(json, "layers"));
  if (layers.size() > limits::manifest_layers) {
    return fail(json.error("has more than " + std::to_string(limits::manifest_layers) + " layers"));
  }
  HM_TRY(manifest.layers, descriptors_of(layers));
  HM_TRY(manifest.subject, subject_of(json));
  HM_TRY(manifest.annotations, annotations_at(json));
  return manifest;
}

std::string Manifest::to_json() const {
  Json json = head(media_type::kManifest, artifact_type);
  json.set("config", oci::to_json(config));
  json.set("layers", array_of(layers));
  put_subject_and_annotations(json, subject, annotations);
  return json.dump();
}

namespace {

Result<Index::Start> start_in(const JsonReader& json, std::string_view said_by_transport) {
  Index::Start start;
  Index& index = start.index;
  HM_TRY(index.media_type, type_of(json, said_by_transport));
  if (!media_type::is_index(index.media_type)) {
    return fail(json.error("expected an image index, found " + base::printable(index.media_type)));
  }
  if (present(json, "layers") || present(json, "config")) {
    return fail(json.error("is called an index but has layers or config, as a manifest"));
  }
  HM_DO(expect_schema2(json));
  index.artifact_type = artifact_type_at(json);
  HM_TRY(const auto entries, entries_at(json, "manifests"));
  const std::span<const JsonReader> kept(entries.data(), std::min(entries.size(), limits::index_manifests));
  start.left_out = entries.size() - kept.size();
  HM_TRY(index.manifests, descriptors_of(kept));
  HM_TRY(index.subject, subject_of(json));
  HM_TRY(index.annotations, annotations_at(json));
  return start;
}

}  // namespace

Result<Index> Index::parse(const Content& content) {
  HM_TRY(const Json document, Json::parse(content.bytes, "index"));
  return index_in(JsonReader(document, "index"), content.descriptor.media_type);
}

Result<Index> index_in(const JsonReader& json, std::string_view said_by_transport) {
  HM_TRY(Index::Start start, start_in(json, said_by_transport));
  if (start.left_out == 0) return std::move(start.index);
  return fail(json.error("has more than " + std::to_string(limits::index_manifests) + " manifests"));
}

Result<Index::Start> Index::parse_start(const Content& content) {
  HM_TRY(const Json document, Json::parse(content.bytes, "index"));
  return start_in(JsonReader(document, "index"), content.descriptor.media_type);
}

std::string Index::to_json() const {
  Json json = head(media_type::kIndex, artifact_type);
  json.set("manifests", array_of(manifests));
  put_subject_and_annotations(json, subject, annotations);
  return json.dump();
}

const Descriptor& empty_descriptor() {
  static const Descriptor descriptor{std::string(media_type::kEmpty), Digest::of(as_bytes(kEmptyBlob)),
                                     kEmptyBlob.size()};
  return descriptor;
}

Result<Look> look_at(BytesView document, std::string_view said_by_transport) {
  HM_TRY(const Json parsed, Json::parse(document, "manifest"));
  return look_at(JsonReader(parsed, "manifest"), said_by_transport);
}

Result<Look> look_at(const JsonReader& json, std::string_view said_by_transport) {
  Look look;
  HM_TRY(look.media_type, type_of(json, said_by_transport));
  look.artifact_type = artifact_type_at(json);
  return look;
}

Result<std::string> media_type_of(BytesView document, std::string_view said_by_transport) {
  HM_TRY(Look look, look_at(document, said_by_transport));
  return std::move(look.media_type);
}

}  // namespace hallmark::oci
