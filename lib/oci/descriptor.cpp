#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "oci/document.h"
#include "oci/manifest.h"

namespace hallmark::oci {
namespace {

// Media types travel in HTTP headers, so nothing that could end one. Parameters ("…+json;version=0.3") do occur.
bool is_media_type(std::string_view text) {
  return !text.empty() && text.size() <= 255 && text.find('/') != std::string_view::npos && text.front() != ' ' &&
         text.back() != ' ' && std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
}

Result<Platform> parse_platform(const base::JsonReader& json) {
  HM_DO(json.expect_object());
  Platform platform;
  HM_TRY(platform.os, json.string_or("os", ""));
  HM_TRY(platform.architecture, json.string_or("architecture", ""));
  HM_TRY(platform.variant, json.string_or("variant", ""));
  return platform;
}

}  // namespace

Result<std::string> media_type_at(const base::JsonReader& json, std::string_view key) {
  HM_TRY(std::string type, json.string(key));
  if (!is_media_type(type)) {
    return fail(json.error(std::string(key) + " \"" + base::printable(type, 60) + "\" is not a media type"));
  }
  return type;
}

std::string artifact_type_at(const base::JsonReader& json) {
  const auto type = json.string_or("artifactType", "");
  return type && is_media_type(*type) ? *type : std::string();
}

Result<Annotations> annotations_at(const base::JsonReader& json) {
  HM_TRY(Annotations annotations, json.string_map("annotations"));
  std::size_t bytes = 0;
  for (const auto& [key, value] : annotations) bytes += key.size() + value.size();
  if (bytes > limits::annotation_bytes) return fail(json.error("annotations have more than 1 MiB"));
  return annotations;
}

Result<void> refuse_other_spelling(const base::JsonReader& json, std::initializer_list<std::string_view> keys) {
  const auto* members = json.value().as_object();
  if (members == nullptr) return {};
  const auto same_letters = [](std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
  };
  for (const auto& [name, value] : *members) {
    for (const auto key : keys) {
      if (name != key && same_letters(name, key)) {
        return fail(json.error("the key \"" + base::printable(name) + "\" is spelled \"" + std::string(key) + "\""));
      }
    }
  }
  return {};
}

Result<Descriptor> parse_descriptor(const base::JsonReader& json) {
  HM_DO(json.expect_object());
  HM_DO(refuse_other_spelling(json, {"mediaType", "digest", "size", "artifactType", "annotations", "platform"}));
  HM_TRY(std::string media_type, media_type_at(json, "mediaType"));
  HM_TRY(std::string digest_text, json.string("digest"));
  auto digest = Digest::parse(digest_text);
  if (!digest) return fail(digest.error().within(json.path() + ".digest"));
  Descriptor descriptor{std::move(media_type), *std::move(digest)};
  HM_TRY(descriptor.size, json.size("size"));
  descriptor.artifact_type = artifact_type_at(json);
  HM_TRY(descriptor.annotations, annotations_at(json));
  if (json.has("platform")) {
    HM_TRY(base::JsonReader platform, json.at("platform"));
    HM_TRY(descriptor.platform, parse_platform(platform));
  }
  return descriptor;
}

base::Json to_json(const Descriptor& descriptor) {
  base::Json json = base::Json::object({{"mediaType", descriptor.media_type},
                                        {"digest", descriptor.digest.text()},
                                        {"size", static_cast<std::int64_t>(descriptor.size)}});
  if (!descriptor.annotations.empty()) json.set("annotations", base::Json::from(descriptor.annotations));
  if (descriptor.platform) {
    base::Json platform =
        base::Json::object({{"architecture", descriptor.platform->architecture}, {"os", descriptor.platform->os}});
    if (!descriptor.platform->variant.empty()) platform.set("variant", descriptor.platform->variant);
    json.set("platform", std::move(platform));
  }
  if (!descriptor.artifact_type.empty()) json.set("artifactType", descriptor.artifact_type);
  return json;
}

}  // namespace hallmark::oci
