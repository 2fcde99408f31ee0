#include "hallmark/content_store.h"

#include <catch2/catch.hpp>

#include "base/limits.h"
#include "oci/media_type.h"
#include "support/memory_store.h"

using namespace hallmark;

namespace {

const std::string kManifest = R"({"schemaVersion":2,"manifests":[]})";

Content other_content(std::string_view announced) {
  const std::string text = R"({"schemaVersion":2, "manifests":[]})";
  return {{std::string(oci::media_type::kIndex), Digest::of(as_bytes(announced)), text.size()}, to_bytes(text)};
}

}  // namespace

TEST_CASE("a manifest comes with the descriptor of its own bytes") {
  test::MemoryStore store;
  const auto put = store.add_manifest(oci::media_type::kIndex, kManifest, "1");
  const auto by_tag = store.manifest("1");
  REQUIRE(by_tag);
  CHECK(by_tag->descriptor.digest == Digest::of(as_bytes(kManifest)));
  CHECK(by_tag->descriptor.size == kManifest.size());
  CHECK(by_tag->descriptor.media_type == oci::media_type::kIndex);
  CHECK(store.manifest(put.digest)->bytes == to_bytes(kManifest));
}

TEST_CASE("other bytes for a digest are refused before they are parsed [attack 14]") {
  test::MemoryStore store;
  const auto put = store.add_manifest(oci::media_type::kIndex, kManifest, "1");
  store.manifest_instead = [](std::string_view) { return other_content(R"({"schemaVersion":2, "manifests":[]})"); };
  const auto answer = store.manifest(put.digest);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind() == Outcome::malformed);
  CHECK_THAT(answer.error().message(), Catch::Contains("holds other bytes"));
}

TEST_CASE("a wrong announced digest is refused, by tag and by digest [attack 14]") {
  test::MemoryStore store;
  const auto put = store.add_manifest(oci::media_type::kIndex, kManifest, "1");
  store.manifest_instead = [](std::string_view) -> std::optional<Content> {
    return Content{{std::string(oci::media_type::kIndex), Digest::of(as_bytes("x")), 1}, to_bytes(kManifest)};
  };
  CHECK_THAT(store.manifest("1").error().message(), Catch::Contains("was announced as"));
  CHECK(store.manifest("1").error().kind() == Outcome::malformed);
  CHECK_THAT(store.manifest(put.digest).error().message(), Catch::Contains("was announced as"));
}

TEST_CASE("whitespace or key order changed under the old digest is refused [attack 13]") {
  test::MemoryStore store;
  const auto put = store.add_manifest(oci::media_type::kIndex, kManifest);
  for (const auto* text : {R"({"manifests":[],"schemaVersion":2})", R"({ "schemaVersion":2,"manifests":[]})"}) {
    store.corrupt(put.digest, to_bytes(text));
    const auto answer = store.manifest(put.digest);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind() == Outcome::malformed);
  }
}

TEST_CASE("a manifest over 4 MiB is refused [attack 21]") {
  test::MemoryStore store;
  const auto put = store.add_manifest(oci::media_type::kIndex, kManifest + std::string(limits::manifest_bytes, ' '));
  CHECK_THAT(store.manifest(put.digest).error().message(), Catch::Contains("more than 4 MiB"));
}

TEST_CASE("a content type that is not the document's is refused on the way in [attack 16]") {
  test::MemoryStore store;
  const auto put =
      store.add_manifest(oci::media_type::kManifest,
                         R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})");
  const auto answer = store.manifest(put.digest);
  REQUIRE_FALSE(answer);
  CHECK_THAT(answer.error().message(), Catch::Contains("was announced as"));
}

TEST_CASE("text that is no tag reaches no backend [attack 27]") {
  test::MemoryStore store;
  const auto* tag = GENERATE("", "a/b", "a%2fb", "..", "a\r\nb", "sha256:aa", ".hidden");
  CHECK(store.manifest(std::string_view(tag)).error().kind() == Outcome::usage);
  CHECK(store.resolve(tag).error().kind() == Outcome::usage);
  CHECK(store.reads().total() == 0);
}

TEST_CASE("a blob is checked against its descriptor") {
  test::MemoryStore store;
  const auto put = store.add_blob("application/x", as_bytes("hello"));
  CHECK(*store.blob(put, 5) == to_bytes("hello"));

  SECTION("other bytes of the same size [attack 14]") {
    store.corrupt(put.digest, to_bytes("hellO"));
    CHECK_THAT(store.blob(put, 5).error().message(), Catch::Contains("holds other bytes"));
  }
  SECTION("shorter than said [attack 14]") {
    auto said = put;
    said.size = 6;
    CHECK_THAT(store.blob(said, 6).error().message(), Catch::Contains("has 5 bytes, its descriptor says 6"));
  }
  SECTION("longer than said [attack 21]") {
    auto said = put;
    said.size = 4;
    CHECK_THAT(store.blob(said, 6).error().message(), Catch::Contains("longer than the 4 bytes"));
  }
  SECTION("said to be larger than the limit: nothing is read or allocated [attack 22]") {
    auto said = put;
    said.size = 9223372036854775807U;
    store.reset_reads();
    CHECK_THAT(store.blob(said, 1024).error().message(), Catch::Contains("at most 1024"));
    CHECK(store.reads().blobs == 0);
    said.size = 1U << 30;
    CHECK_FALSE(store.blob(said, 1U << 30));
  }
  SECTION("missing") {
    store.remove(put.digest);
    CHECK(store.blob(put, 5).error().kind() == Outcome::not_found);
  }
}

TEST_CASE("an error of the sink ends the transfer and comes up") {
  test::MemoryStore store;
  const auto put = store.add_blob("application/x", as_bytes("hello"));
  const auto done = store.blob(put, [](BytesView) -> Result<void> { return fail(Outcome::internal, "disk full"); });
  CHECK(done.error().message() == "disk full");
}

TEST_CASE("bytes that are not what their descriptor says are not written") {
  test::MemoryStore store;
  auto said = store.add_blob("application/x", as_bytes("hello"));
  CHECK(store.put_blob(said, as_bytes("hello")));
  CHECK(store.put_blob(said, as_bytes("hellO")).error().kind() == Outcome::internal);
  CHECK(store.put_blob(said, as_bytes("hell")).error().kind() == Outcome::internal);
  CHECK(store.blob_count() == 1);
}

TEST_CASE("a backend that cannot mount says so") {
  test::MemoryStore store;
  CHECK_FALSE(*store.mount_blob(store.add_blob("application/x", as_bytes("hello")), store));
}
