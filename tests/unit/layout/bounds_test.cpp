// What a layout may cost: each file read once, all of them bounded, in bytes and in time.
#include <catch2/catch.hpp>

#include "base/limits.h"
#include "hallmark/layout.h"
#include "support/image_maker.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using namespace hallmark::test;
using namespace std::chrono_literals;

namespace {

// Stands still, but for a step at each look.
class HandClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return {}; }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override { return now_ += step; }
  void advance(std::chrono::seconds time) { now_ += time; }
  std::chrono::milliseconds step{0};

 private:
  mutable std::chrono::steady_clock::time_point now_{1000s};
};

std::string entry(const Descriptor& manifest, std::string_view annotations) {
  return R"({"mediaType":")" + manifest.media_type + R"(","size":)" + std::to_string(manifest.size) + R"(,"digest":")" +
         manifest.digest.text() + R"(","annotations":{)" + std::string(annotations) + "}}";
}

std::string index_of(const std::string& entries) {
  return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" + entries + "]}";
}

template <class T>
void check_too_late(const Result<T>& result) {
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == Outcome::unreachable);
  CHECK_THAT(result.error().message(), Catch::Contains("takes longer than 10 s"));
  CHECK_THAT(result.error().hint(), Catch::Contains("--timeout"));
}

}  // namespace

TEST_CASE("a layout that is open sees what others write") {
  const TemporaryFolder folder;
  const auto other = must(open_layout(folder / "l", OpenMode::write));
  const auto first = put_image(*other, "amd64", "1");
  const auto open = must(open_layout(folder / "l", OpenMode::read));
  CHECK(must(open->resolve("1")).digest == first.digest);
  CHECK(must(open->referrers(first.digest, "")).descriptors.empty());
  SECTION("a tag that moves, in a file of the same size") {
    const auto second = put_image(*other, "arm64", "1");
    CHECK(must(open->resolve("1")).digest == second.digest);
  }
  SECTION("a referrer") {
    must(other->attach(note_on(*other, first, "a"), first));
    CHECK(must(open->referrers(first.digest, "")).descriptors.size() == 1);
  }
  SECTION("an index.json that breaks, and one that is whole again") {
    const auto good = text_of(folder / "l/index.json");
    folder.put("l/index.json", "{}");
    CHECK(open->resolve("1").error().kind() == Outcome::malformed);
    folder.put("l/index.json", good);
    CHECK(must(open->resolve("1")).digest == first.digest);
  }
  SECTION("an index.json that goes away") {
    std::filesystem::remove(folder / "l/index.json");
    CHECK_THAT(open->resolve("1").error().message(), Catch::Contains("has no index.json"));
  }
}

TEST_CASE("an archive that is being written sees its own tags") {
  const TemporaryFolder folder;
  const auto archive = must(ArchiveStore::open(folder / "a.tar", OpenMode::write));
  const auto first = put_image(*archive, "amd64", "1");
  CHECK(must(archive->resolve("1")).digest == first.digest);
  const auto second = put_image(*archive, "arm64", "1");
  CHECK(must(archive->resolve("1")).digest == second.digest);
}

TEST_CASE("what is read of a layout has its time, over all reads of an operation together") {
  const TemporaryFolder folder;
  const auto image = put_image(*must(open_layout(folder / "l", OpenMode::write)), "amd64", "1");
  const Descriptor layer{"", Digest::of(as_bytes("layer of amd64")), 14};
  HandClock clock;
  const auto store = must(open_layout(folder / "l", OpenMode::read, {.timeout = 10s, .clock = &clock}));
  clock.advance(9s);
  CHECK(store->manifest("1"));
  CHECK(store->expect_in_time());
  clock.advance(1s);
  CHECK(store->expect_in_time());  // nothing was read since
  check_too_late(store->manifest("1"));
  check_too_late(store->manifest(image.digest));
  check_too_late(store->blob(layer, 14));
  check_too_late(store->only_image());
  check_too_late(store->expect_in_time());
  store->renew();
  CHECK(store->expect_in_time());
  CHECK(store->manifest("1"));
  CHECK(store->blob(layer, 14));
}

TEST_CASE("a listing that took too long is incomplete") {
  const TemporaryFolder folder;
  const auto image = put_image(*must(open_layout(folder / "l", OpenMode::write)), "amd64", "1");
  HandClock clock;
  const auto store = must(open_layout(folder / "l", OpenMode::read, {.timeout = 10s, .clock = &clock}));
  clock.advance(10s);
  const auto found = must(store->referrers(image.digest, ""));
  REQUIRE(found.incomplete);
  check_too_late(Result<void>(std::unexpect, *found.incomplete));
  store->renew();
  CHECK_FALSE(must(store->referrers(image.digest, "")).incomplete);  // the next operation has its own time
}

TEST_CASE("an archive that takes too long to unpack is left [attack 25]") {
  const TemporaryFolder folder;
  const auto* name = GENERATE("a.tar", "a.tar.gz", "a.tar.zst");
  {
    const auto archive = must(ArchiveStore::open(folder / name, OpenMode::write));
    put_image(*archive, "amd64", "1");
    must(archive->finish());
  }
  HandClock clock;
  clock.step = 2s;
  for (const auto mode : {OpenMode::read, OpenMode::write})
    check_too_late(ArchiveStore::open(folder / name, mode, {.timeout = 10s, .clock = &clock}));
  CHECK(ArchiveStore::open(folder / name, OpenMode::read, {.timeout = 1h, .clock = &clock}));
}

