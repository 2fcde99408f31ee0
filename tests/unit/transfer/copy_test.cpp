#include "hallmark/copy.h"

#include <atomic>
#include <catch2/catch.hpp>

#include "base/limits.h"
#include "hallmark/layout.h"
#include "oci/image_walk.h"
#include "support/image_maker.h"
#include "support/memory_store.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

// An index of two images; the index and one image have referrers, and one has a referrer of its own; cosign's tags.
struct Sample {
  Descriptor amd, arm, index;
  Content note;
};

Descriptor add_signatures(ContentStore& store, const Digest& image, const std::string& suffix, std::string_view word) {
  return put_image(store, word, image.tag() + suffix);
}

Sample fill(ContentStore& store) {
  const auto amd = put_image(store, "amd64");
  const auto arm = put_image(store, "arm64");
  const auto index = put_index(store, {amd, arm}, "1");
  const auto note = note_on(store, index, "on index");
  must(store.attach(note, index));
  must(store.attach(note_on(store, arm, "on arm"), arm));
  must(store.attach(note_on(store, note.descriptor, "on note"), note.descriptor));
  add_signatures(store, index.digest, ".sig", "signature");
  add_signatures(store, index.digest, ".att", "attestation");
  add_signatures(store, amd.digest, ".sbom", "sbom");
  return {amd, arm, index, note};
}

void check_copied(ContentStore& to, const Sample& sample) {
  CHECK(oci::check_content(to, sample.index.digest));
  CHECK(must(to.referrers(sample.index.digest, "")).descriptors.size() == 1);
  CHECK(must(to.referrers(sample.arm.digest, "")).descriptors.size() == 1);
  CHECK(must(to.referrers(sample.note.descriptor.digest, "")).descriptors.size() == 1);
  for (const auto& tag :
       {sample.index.digest.tag() + ".sig", sample.index.digest.tag() + ".att", sample.amd.digest.tag() + ".sbom"}) {
    const auto signatures = to.manifest(tag);
    REQUIRE(signatures);
    CHECK(oci::check_content(to, signatures->descriptor.digest));
  }
}

}  // namespace

TEST_CASE("what a mirror has not heard of yet is copied, too") {
  MemoryStore registry;
  MemoryStore mirror;
  const auto image = put_image(mirror, "amd64");
  for (MemoryStore* store : {&registry, &mirror}) {  // by digest a mirror has, or fetches, everything
    must(store->attach(note_on(*store, image, "old"), image));
    must(store->attach(note_on(*store, image, "new"), image));
    add_signatures(*store, image.digest, ".sig", store == &registry ? "new" : "old");
    put_image(*store, "new");
  }
  const auto tagged = must(registry.manifest(image.digest.tag() + ".sig")).descriptor;
  mirror.edit_referrers = [&](Referrers& listing) { listing.descriptors.resize(1, image); };
  mirror.registry = &registry;

  MemoryStore to;
  const auto result = copy(mirror, image.digest, to, {.tag = {}, .signatures = true, .progress = {}, .temp_dir = {}});
  REQUIRE(result);
  CHECK(result->referrers == 2);
  CHECK(result->skipped.empty());
  CHECK(must(to.manifest(image.digest.tag() + ".sig")).descriptor.digest == tagged.digest);
}

TEST_CASE("an image goes from store to store with all that refers to it") {
  const TemporaryFolder folder;
  MemoryStore registry;
  const auto sample = fill(registry);
  const auto options = CopyOptions{.tag = "2", .progress = {}, .temp_dir = folder.path()};

  // registry → layout → archive → registry
  const auto directory = must(open_layout(folder / "l", OpenMode::write));
  const auto first = must(copy(registry, sample.index.digest, *directory, options));
  CHECK(first.image.digest == sample.index.digest);
  CHECK(first.referrers == 3);
  CHECK(first.signature_tags == 3);
  CHECK(first.skipped.empty());
  CHECK(first.blobs_present == 0);
  check_copied(*directory, sample);
  CHECK(must(directory->only_image()).digest == sample.index.digest);

  const auto archive = must(ArchiveStore::open(folder / "a.tar.gz", OpenMode::write));
  must(copy(*directory, sample.index.digest, *archive, options));
  must(archive->finish());
  const auto read = must(ArchiveStore::open(folder / "a.tar.gz", OpenMode::read));
  CHECK(must(read->resolve("2")).digest == sample.index.digest);
  check_copied(*read, sample);

  MemoryStore other;
  const auto last = must(copy(*read, sample.index.digest, other, options));
  CHECK(last.blobs_copied == first.blobs_copied);
  check_copied(other, sample);
  CHECK(must(other.resolve("2")).digest == sample.index.digest);
  CHECK(other.manifest_count() == registry.manifest_count());
}

