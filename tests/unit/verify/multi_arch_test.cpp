// --recursive and --platform.
#include <catch2/catch.hpp>

#include "hallmark/verify.h"
#include "oci/media_type.h"
#include "support/signed_image.h"
#include "support/test_signer.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

TestSigner& release() {
  static auto signer = TestSigner::generate();
  return signer;
}

struct MultiArch {
  MemoryStore store;
  Descriptor amd = add_image(store, "amd64");
  Descriptor arm = add_image(store, "arm64");
  Descriptor index = add_index(store, {with(amd, "amd64"), with(arm, "arm64")});

  static Descriptor with(Descriptor descriptor, const std::string& architecture) {
    descriptor.platform = Platform{"linux", architecture, ""};
    return descriptor;
  }
  [[nodiscard]] static VerifyOptions options() {
    VerifyOptions options;
    options.keys = {release().public_key()};
    return options;
  }
};

}  // namespace

TEST_CASE("a signature of the index says nothing of a child, nor a child's of the index [attack 39]") {
  MultiArch image;
  attach_bundle(image.store, image.index, release());
  CHECK(verify(image.store, image.index.digest, MultiArch::options())->admitted);
  CHECK(verify(image.store, image.amd.digest, MultiArch::options())->outcome == Outcome::unsigned_);

  MultiArch other;
  attach_bundle(other.store, other.amd, release());
  CHECK(verify(other.store, other.amd.digest, MultiArch::options())->admitted);
  CHECK(verify(other.store, other.index.digest, MultiArch::options())->outcome == Outcome::unsigned_);
}

TEST_CASE("--recursive wants the index and every manifest below it signed [attack 42]") {
  MultiArch image;
  auto options = MultiArch::options();
  options.recursive = true;
  attach_bundle(image.store, image.index, release());
  attach_bundle(image.store, image.amd, release());
  auto verdict = verify(image.store, image.index.digest, options);
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::unsigned_);
  CHECK_FALSE(verdict->admitted);
  CHECK_THAT(verdict->reason, Catch::Contains(image.arm.digest.text() + " (linux/arm64)"));
  CHECK(verdict->children.size() == 2);

  attach_simple(image.store, image.arm.digest, release());
  verdict = verify(image.store, image.index.digest, options);
  REQUIRE(verdict);
  CHECK(verdict->admitted);
  CHECK(verdict->digest == image.index.digest);
  REQUIRE(verdict->children.size() == 2);
  CHECK(verdict->children[0].platform->text() == "linux/amd64");
  CHECK(verdict->children[0].admitted);
}

TEST_CASE("--recursive tells the first outcome by precedence") {
  MultiArch image;
  auto options = MultiArch::options();
  options.recursive = true;
  auto stranger = TestSigner::generate();
  attach_bundle(image.store, image.amd, stranger);
  const auto verdict = verify(image.store, image.index.digest, options);
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::untrusted);  // amd64 by a stranger; the index and arm64 are unsigned

  image.store.fail_on = [&](std::string_view what) -> std::optional<Error> {
    if (what != "referrers:" + image.arm.digest.text()) return std::nullopt;
    return Error(Outcome::unreachable, "timed out");
  };
  const auto refused = verify(image.store, image.index.digest, options);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == Outcome::unreachable);
}

TEST_CASE("--recursive refuses a missing or changed child and endless nesting [attack 42]") {
  MultiArch image;
  auto options = MultiArch::options();
  options.recursive = true;
  for (const auto& one : {image.index, image.amd, image.arm}) attach_bundle(image.store, one, release());
  SECTION("missing") {
    image.store.remove(image.arm.digest);
    CHECK(verify(image.store, image.index.digest, options).error().kind() == Outcome::not_found);
  }
  SECTION("changed") {
    image.store.corrupt(image.arm.digest, to_bytes("{}"));
    CHECK(verify(image.store, image.index.digest, options).error().kind() == Outcome::malformed);
  }
  SECTION("an index in an index in an index in an index") {
    auto root = image.index;
    for (int i = 0; i < 4; ++i) root = add_index(image.store, {root});
    const auto refused = verify(image.store, root.digest, options);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind() == Outcome::malformed);
    CHECK_THAT(refused.error().message(), Catch::Contains("nested"));
  }
}

TEST_CASE("--recursive refuses an index that lists a schema 1 document, signed or not [attack 16]") {
  MultiArch image;
  auto options = MultiArch::options();
  options.recursive = true;
  auto old = image.arm;
  old.media_type = GENERATE("application/vnd.docker.distribution.manifest.v1+json",
                            "application/vnd.docker.distribution.manifest.v1+prettyjws");
  const auto index = add_index(image.store, {image.amd, old});
  for (const auto& one : {index, image.amd}) attach_bundle(image.store, one, release());
  const auto refused = verify(image.store, index.digest, options);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == Outcome::malformed);
  CHECK_THAT(refused.error().message(), Catch::Contains(old.digest.text() + ": docker schema 1"));
  CHECK_THAT(refused.error().hint(), Catch::Contains("push the image again"));
}

TEST_CASE("--recursive verifies what was asked for, whatever its type, and never nothing [attack 16]") {
  MemoryStore store;
  auto options = MultiArch::options();
  options.recursive = true;
  const auto odd = store.add_manifest("application/vnd.acme.thing+json",
                                      R"({"schemaVersion":2,"mediaType":"application/vnd.acme.thing+json"})");
  auto verdict = verify(store, odd.digest, options);
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::unsigned_);
  CHECK_FALSE(verdict->admitted);
  attach_bundle(store, odd, release());
  verdict = verify(store, odd.digest, options);
  REQUIRE(verdict);
  CHECK(verdict->admitted);
  CHECK(verdict->findings.size() == 1);
}

TEST_CASE("--platform verifies the one manifest and names its digest") {
  MultiArch image;
  auto options = MultiArch::options();
  options.platform = Platform{"linux", "arm64", ""};
  attach_bundle(image.store, image.index, release());
  auto verdict = verify(image.store, image.index.digest, options);
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::unsigned_);
  attach_bundle(image.store, image.arm, release());
  verdict = verify(image.store, image.index.digest, options);
  REQUIRE(verdict);
  CHECK(verdict->admitted);
  CHECK(verdict->digest == image.arm.digest);
  CHECK(verdict->reference == "registry.example/shop/api@" + image.index.digest.text());
  REQUIRE(verdict->children.size() == 1);
  CHECK(verdict->children[0].platform->text() == "linux/arm64");
}

TEST_CASE("--platform without a match, or with two, is refused [attack 42]") {
  MultiArch image;
  auto options = MultiArch::options();
  options.platform = Platform{"linux", "s390x", ""};
  const auto none = verify(image.store, image.index.digest, options);
  REQUIRE_FALSE(none);
  CHECK(none.error().kind() == Outcome::not_found);
  const auto twice = add_index(image.store, {MultiArch::with(image.amd, "amd64"), MultiArch::with(image.arm, "amd64")});
  options.platform = Platform{"linux", "amd64", ""};
  CHECK(verify(image.store, twice.digest, options).error().kind() == Outcome::malformed);
}