TEST_CASE("what cosign left unlisted is looked through within a limit [attack 20]") {
  const TemporaryFolder folder;
  const auto store = must(open_layout(folder / "l", OpenMode::write));
  const auto image = put_image(*store, "amd64");
  const std::string blob = R"({"subject":")" + std::string(limits::payload_bytes - 30, 'x');
  const std::size_t count = GENERATE(as<std::size_t>(), 60, 70);
  for (std::size_t i = 0; i < count; ++i) {
    const auto text = blob + std::to_string(1000 + i) + "\"}";
    folder.put("l/blobs/sha256/" + Digest::of(as_bytes(text)).hex(), text);
  }
  folder.put("l/index.json", index_of(entry(image, R"("kind":"dev.cosignproject.cosign/image")")));
  const auto found = must(must(open_layout(folder / "l", OpenMode::read))->referrers(image.digest, ""));
  CHECK(found.incomplete.has_value() == (count == 70));
  if (!found.incomplete) return;
  CHECK(found.incomplete->kind() == Outcome::malformed);
  CHECK_THAT(found.incomplete->message(), Catch::Contains("take more than 64 MiB together"));
}

TEST_CASE("layers of a saved image do not count as what refers to it") {
  const TemporaryFolder folder;
  const auto store = must(open_layout(folder / "l", OpenMode::write));
  const auto image = put_image(*store, "amd64");
  for (int i = 0; i < 70; ++i) {
    const auto text = std::string(limits::payload_bytes - 30, 'x') + std::to_string(1000 + i);
    folder.put("l/blobs/sha256/" + Digest::of(as_bytes(text)).hex(), text);
  }
  folder.put("l/index.json", index_of(entry(image, R"("kind":"dev.cosignproject.cosign/image")")));
  CHECK_FALSE(must(must(open_layout(folder / "l", OpenMode::read))->referrers(image.digest, "")).incomplete);
}

TEST_CASE("a fallback list that cannot be read hides nothing that index.json lists") {
  const TemporaryFolder folder;
  const auto store = must(open_layout(folder / "l", OpenMode::write));
  const auto image = put_image(*store, "amd64", "1");
  const auto note = note_on(*store, image, "a");
  must(store->attach(note, image));
  must(store->put_manifest(oci::media_type::kManifest, as_bytes(image_of(*store, "b").to_json()), image.digest.tag()));
  const auto found = must(must(open_layout(folder / "l", OpenMode::read))->referrers(image.digest, ""));
  CHECK(found.descriptors.size() == 1);
  CHECK(found.incomplete);
}

TEST_CASE("manifests of countless values are too much, however few bytes they have [attack 20]") {
  const TemporaryFolder folder;
  const auto store = must(open_layout(folder / "l", OpenMode::write));
  const auto image = put_image(*store, "amd64", "1");
  std::string values = "[0";
  for (int i = 0; i < 200'000; ++i) values += ",0";
  for (int i = 0; i < 8; ++i) {
    const std::string text =
        R"({"x":)" + values + R"(],"n":)" + std::to_string(i) + "," + image_of(*store, "b").to_json().substr(1);
    must(store->put_manifest(oci::media_type::kManifest, as_bytes(text), std::nullopt));
  }
  const auto found = must(must(open_layout(folder / "l", OpenMode::read))->referrers(image.digest, ""));
  REQUIRE(found.incomplete);
  CHECK(found.incomplete->kind() == Outcome::malformed);
  CHECK_THAT(found.incomplete->message(), Catch::Contains("take more than 64 MiB together"));
}

TEST_CASE("one listing under the fallback tags of many serves each its own") {
  const TemporaryFolder folder;
  const auto store = must(open_layout(folder / "l", OpenMode::write));
  const auto first = put_image(*store, "amd64", "1");
  const auto second = put_image(*store, "arm64", "2");
  const auto on_first = note_on(*store, first, "a");
  const auto on_second = note_on(*store, second, "b");
  for (const auto* note : {&on_first, &on_second}) must(store->put_blob(note->descriptor, note->bytes));
  const std::vector<Descriptor> both{on_first.descriptor, on_second.descriptor};
  put_index(*store, both, first.digest.tag());
  const auto listing = must(store->manifest(first.digest.tag())).descriptor;
  folder.put("l/index.json",
             index_of(entry(first, "") + "," + entry(second, "") + "," +
                      entry(listing, R"("org.opencontainers.image.ref.name":")" + first.digest.tag() + "\"") + "," +
                      entry(listing, R"("org.opencontainers.image.ref.name":")" + second.digest.tag() + "\"")));
  const auto open = must(open_layout(folder / "l", OpenMode::read));
  for (const auto& [image, note] : {std::pair(first, on_first), std::pair(second, on_second)}) {
    const auto found = must(open->referrers(image.digest, ""));
    REQUIRE(found.descriptors.size() == 1);
    CHECK(found.descriptors[0].digest == note.descriptor.digest);
    CHECK_FALSE(found.incomplete);
  }
}