TEST_CASE("without signatures only the image goes") {
  MemoryStore from;
  MemoryStore to;
  const auto sample = fill(from);
  const auto result =
      must(copy(from, sample.index.digest, to, {.tag = {}, .signatures = false, .progress = {}, .temp_dir = {}}));
  CHECK(result.referrers == 0);
  CHECK(result.manifests == 3);
  CHECK(to.manifest_count() == 3);
  CHECK(must(to.tags()).empty());
}

TEST_CASE("a second copy moves no blob and changes nothing") {
  MemoryStore from;
  MemoryStore to;
  const auto sample = fill(from);
  const auto first = must(copy(from, sample.index.digest, to, {.tag = "1", .progress = {}, .temp_dir = {}}));
  const auto blobs = to.blob_count();
  const auto second = must(copy(from, sample.index.digest, to, {.tag = "1", .progress = {}, .temp_dir = {}}));
  CHECK(second.blobs_copied == 0);
  CHECK(second.bytes_copied == 0);
  CHECK(second.blobs_present == first.blobs_copied);
  CHECK(to.blob_count() == blobs);
}

TEST_CASE("a copy that breaks off shows nothing, and resumes blob by blob") {
  MemoryStore from;
  MemoryStore to;
  const auto sample = fill(from);
  const auto last = Digest::of(as_bytes("layer of arm64"));
  to.fail_write_on = [&](std::string_view what) -> std::optional<Error> {
    if (what != last.text()) return std::nullopt;
    return Error(Outcome::unreachable, "connection lost");
  };
  const CopyOptions one{.tag = "1", .parallel = 1, .progress = {}, .temp_dir = {}};
  const auto broken = copy(from, sample.index.digest, to, one);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().kind() == Outcome::unreachable);
  CHECK(to.manifest_count() == 0);
  CHECK(must(to.tags()).empty());
  const auto before = to.blob_count();
  CHECK(before > 0);
  to.fail_write_on = {};
  const auto resumed = must(copy(from, sample.index.digest, to, one));
  CHECK(resumed.blobs_present >= before);
  check_copied(to, sample);
}

TEST_CASE("the tag is set last, after the signatures") {
  MemoryStore from;
  MemoryStore to;
  const auto sample = fill(from);
  to.fail_write_on = [&](std::string_view what) -> std::optional<Error> {
    if (!what.ends_with(".att")) return std::nullopt;
    return Error(Outcome::unauthorized, "denied");
  };
  CHECK(copy(from, sample.index.digest, to, {.tag = "1", .progress = {}, .temp_dir = {}}).error().kind() ==
        Outcome::unauthorized);
  CHECK_FALSE(to.resolve("1"));
}

TEST_CASE("signatures that the destination has of its own are kept") {
  MemoryStore from;
  MemoryStore to;
  const auto image = put_image(from, "amd64", "1");
  put_image(to, "amd64", "1");
  add_signatures(from, image.digest, ".sig", "theirs");
  add_signatures(to, image.digest, ".sig", "ours");
  must(copy(from, image.digest, to, {.tag = {}, .progress = {}, .temp_dir = {}}));
  const auto merged = must(oci::Manifest::parse(must(to.manifest(image.digest.tag() + ".sig"))));
  REQUIRE(merged.layers.size() == 2);
  CHECK(merged.layers[0].digest == Digest::of(as_bytes("layer of ours")));
  CHECK(merged.layers[1].digest == Digest::of(as_bytes("layer of theirs")));
}

