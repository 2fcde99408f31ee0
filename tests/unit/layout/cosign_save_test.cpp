// Layouts as `cosign save` 3.1.3 leaves them: marked by `kind`, with bundles among the blobs that no index lists.
#include <catch2/catch.hpp>

#include "hallmark/layout.h"
#include "support/image_maker.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

std::string entry(const Descriptor& manifest, std::string_view kind) {
  return R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","size":)" + std::to_string(manifest.size) +
         R"(,"digest":")" + manifest.digest.text() + R"(","annotations":{"kind":"dev.cosignproject.cosign/)" +
         std::string(kind) + R"("},"artifactType":"application/vnd.oci.image.config.v1+json"})";
}

}  // namespace

TEST_CASE("both kinds of signatures in a layout of cosign save are found") {
  const TemporaryFolder folder;
  const auto path = folder / "saved";
  const auto store = must(open_layout(path, OpenMode::write));
  const auto image = put_image(*store, "amd64");
  const auto signatures = put_image(*store, "signatures");
  const auto bundle = note_on(*store, image, "bundle");
  must(store->put_blob(bundle.descriptor, bundle.bytes));
  // Blobs that only look as if they referred to something.
  put_text(*store, "application/x", R"({"subject":{"digest":")" + image.digest.text() + "\"}}");
  put_text(*store, "application/x", "no JSON, but \"subject\"");
  folder.put("saved/index.json",
             R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" +
                 entry(image, "image") + "," + entry(signatures, "sigs") + "]}");

  const auto saved = must(open_layout(path, OpenMode::read));
  CHECK(must(saved->only_image()).digest == image.digest);
  CHECK(must(saved->manifest(image.digest.tag() + ".sig")).descriptor.digest == signatures.digest);
  CHECK(saved->manifest(image.digest.tag() + ".att").error().kind() == Outcome::not_found);
  const auto found = must(saved->referrers(image.digest, ""));
  REQUIRE(found.descriptors.size() == 1);
  CHECK(found.descriptors[0].digest == bundle.descriptor.digest);
  CHECK_FALSE(found.incomplete);
}
