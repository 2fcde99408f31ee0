// Digests and names that want to be paths, URLs or lines of their own.
#include <catch2/catch.hpp>

#include "hostile/stage.h"

using namespace hallmark;
using namespace hallmark::test;

TEST_CASE("a digest in a registry's answer that is no digest is refused before any further request [attack 27]") {
  const std::string digest =
      GENERATE("sha256:../../etc/passwd", "sha256:", "sha256", "", "md5:d41d8cd98f00b204e9800998ecf8427e",
               "sha256:ABCDEF0000000000000000000000000000000000000000000000000000000000",
               "sha256:00000000000000000000000000000000000000000000000000000000000000",
               "sha256:00000000000000000000000000000000000000000000000000000000000000000",
               "sha256:0000000000000000000000000000000000000000000000000000000000000%2f",
               "sha256:0000000000000000000000000000000000000000000000000000000000000\\r\\n",
               "sha999:0000000000000000000000000000000000000000000000000000000000000000");
  CAPTURE(digest);
  const bool referrers = GENERATE(true, false);
  Stage stage;
  const std::string entry =
      R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" + digest + R"(","size":7})";
  if (referrers) {
    stage.registry.answer(
        "GET", "/referrers/",
        {.body = R"({"schemaVersion":2,"manifests":[)" + entry + "]}", .content_type = std::string(kIndexType)});
  } else {
    stage.honest().add_manifest(
        "shop/api", kManifestType,
        R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":)" + entry +
            R"(,"layers":[)" + entry + "]}",
        stage.image.digest.tag() + ".sig");
  }
  check_refused(stage.verify(), Outcome::malformed, "digest");
  for (const auto& call : stage.registry.calls()) {
    CHECK(call.target.find("..") == std::string::npos);
    CHECK(call.target.find("passwd") == std::string::npos);
    CHECK(call.target.find("blobs") == std::string::npos);
  }
}

TEST_CASE("a tag with line breaks, slashes or escapes never becomes a request [attack 27]") {
  const std::string tag =
      GENERATE("1.0\r\nX-Evil: 1", "../../../v2/evil", "1.0%2f..%2f", "a/b", "", "-x", ".x", "x?n=1", "x#y", "a b");
  CAPTURE(tag);
  Stage stage;
  const auto content = stage.with_store<Content>([&](ContentStore& store) { return store.manifest(tag); });
  check_refused(content, Outcome::usage, "is not a tag");
  CHECK(stage.registry.calls().empty());
}
