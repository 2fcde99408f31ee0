// A mirror that is behind the registry: what it lists may satisfy, what it lacks says nothing.
#include <catch2/catch.hpp>

#include "base/limits.h"
#include "hallmark/inspect.h"
#include "support/signed_image.h"
#include "unit/verify/signers.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

using Attach = void (*)(MemoryStore&, const Descriptor&, Signer&);

void bundle(MemoryStore& store, const Descriptor& image, Signer& signer) { attach_bundle(store, image, signer); }
void simple(MemoryStore& store, const Descriptor& image, Signer& signer) { attach_simple(store, image.digest, signer); }

struct Mirrored {
  Mirrored() {
    add_image(registry);
    mirror.registry = &registry;
  }
  // As the registry had it when the mirror last looked.
  void both(Attach attach, Signer& signer) {
    attach(registry, image, signer);
    const std::string tag = image.digest.tag() + ".sig";
    if (const auto tagged = registry.manifest(tag)) hold(*tagged, tag);
    const auto listing = registry.referrers(image.digest, "");
    for (const Descriptor& listed : listing->descriptors) hold(*registry.manifest(listed.digest), "");
  }
  void hold(const Content& content, const std::string& tag) {
    const auto manifest = oci::Manifest::parse(content);
    for (const Descriptor& layer : manifest->layers)
      mirror.add_blob(layer.media_type, *registry.blob(layer, limits::payload_bytes));
    mirror.add_manifest(content.descriptor.media_type, as_text(content.bytes), tag);
  }
  Result<Verdict> verify(VerifyOptions options = by(release())) {
    registry.reset_reads();
    mirror.reset_reads();
    return hallmark::verify(mirror, image.digest, options);
  }
  MemoryStore registry{"registry"};
  MemoryStore mirror{"mirror"};
  Descriptor image = add_image(mirror);
};

}  // namespace

TEST_CASE("a mirror's old list hides no newer signature [attack 43]") {
  const auto attach = GENERATE(&bundle, &simple);
  Mirrored stage;
  stage.both(attach, stranger());
  CHECK(stage.verify()->outcome == Outcome::untrusted);
  attach(stage.registry, stage.image, release());
  const auto verdict = stage.verify();
  REQUIRE(verdict);
  CHECK(verdict->admitted);
  CHECK(verdict->findings.size() == 2);  // the first was not told twice
  CHECK(stage.registry.reads().referrers == 1);
}

TEST_CASE("with --format alone a mirror's old list hides nothing either [attack 43]") {
  const bool simple_format = GENERATE(true, false);
  Mirrored stage;
  stage.both(simple_format ? simple : bundle, stranger());
  (simple_format ? simple : bundle)(stage.registry, stage.image, release());
  auto options = by(release());
  options.format = simple_format ? Format::simple : Format::bundle;
  CHECK(stage.verify(options)->admitted);
}

TEST_CASE("a mirror whose list satisfies is enough: the registry is not asked") {
  const auto attach = GENERATE(&bundle, &simple);
  Mirrored stage;
  stage.both(attach, release());
  CHECK(stage.verify()->admitted);
  CHECK(stage.registry.reads().total() == 0);
}

TEST_CASE("what a mirror listed and was read is not read again") {
  Mirrored stage;
  stage.both(bundle, stranger());
  stage.both(simple, stranger());
  CHECK(stage.verify()->outcome == Outcome::untrusted);
  CHECK(stage.registry.reads().referrers == 1);
  CHECK(stage.registry.reads().manifests == 1);  // the `.sig` tag
  CHECK(stage.registry.reads().blobs == 0);
}

TEST_CASE("no registry, no \"no\": a mirror's list alone refuses with the outcome of the lookup that failed") {
  Mirrored stage;
  stage.both(bundle, stranger());
  stage.registry.fail_on = [](std::string_view) {
    return std::optional(Error(Outcome::unreachable, "connection refused"));
  };
  const auto verdict = stage.verify();
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().kind() == Outcome::unreachable);
  CHECK_THAT(verdict.error().message(),
             Catch::Contains("no signature that a mirror lists suffices; asking the registry "
                             "itself: "));
}

TEST_CASE("a mirror's broken words are no failure once the registry itself has answered") {
  Mirrored stage;
  stage.both(bundle, stranger());
  SECTION("a list that it could not give to its end") {
    stage.mirror.edit_referrers = [](Referrers& listing) {
      listing.incomplete = Error(Outcome::unreachable, "page 2");
    };
  }
  SECTION("a referrer that is gone") {
    const auto gone = attach_bundle(stage.mirror, stage.image, stranger(), {.annotations = {{"gone", "yes"}}});
    stage.mirror.fail_on = [gone](std::string_view what) -> std::optional<Error> {
      if (what != gone.digest.text()) return std::nullopt;
      return Error(Outcome::not_found, "gone");
    };
  }
  SECTION("a tag that holds no manifest") {
    stage.mirror.add_manifest("application/vnd.oci.image.index.v1+json", R"({"schemaVersion":2,"manifests":[]})",
                              stage.image.digest.tag() + ".sig");
  }
  SECTION("more junk than is looked at") {
    for (std::size_t i = 0; i < limits::signature_candidates; ++i) {
      attach_bundle(stage.mirror, stage.image, stranger(), {.annotations = {{"i", std::to_string(i)}}});
    }
  }
  const auto refused = stage.verify();
  REQUIRE(refused);
  CHECK(refused->outcome == Outcome::untrusted);
  CHECK(refused->findings.size() == 1);
  bundle(stage.registry, stage.image, release());
  CHECK(stage.verify()->admitted);
}

TEST_CASE("inspect shows the registry's own list") {
  Mirrored stage;
  stage.both(bundle, stranger());
  stage.both(simple, stranger());
  bundle(stage.registry, stage.image, release());
  simple(stage.registry, stage.image, release());
  const auto found = inspect(stage.mirror, stage.image.digest);
  REQUIRE(found);
  CHECK(found->attached.size() == 4);
  CHECK(found->problems.empty());
}