TEST_CASE("a listing that is not complete fails the copy instead of losing signatures") {
  MemoryStore from;
  MemoryStore to;
  const auto sample = fill(from);
  SECTION("cut short") {
    from.edit_referrers = [](Referrers& listed) { listed.incomplete = Error(Outcome::throttled, "429 on page 2"); };
    const auto copied = copy(from, sample.index.digest, to, {.tag = "1", .progress = {}, .temp_dir = {}});
    CHECK(copied.error().kind() == Outcome::throttled);
    CHECK_THAT(copied.error().message(), Catch::Contains("429 on page 2"));
    CHECK_FALSE(to.resolve("1"));
  }
  SECTION("a lookup of a tag that failed") {
    from.fail_on = [](std::string_view what) -> std::optional<Error> {
      if (!what.ends_with(".sig")) return std::nullopt;
      return Error(Outcome::unreachable, "503");
    };
    CHECK(copy(from, sample.index.digest, to, {.tag = "1", .progress = {}, .temp_dir = {}}).error().kind() ==
          Outcome::unreachable);
  }
}

TEST_CASE("a copy replaces what holds other bytes at the destination [attack 28]") {
  const TemporaryFolder folder;
  MemoryStore from;
  const auto image = put_image(from, "amd64", "1");
  const auto layer = Digest::of(as_bytes("layer of amd64"));
  folder.put("l/blobs/sha256/" + layer.hex(), "LAYER of amd64");
  folder.put("l/index.json", R"({"schemaVersion":2,"manifests":[]})");
  const auto to = must(open_layout(folder / "l", OpenMode::write));
  const auto result = must(copy(from, image.digest, *to, {.tag = "1", .progress = {}, .temp_dir = {}}));
  CHECK(result.blobs_present == 0);
  CHECK(result.blobs_copied == 2);
  CHECK(oci::check_content(*to, image.digest));
  CHECK(must(copy(from, image.digest, *to, {.tag = "1", .progress = {}, .temp_dir = {}})).blobs_present == 2);
}

TEST_CASE("a broken referrer is named and left behind, the others go") {
  MemoryStore from;
  MemoryStore to;
  const auto sample = fill(from);
  SECTION("missing") {
    from.fail_on = [&](std::string_view what) -> std::optional<Error> {
      if (what != sample.note.descriptor.digest.text()) return std::nullopt;
      return Error(Outcome::not_found, "no such manifest");
    };
  }
  SECTION("changed") { from.corrupt(sample.note.descriptor.digest, to_bytes("{}")); }
  const auto result = must(copy(from, sample.index.digest, to, {.tag = "1", .progress = {}, .temp_dir = {}}));
  REQUIRE(result.skipped.size() == 1);
  CHECK_THAT(result.skipped[0], Catch::Contains(sample.note.descriptor.digest.text()));
  CHECK(result.referrers == 1);
  CHECK(must(to.resolve("1")).digest == sample.index.digest);
}

TEST_CASE("a manifest that is listed but refers to something else is left behind") {
  MemoryStore from;
  MemoryStore to;
  const auto image = put_image(from, "amd64", "1");
  const auto other = put_image(from, "arm64", "2");
  from.edit_referrers = [&](Referrers& listed) { listed.descriptors = {other}; };
  const auto result = must(copy(from, image.digest, to, {.tag = {}, .progress = {}, .temp_dir = {}}));
  REQUIRE(result.skipped.size() == 1);
  CHECK_THAT(result.skipped[0], Catch::Contains("but does not"));
}

TEST_CASE("a changed or missing blob of the image fails the copy [attack 14]") {
  MemoryStore from;
  MemoryStore to;
  const auto sample = fill(from);
  const auto layer = Digest::of(as_bytes("layer of arm64"));
  SECTION("changed") {
    from.corrupt(layer, to_bytes("LAYER of arm64"));
    CHECK(copy(from, sample.index.digest, to, {.tag = "1", .progress = {}, .temp_dir = {}}).error().kind() ==
          Outcome::malformed);
  }
  SECTION("missing") {
    from.remove(layer);
    CHECK(copy(from, sample.index.digest, to, {.tag = "1", .progress = {}, .temp_dir = {}}).error().kind() ==
          Outcome::not_found);
  }
  CHECK(to.manifest_count() == 0);
}

