#include "oci/image_walk.h"

#include <catch2/catch.hpp>

#include "base/limits.h"
#include "oci/manifest.h"
#include "oci/media_type.h"
#include "support/memory_store.h"

using namespace hallmark;
using test::MemoryStore;

namespace {

// An image whose configuration and layer hold `word`.
Descriptor add_image(MemoryStore& store, std::string_view word, std::string_view layer_type = "application/x-layer") {
  oci::Manifest manifest{
      .media_type = {},
      .artifact_type = {},
      .config = store.add_blob(oci::media_type::kConfig,
                               as_bytes(R"({"os":"linux","architecture":")" + std::string(word) + "\"}")),
      .layers = {store.add_blob(layer_type, as_bytes("layer of " + std::string(word)))},
      .subject = {},
      .annotations = {}};
  return store.add_manifest(oci::media_type::kManifest, manifest.to_json());
}

Descriptor of(Descriptor descriptor, std::string_view platform) {
  descriptor.platform = *Platform::parse(platform);
  return descriptor;
}

Descriptor add_index(MemoryStore& store, std::vector<Descriptor> manifests) {
  oci::Index index{
      .media_type = {}, .artifact_type = {}, .manifests = std::move(manifests), .subject = {}, .annotations = {}};
  return store.add_manifest(oci::media_type::kIndex, index.to_json());
}

}  // namespace

TEST_CASE("an image is walked parents first, each digest once") {
  MemoryStore store;
  const auto amd = of(add_image(store, "amd64"), "linux/amd64");
  const auto arm = of(add_image(store, "arm64"), "linux/arm64");
  const auto inner = add_index(store, {amd, arm});
  const auto root = add_index(store, {inner, amd});
  std::size_t visited = 0;
  const auto found = oci::walk_image(store, root.digest, {.visit = [&](const Content&) -> Result<void> {
                                       ++visited;
                                       return {};
                                     }});
  REQUIRE(found);
  REQUIRE(found->size() == 4);
  CHECK(found->at(0).digest == root.digest);
  CHECK(found->at(1).digest == inner.digest);
  CHECK(found->at(2) == amd);
  CHECK(found->at(3) == arm);
  CHECK(visited == 4);
  CHECK(store.reads().manifests == 4);
}

TEST_CASE("a single image is its own walk") {
  MemoryStore store;
  const auto image = add_image(store, "amd64");
  CHECK(oci::walk_image(store, image.digest)->size() == 1);
}

TEST_CASE("indexes three deep are walked, deeper ones refused [attack 42]") {
  MemoryStore store;
  const auto third = add_index(store, {add_image(store, "amd64")});
  const auto second = add_index(store, {third});
  const auto first = add_index(store, {second});
  CHECK(oci::walk_image(store, first.digest)->size() == 4);
  const auto root = add_index(store, {first});
  const auto walked = oci::walk_image(store, root.digest);
  REQUIRE_FALSE(walked);
  CHECK(walked.error().kind() == Outcome::malformed);
  CHECK_THAT(walked.error().message(), Catch::Contains("nested more than 3 deep"));
  const auto selected = oci::select_platform(store, root.digest, *Platform::parse("linux/amd64"));
  REQUIRE_FALSE(selected);
  CHECK_THAT(selected.error().message(), Catch::Contains("nested more than 3 deep"));
}

TEST_CASE("a cycle by digest ends at the digest check [attack 42]") {
  MemoryStore store;
  const auto root = add_index(store, {});
  oci::Index cycle{.media_type = {}, .artifact_type = {}, .manifests = {root}, .subject = {}, .annotations = {}};
  store.corrupt(root.digest, to_bytes(cycle.to_json()));
  const auto walked = oci::walk_image(store, root.digest);
  REQUIRE_FALSE(walked);
  CHECK(walked.error().kind() == Outcome::malformed);
  CHECK_THAT(walked.error().message(), Catch::Contains("holds other bytes"));
}

