#include "oci/manifest.h"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "base/limits.h"
#include "oci/media_type.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using oci::Index;
using oci::Manifest;

namespace {

Content content(std::string_view text, std::string_view said = {}) {
  return {{std::string(said), Digest::of(as_bytes(text)), text.size()}, to_bytes(text)};
}

std::string descriptor(char digit, std::string_view type = "application/x") {
  return R"({"mediaType":")" + std::string(type) + R"(","digest":"sha256:)" + std::string(64, digit) + R"(","size":1})";
}

std::string manifest_with(std::string_view more) {
  return R"({"schemaVersion":2,"config":)" + descriptor('a') + R"(,"layers":[)" + descriptor('b') + "]" +
         std::string(more) + "}";
}

struct Bad {
  std::string text;
  std::string said;
  std::string reason;
};

std::string vector_file(std::string_view name) {
  const char* named = std::getenv("HALLMARK_VECTORS");
  const char* source = std::getenv("HALLMARK_SOURCE");
  const std::filesystem::path folder = named != nullptr    ? std::filesystem::path(named)
                                       : source != nullptr ? std::filesystem::path(source) / "../shared/vectors"
                                                           : std::filesystem::path();
  return test::text_of(folder / "cosign" / name);
}

}  // namespace

TEST_CASE("a manifest is read with all its parts") {
  const auto manifest = Manifest::parse(content(
      manifest_with(R"(,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"a/b","subject":)" +
                    descriptor('c') + R"(,"annotations":{"k":"v"})")));
  REQUIRE(manifest);
  CHECK(manifest->media_type == oci::media_type::kManifest);
  CHECK(manifest->artifact_type == "a/b");
  CHECK(manifest->config.digest.hex() == std::string(64, 'a'));
  REQUIRE(manifest->layers.size() == 1);
  CHECK(manifest->subject->digest.hex() == std::string(64, 'c'));
  CHECK(manifest->annotations.at("k") == "v");
}

TEST_CASE("what is written reads back as the same manifest") {
  Manifest manifest{.media_type = std::string(oci::media_type::kManifest),
                    .artifact_type = "application/vnd.dev.sigstore.bundle.v0.3+json",
                    .config = oci::empty_descriptor(),
                    .layers = {oci::empty_descriptor()},
                    .subject = oci::empty_descriptor(),
                    .annotations = {{"org.opencontainers.image.created", "2026-11-22T08:00:00Z"}}};
  const auto json = manifest.to_json();
  CHECK_THAT(json,
             Catch::StartsWith(
                 R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":)"));
  const auto again = Manifest::parse(content(json, oci::media_type::kManifest));
  REQUIRE(again);
  CHECK(again->layers == manifest.layers);
  CHECK(again->subject == manifest.subject);
  CHECK(again->to_json() == json);
}

TEST_CASE("what is written reads back as the same index") {
  Index index{.media_type = std::string(oci::media_type::kIndex),
              .artifact_type = {},
              .manifests = {},
              .subject = {},
              .annotations = {}};
  index.manifests.push_back(oci::empty_descriptor());
  index.manifests.back().platform = Platform{"linux", "arm64", "v8"};
  const auto again = Index::parse(content(index.to_json(), oci::media_type::kIndex));
  REQUIRE(again);
  CHECK(again->manifests == index.manifests);
  CHECK(Index::parse(content(R"({"schemaVersion":2,"manifests":[]})"))->manifests.empty());
}

