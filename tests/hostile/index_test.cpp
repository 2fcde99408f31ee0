// Indexes that do not hold what they promise.
#include <catch2/catch.hpp>

#include "hostile/stage.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

std::string entry(const Descriptor& child, const std::string& platform = {}) {
  std::string text = R"({"mediaType":")" + child.media_type + R"(","digest":")" + child.digest.text() + R"(","size":)" +
                     std::to_string(child.size);
  if (!platform.empty()) text += ",\"platform\":" + platform;
  return text + "}";
}

Descriptor add_index(Stage& stage, const std::string& entries) {
  return stage.honest().add_manifest(
      "shop/api", kIndexType,
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" + entries + "]}");
}

}  // namespace

TEST_CASE("a platform that an index lacks, or has twice, is refused with what there is [attack 42]") {
  Stage stage;
  const Descriptor one = stage.add_image("one", "");
  const Descriptor two = stage.add_image("two", "");
  const std::string amd64 = R"({"os":"linux","architecture":"amd64"})";
  const std::string v7 = R"({"os":"linux","architecture":"arm","variant":"v7"})";
  const std::string v6 = R"({"os":"linux","architecture":"arm","variant":"v6"})";
  struct Case {
    std::string entries;
    const char* platform;
    Outcome outcome;
    const char* words;
  };
  const std::vector<Case> cases{
      {entry(one, amd64), "linux/s390x", Outcome::not_found, "linux/amd64"},
      {"", "linux/amd64", Outcome::not_found, "linux/amd64"},
      {entry(one, amd64) + "," + entry(two, amd64), "linux/amd64", Outcome::malformed, "linux/amd64"},
      {entry(one, v7) + "," + entry(two, v6), "linux/arm", Outcome::malformed, "linux/arm"},
  };
  for (const auto& one_case : cases) {
    CAPTURE(one_case.platform, one_case.entries);
    const Descriptor index = add_index(stage, one_case.entries);
    const Told answer = told(stage.verify(index.digest, {.platform = Platform::parse(one_case.platform).value()}));
    CHECK_FALSE(answer.admitted);
    CHECK((answer.outcome == one_case.outcome || answer.outcome == Outcome::usage));
    CHECK_THAT(answer.words, Catch::Contains(one_case.words));
  }
}

TEST_CASE("an index nested too deep, with a missing child or a child of other bytes is refused [attack 42]") {
  Stage stage;
  const Descriptor image = stage.add_image("leaf", "");
  SECTION("nested 4 deep") {
    Descriptor nested = image;
    for (int i = 0; i < 4; ++i) nested = add_index(stage, entry(nested));
    check_refused(stage.verify(nested.digest, {.recursive = true}), Outcome::malformed, "nested more than 3 deep");
  }
  SECTION("missing child") {
    const Descriptor index = add_index(stage, entry(image));
    stage.honest().remove_manifest("shop/api", image.digest.text());
    check_refused(stage.verify(index.digest, {.recursive = true}), Outcome::not_found, image.digest.text());
  }
  SECTION("child of other bytes") {
    const Descriptor index = add_index(stage, entry(image));
    stage.honest().corrupt("shop/api", image.digest.text(), "{}");
    check_refused(stage.verify(index.digest, {.recursive = true}), Outcome::malformed, "but the bytes are");
  }
  SECTION("one unsigned child") {
    const Descriptor index = add_index(stage, entry(image) + "," + entry(stage.image));
    REQUIRE(stage.sign(Format::bundle, index.digest));
    REQUIRE(stage.sign(Format::bundle, image.digest));
    check_refused(stage.verify(index.digest, {.recursive = true}), Outcome::unsigned_, stage.image.digest.text());
    REQUIRE(stage.sign(Format::bundle, stage.image.digest));
    check_verified(stage.verify(index.digest, {.recursive = true}));
  }
}

TEST_CASE("an index that a registry makes a circle of ends [attack 42]") {
  // A circle by digest cannot be made; a registry can only answer as if there were one, and that is other bytes.
  Stage stage;
  const Descriptor inner = add_index(stage, entry(stage.image));
  const Descriptor outer = add_index(stage, entry(inner));
  const std::string outer_json = stage.honest().manifest("shop/api", outer.digest.text()).value();
  stage.registry.change("GET", "/manifests/" + inner.digest.text(),
                        [&](const Call&, Reply& reply) { reply.body = outer_json; });
  const Stopwatch watch;
  check_refused(stage.verify(outer.digest, {.recursive = true}), Outcome::malformed, "but the bytes are");
  watch.check_bounded();
}