TEST_CASE("an index that is listed again and again is read once [attack 42]") {
  MemoryStore store;
  const auto amd = of(add_image(store, "amd64"), "linux/amd64");
  const auto inner = add_index(store, std::vector<Descriptor>(1'000, add_index(store, {amd})));
  const auto root = add_index(store, std::vector<Descriptor>(1'000, inner));
  const auto before = store.reads().manifests;
  CHECK(oci::select_platform(store, root.digest, *Platform::parse("linux/amd64"))->digest == amd.digest);
  CHECK(store.reads().manifests - before == 4);
  CHECK(oci::walk_image(store, root.digest)->size() == 4);
  CHECK(store.reads().manifests - before == 8);
}

TEST_CASE("an image of more manifests, or larger ones, than anybody makes is refused [attack 42]") {
  MemoryStore store;
  const auto fill = [](std::size_t count, std::uint64_t size, std::string_view type) {
    std::vector<Descriptor> children;
    for (std::size_t i = 0; i < count; ++i) {
      children.push_back({std::string(type), Digest::of(as_bytes(std::to_string(i) + std::string(type))), size});
      children.back().platform = Platform{"linux", "amd64", ""};
    }
    return children;
  };
  SECTION("spread over nested indexes") {
    const auto root = add_index(store, {add_index(store, fill(3'000, 1, "application/x-one")),
                                        add_index(store, fill(3'000, 1, "application/x-two"))});
    const auto walked = oci::walk_image(store, root.digest);
    REQUIRE_FALSE(walked);
    CHECK_THAT(walked.error().message(), Catch::Contains("more than 4096 manifests"));
  }
  SECTION("by the bytes that are promised, before any is read") {
    const auto type = GENERATE(oci::media_type::kManifest, oci::media_type::kIndex);
    const auto root = add_index(store, fill(17, limits::manifest_bytes, type));
    const auto walked = oci::walk_image(store, root.digest);
    REQUIRE_FALSE(walked);
    CHECK(walked.error().kind() == Outcome::malformed);
    CHECK_THAT(walked.error().message(), Catch::Contains("more than 64 MiB together"));
    CHECK(store.reads().manifests == 1);
  }
}

TEST_CASE("platforms are shown without what would move the cursor [attack 42]") {
  MemoryStore store;
  auto odd = add_image(store, "odd");
  odd.platform = Platform{"linux", "\x1b[2J", ""};
  const auto root = add_index(store, {odd});
  const auto selected = oci::select_platform(store, root.digest, *Platform::parse("linux/amd64"));
  REQUIRE_FALSE(selected);
  CHECK_THAT(selected.error().message(), Catch::Contains("linux/\\x1b[2J"));
}

TEST_CASE("a child that is not what its index says is refused [attack 42]") {
  MemoryStore store;
  const auto child = add_image(store, "amd64");
  SECTION("missing") {
    const auto root = add_index(store, {child});
    store.remove(child.digest);
    CHECK(oci::walk_image(store, root.digest).error().kind() == Outcome::not_found);
    CHECK(oci::walk_image(store, root.digest, {.visit = {}, .sparse = true})->size() == 1);
  }
  SECTION("other bytes") {
    const auto root = add_index(store, {child});
    store.corrupt(child.digest, to_bytes("{}"));
    CHECK(oci::walk_image(store, root.digest).error().kind() == Outcome::malformed);
  }
  SECTION("another size") {
    auto said = child;
    said.size += 1;
    const auto root = add_index(store, {said});
    CHECK_THAT(oci::walk_image(store, root.digest).error().message(), Catch::Contains("its index says"));
  }
  SECTION("another media type") {
    auto said = child;
    said.media_type = oci::media_type::kDockerManifest;
    const auto root = add_index(store, {said});
    const auto walked = oci::walk_image(store, root.digest);
    REQUIRE_FALSE(walked);
    CHECK(walked.error().kind() == Outcome::malformed);
    CHECK_THAT(walked.error().message(), Catch::Contains("announced as") || Catch::Contains("its index says"));
  }
  SECTION("an artifact of a type that is no manifest is covered by its digest and not read") {
    auto said = child;
    said.media_type = "application/x-artifact";
    const auto root = add_index(store, {said});
    CHECK(oci::walk_image(store, root.digest)->size() == 2);
  }
}

TEST_CASE("the manifest for a platform is found") {
  MemoryStore store;
  const auto amd = of(add_image(store, "amd64"), "linux/amd64");
  const auto arm = of(add_image(store, "arm64"), "linux/arm64/v8");
  auto attestation = of(add_image(store, "unknown"), "unknown/unknown");
  const auto root = add_index(store, {attestation, add_index(store, {amd}), arm});
  CHECK(oci::select_platform(store, root.digest, *Platform::parse("linux/amd64"))->digest == amd.digest);
  CHECK(oci::select_platform(store, root.digest, *Platform::parse("linux/arm64"))->digest == arm.digest);
  CHECK(oci::select_platform(store, root.digest, *Platform::parse("linux/arm64/v8"))->digest == arm.digest);
}

TEST_CASE("a platform that nothing or too much serves is refused with the list [attack 42]") {
  MemoryStore store;
  const auto v6 = of(add_image(store, "a"), "linux/arm/v6");
  const auto v7 = of(add_image(store, "b"), "linux/arm/v7");
  const auto root = add_index(store, {v6, v7});
  SECTION("nothing") {
    const auto selected = oci::select_platform(store, root.digest, *Platform::parse("linux/s390x"));
    REQUIRE_FALSE(selected);
    CHECK(selected.error().kind() == Outcome::not_found);
    CHECK_THAT(selected.error().message(), Catch::Contains("nothing for linux/s390x") &&
                                               Catch::Contains("linux/arm/v6") && Catch::Contains("linux/arm/v7"));
  }
  SECTION("a tie of variants") {
    const auto selected = oci::select_platform(store, root.digest, *Platform::parse("linux/arm"));
    REQUIRE_FALSE(selected);
    CHECK(selected.error().kind() == Outcome::malformed);
    CHECK_THAT(selected.error().message(), Catch::Contains("several manifests for linux/arm"));
    CHECK_THAT(selected.error().hint(), Catch::Contains("variant"));
    CHECK(oci::select_platform(store, root.digest, *Platform::parse("linux/arm/v6"))->digest == v6.digest);
  }
  SECTION("the same manifest twice is no tie; the exact variant stands first") {
    const auto plain = of(add_image(store, "c"), "linux/arm");
    const auto twice = add_index(store, {v6, v6, plain});
    CHECK(oci::select_platform(store, twice.digest, *Platform::parse("linux/arm/v6"))->digest == v6.digest);
    CHECK(oci::select_platform(store, twice.digest, *Platform::parse("linux/arm"))->digest == plain.digest);
  }
  SECTION("the chosen child is missing") {
    store.remove(v6.digest);
    CHECK(oci::select_platform(store, root.digest, *Platform::parse("linux/arm/v6")).error().kind() ==
          Outcome::not_found);
  }
}

TEST_CASE("a single image is chosen by what its configuration says") {
  MemoryStore store;
  const auto image = add_image(store, "amd64");
  CHECK(oci::select_platform(store, image.digest, *Platform::parse("linux/amd64"))->digest == image.digest);
  const auto other = oci::select_platform(store, image.digest, *Platform::parse("linux/arm64"));
  CHECK(other.error().kind() == Outcome::not_found);
  CHECK_THAT(other.error().message(), Catch::Contains("it has linux/amd64"));
}

TEST_CASE("every blob of an image is hashed") {
  MemoryStore store;
  const auto amd = add_image(store, "amd64");
  const auto arm = add_image(store, "arm64");
  const auto root = add_index(store, {amd, arm});
  const auto layer = Digest::of(as_bytes("layer of arm64"));
  CHECK(oci::check_content(store, root.digest));
  SECTION("a changed layer is malformed") {
    store.corrupt(layer, to_bytes("LAYER of arm64"));
    const auto checked = oci::check_content(store, root.digest);
    CHECK(checked.error().kind() == Outcome::malformed);
    CHECK_THAT(checked.error().message(), Catch::Contains(layer.text()));
  }
  SECTION("a missing layer is not found") {
    store.remove(layer);
    CHECK(oci::check_content(store, root.digest).error().kind() == Outcome::not_found);
  }
  SECTION("a platform that is not there is left out") {
    store.remove(arm.digest);
    CHECK(oci::check_content(store, root.digest));
  }
}

TEST_CASE("a layer that may not be distributed may be absent, and is not fetched from elsewhere [attack 32]") {
  MemoryStore store;
  const auto image = add_image(store, "amd64", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
  const auto layer = Digest::of(as_bytes("layer of amd64"));
  store.remove(layer);
  CHECK(oci::check_content(store, image.digest));
}