TEST_CASE("the empty descriptor is the one of the specification") {
  CHECK(oci::empty_descriptor().digest.text() ==
        "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  CHECK(oci::empty_descriptor().size == 2);
}

TEST_CASE("docker documents without a word of their own are what the transport says") {
  CHECK(Manifest::parse(content(manifest_with(""), oci::media_type::kDockerManifest))->media_type ==
        oci::media_type::kDockerManifest);
  CHECK(Manifest::parse(content(manifest_with(""), "application/json"))->media_type == oci::media_type::kManifest);
  CHECK(Index::parse(content(R"({"schemaVersion":2,"manifests":null})"))->media_type == oci::media_type::kIndex);
}

TEST_CASE("a document that is two things at once, or another than announced, is refused [attack 16]") {
  const std::string index = R"({"schemaVersion":2,"manifests":[]})";
  const auto row = GENERATE_COPY(values<Bad>({
      {manifest_with(R"(,"manifests":[])"), "", "has both"},
      {manifest_with(R"(,"manifests":null)"), "", "has both"},
      {manifest_with(R"(,"Manifests":[])"), "", "spelled \"manifests\""},
      {R"({"schemaVersion":2,"config":{},"manifests":[]})", "", "has both"},
      {index, std::string(oci::media_type::kManifest), "but has manifests, as an index"},
      {manifest_with(R"(,"mediaType":"application/vnd.oci.image.index.v1+json")"), "", "expected an image manifest"},
      {manifest_with(R"(,"mediaType":"application/vnd.oci.image.manifest.v1+json")"),
       std::string(oci::media_type::kDockerManifest), "but was announced as"},
      {manifest_with(R"(,"mediaType":"application/vnd.oci.image.manifest.v1+json")"),
       std::string(oci::media_type::kIndex), "but was announced as"},
      {manifest_with(R"(,"mediaType":7)"), "", "mediaType"},
      {R"({"schemaVersion":1,"name":"a","fsLayers":[],"history":[],"signatures":[]})", "", "schema 1"},
      {R"({"schemaVersion":1,"config":)" + descriptor('a') + R"(,"layers":[]})", "", "schema 1"},
      {R"({"schemaVersion":1,"name":"a","tag":"1"})", "", "schema 1"},
      {manifest_with(""), "application/vnd.docker.distribution.manifest.v1+prettyjws", "schema 1"},
      {manifest_with(R"(,"mediaType":"application/vnd.docker.distribution.manifest.v1+json")"), "", "schema 1"},
      {manifest_with(R"(,"mediaType":"application/x")"), "", "expected an image manifest"},
  }));
  CAPTURE(row.text);
  const auto manifest = Manifest::parse(content(row.text, row.said));
  REQUIRE_FALSE(manifest);
  CHECK(manifest.error().kind() == Outcome::malformed);
  CHECK_THAT(manifest.error().message(), Catch::Contains(row.reason));
}

TEST_CASE("a manifest served as an index is refused [attack 16]") {
  const auto index = Index::parse(content(manifest_with(""), oci::media_type::kIndex));
  REQUIRE_FALSE(index);
  CHECK_THAT(index.error().message(), Catch::Contains("but has layers or config"));
  CHECK_THAT(Index::parse(content(manifest_with(""))).error().message(), Catch::Contains("expected an image index"));
}

TEST_CASE("a malformed manifest is refused with its reason") {
  const auto row = GENERATE_COPY(values<Bad>({
      {"", "", "manifest"},
      {"[]", "", "object"},
      {"{}", "", "neither layers nor manifests"},
      {R"({"layers":[],"config":)" + descriptor('a') + "}", "", "schemaVersion"},
      {R"({"schemaVersion":3,"layers":[],"config":)" + descriptor('a') + "}", "", "expected 2"},
      {R"({"schemaVersion":2,"layers":[]})", "", "config"},
      {R"({"schemaVersion":2,"config":)" + descriptor('a') + "}", std::string(oci::media_type::kManifest), "no layers"},
      {R"({"schemaVersion":2,"layers":{},"config":)" + descriptor('a') + "}", "", "layers"},
      {R"({"schemaVersion":2,"layers":[{}],"config":)" + descriptor('a') + "}", "", "layers[0]"},
      {manifest_with(R"(,"subject":"sha256:aa")"), "", "subject"},
      {manifest_with(R"(,"annotations":7)"), "", "annotations"},
  }));
  CAPTURE(row.text);
  const auto manifest = Manifest::parse(content(row.text, row.said));
  REQUIRE_FALSE(manifest);
  CHECK(manifest.error().kind() == Outcome::malformed);
  CHECK_THAT(manifest.error().message(), Catch::Contains(row.reason));
}

TEST_CASE("more layers or manifests than the limit are refused [attack 22]") {
  const auto many = [](std::size_t count) {
    std::string list = descriptor('b');
    for (std::size_t i = 1; i < count; ++i) list += "," + descriptor('b');
    return list;
  };
  const auto manifest = [&](std::size_t count) {
    return R"({"schemaVersion":2,"config":)" + descriptor('a') + R"(,"layers":[)" + many(count) + "]}";
  };
  CHECK(Manifest::parse(content(manifest(limits::manifest_layers))));
  CHECK_THAT(Manifest::parse(content(manifest(limits::manifest_layers + 1))).error().message(),
             Catch::Contains("more than 1000 layers"));
  const auto index = R"({"schemaVersion":2,"manifests":[)" + many(limits::index_manifests + 1) + "]}";
  CHECK_THAT(Index::parse(content(index)).error().message(), Catch::Contains("more than 4096 manifests"));
}

TEST_CASE("hostile JSON is refused without a crash [attack 23]") {
  const auto row = GENERATE_COPY(values<Bad>({
      {std::string(200'000, '['), "", ""},
      {R"({"a":)" + std::string(200'000, '{'), "", ""},
      {"\xef\xbb\xbf" + manifest_with(""), "", ""},
      {manifest_with("") + "{}", "", ""},
      {manifest_with(R"(,"x":"\ud800")"), "", ""},
      {manifest_with(",\"x\":\"\xff\""), "", ""},
      {manifest_with(R"(,"x":NaN)"), "", ""},
  }));
  const auto manifest = Manifest::parse(content(row.text));
  REQUIRE_FALSE(manifest);
  CHECK(manifest.error().kind() == Outcome::malformed);
}

TEST_CASE("the manifests and fallback index that cosign wrote are read") {
  const auto image = vector_file("image.manifest.json");
  if (image.empty()) {
    WARN("SKIPPED: no vectors of cosign, set HALLMARK_VECTORS");
    return;
  }
  CHECK(Manifest::parse(content(image)));
  const auto bundle = Manifest::parse(content(vector_file("cosign-sig-bundle.manifest0.json")));
  REQUIRE(bundle);
  CHECK(bundle->artifact_type == "application/vnd.dev.sigstore.bundle.v0.3+json");
  CHECK(bundle->subject->digest == Digest::of(as_bytes(image)));
  CHECK(Index::parse(content(vector_file("cosign-sig-bundle.tag-index.json")))->manifests.size() == 1);
  CHECK(Manifest::parse(content(vector_file("cosign-sig-legacy.tag-manifest.json")))->layers.size() == 1);
}