TEST_CASE("a layer that lies elsewhere is not fetched [attack 32]") {
  MemoryStore from;
  MemoryStore to;
  auto manifest = image_of(from, "amd64");
  manifest.layers.push_back(
      {"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Digest::of(as_bytes("x")), 1});
  const auto image = from.add_manifest(oci::media_type::kManifest, manifest.to_json());
  CHECK(copy(from, image.digest, to, {.tag = "1", .progress = {}, .temp_dir = {}}));
  CHECK_FALSE(must(to.has_blob(manifest.layers.back())));
}

TEST_CASE("a store that would rename an image refuses it: the digest stays, or nothing is copied") {
  MemoryStore from;
  MemoryStore to("oci:elsewhere");
  const auto image = put_image(from, "amd64");
  const auto content = must(from.manifest(image.digest));
  const auto named = Digest::of(content.bytes, DigestAlgorithm::sha512);  // too long for cosign's tags, too
  from.manifest_instead = [&](std::string_view what) -> std::optional<Content> {
    if (what != named.text()) return std::nullopt;
    return Content{{image.media_type, named, image.size}, content.bytes};
  };
  const auto copied = copy(from, named, to, {.tag = "1"});
  REQUIRE_FALSE(copied);
  CHECK(copied.error().kind() == Outcome::usage);
  CHECK_THAT(copied.error().message(), Catch::Contains("oci:elsewhere keeps " + named.text()));
  CHECK_FALSE(to.manifest("1"));
}

TEST_CASE("a large blob passes through a file and arrives whole") {
  const TemporaryFolder folder;
  MemoryStore from;
  const std::string large(limits::copy_memory_bytes * 3 + 7, 'x');
  auto manifest = image_of(from, "amd64");
  manifest.layers.push_back(put_text(from, "application/x", large));
  const auto image = from.add_manifest(oci::media_type::kManifest, manifest.to_json());
  const auto to = must(open_layout(folder / "l", OpenMode::write));
  const auto result = must(copy(from, image.digest, *to, {.tag = {}, .progress = {}, .temp_dir = folder.path()}));
  CHECK(oci::check_content(*to, image.digest));
  CHECK(result.bytes_copied > large.size());
  CHECK(folder.count() == 1);
  const auto no_room = copy(from, image.digest, *must(open_layout(folder / "m", OpenMode::write)),
                            {.tag = {}, .progress = {}, .temp_dir = folder / "none"});
  CHECK_THAT(no_room.error().message(), Catch::Contains("no temporary file"));
}

TEST_CASE("progress counts up to its total, one call at a time") {
  MemoryStore from;
  MemoryStore to;
  const auto sample = fill(from);
  CopyProgress last;
  std::atomic<int> inside = 0;
  bool alone = true;
  const auto result = must(copy(from, sample.index.digest, to,
                                {.tag = {},
                                 .parallel = 4,
                                 .progress =
                                     [&](const CopyProgress& progress) {
                                       alone = alone && ++inside == 1;
                                       CHECK(progress.blobs_done >= last.blobs_done);
                                       last = progress;
                                       --inside;
                                     },
                                 .temp_dir = {}}));
  CHECK(alone);
  CHECK(last.blobs_done == last.blobs_total);
  CHECK(last.bytes_done == last.bytes_total);
  CHECK(last.blobs_total == result.blobs_copied);
}

TEST_CASE("a blob that two images share is moved once") {
  MemoryStore from;
  MemoryStore to;
  const auto one = image_of(from, "amd64");
  auto two = image_of(from, "arm64");
  two.layers = one.layers;
  const auto index = put_index(from, {from.add_manifest(oci::media_type::kManifest, one.to_json()),
                                      from.add_manifest(oci::media_type::kManifest, two.to_json())});
  CHECK(must(copy(from, index.digest, to, {.tag = {}, .progress = {}, .temp_dir = {}})).blobs_copied == 3);
}

TEST_CASE("where blobs can be mounted no byte moves") {
  struct Mounting final : MemoryStore {
    ContentStore* from = nullptr;
    Result<bool> mount_blob(const Descriptor& blob, const ContentStore& source) override {
      if (&source != from) return false;
      const auto bytes = from->blob(blob, 1 << 20);
      if (!bytes) return fail(bytes.error());
      add_blob(blob.media_type, *bytes);
      return true;
    }
  };
  MemoryStore from;
  Mounting to;
  to.from = &from;
  const auto image = put_image(from, "amd64", "1");
  const auto result = must(copy(from, image.digest, to, {.tag = "1", .progress = {}, .temp_dir = {}}));
  CHECK(result.blobs_copied == 2);
  CHECK(result.bytes_copied == 0);
  CHECK(oci::check_content(to, image.digest));
}
