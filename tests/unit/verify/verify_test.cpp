#include "hallmark/verify.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "oci/media_type.h"
#include "support/signed_image.h"
#include "unit/verify/signers.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

// The check that refused the finding, or "".
std::string refused_by(const Finding& finding) {
  const auto at = std::ranges::find(finding.checks, Check::State::failed, &Check::state);
  return at == finding.checks.end() ? "" : at->name;
}

}  // namespace

TEST_CASE("an image signed by the key given is verified, in each format") {
  MemoryStore store;
  const auto image = add_image(store);
  const auto format = GENERATE(Format::bundle, Format::simple);
  if (format == Format::bundle) {
    attach_bundle(store, image, release(), {.annotations = {{"stage", "prod"}}});
  } else {
    attach_simple(store, image.digest, release(), {.annotations = {{"stage", "prod"}}});
  }
  const auto verdict = verify(store, image.digest, by(release()));
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::verified);
  CHECK(verdict->admitted);
  CHECK(verdict->digest == image.digest);
  CHECK(verdict->reference == "registry.example/shop/api@" + image.digest.text());
  CHECK(verdict->reason.empty());
  REQUIRE(verdict->findings.size() == 1);
  const auto& finding = verdict->findings.front();
  CHECK(finding.format == format);
  CHECK(finding.key == release().public_key().id());
  CHECK(finding.outcome == Outcome::verified);
  CHECK(finding.annotations == Annotations{{"stage", "prod"}});
  std::vector<std::string> names;
  for (const auto& check : finding.checks) names.push_back(check.name);
  CHECK(names == std::vector<std::string>{"format", "signature", "type", "subject", "name", "annotations", "log"});
}

TEST_CASE("the requests by digest stay within the budget") {
  MemoryStore store;
  const auto image = add_image(store);
  auto options = by(release());
  SECTION("a bundle: listing, .sig tag, manifest, blob; one less with --format") {
    attach_bundle(store, image, release());
    REQUIRE(verify(store, image.digest, options)->admitted);
    CHECK(store.reads().total() == 4);
    store.reset_reads();
    options.format = Format::bundle;
    REQUIRE(verify(store, image.digest, options)->admitted);
    CHECK(store.reads().total() == 3);
  }
  SECTION("simple: listing, .sig tag, blob; one less with --format") {
    attach_simple(store, image.digest, release());
    store.reset_reads();
    REQUIRE(verify(store, image.digest, options)->admitted);
    CHECK(store.reads().total() == 3);
    store.reset_reads();
    options.format = Format::simple;
    REQUIRE(verify(store, image.digest, options)->admitted);
    CHECK(store.reads().total() == 2);
  }
  SECTION("an attestation listed first costs nothing") {
    attach_bundle(store, image, release(), {.predicate = "https://slsa.dev/provenance/v1"});
    attach_bundle(store, image, release());
    REQUIRE(verify(store, image.digest, options)->admitted);
    CHECK(store.reads().total() == 4);
  }
  const auto asked = store.reads().asked;
  CHECK(std::ranges::find(asked, image.digest.text()) == asked.end());  // the image itself is never fetched
}

TEST_CASE("nothing attached is unsigned, no image is not-found, and both were asked for") {
  MemoryStore store;
  const auto image = add_image(store);
  const auto verdict = verify(store, image.digest, by(release()));
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::unsigned_);
  CHECK_FALSE(verdict->admitted);
  CHECK(verdict->reason == "nothing signed this digest");
  CHECK_THAT(verdict->hint, Catch::Contains("hallmark sign"));

  const auto missing = verify(store, Digest::of(as_bytes("no such image")), by(release()));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind() == Outcome::not_found);
}

TEST_CASE("a format that was not looked for is not called missing") {
  MemoryStore store;
  const auto image = add_image(store);
  attach_bundle(store, image, release());
  auto options = by(release());
  options.format = Format::simple;
  const auto verdict = verify(store, image.digest, options);
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::unsigned_);
  CHECK(verdict->reason == "nothing signed this digest; only the format simple was looked for");
  CHECK(verdict->hint == "leave out --format to look for all of them");
}

TEST_CASE("attestations under cosign's .att tag are no signature, and the reason says that they are there") {
  MemoryStore store;
  const auto image = add_image(store);
  const std::string tag = image.digest.tag() + ".att";
  oci::Manifest manifest{std::string(oci::media_type::kManifest), {}, oci::empty_descriptor(), {}, {}, {}};
  for (const char* envelope : {"one", "two"}) {
    manifest.layers.push_back(store.add_blob("application/vnd.dsse.envelope.v1+json", as_bytes(envelope)));
  }
  store.add_manifest(oci::media_type::kManifest, manifest.to_json(), tag);
  SECTION("told") {
    const auto verdict = verify(store, image.digest, by(release()));
    REQUIRE(verdict);
    CHECK(verdict->outcome == Outcome::unsigned_);
    CHECK(verdict->reason == "no signature: 2 attestations attached, and an attestation is not a signature");
  }
  SECTION("where they lie apart from the image, too") {
    MemoryStore images;
    add_image(images);
    auto options = by(release());
    options.signatures = &store;
    CHECK_THAT(verify(images, image.digest, options)->reason, Catch::Contains("2 attestations"));
  }
  SECTION("not asked for where a signature was found") {
    attach_bundle(store, image, stranger());
    store.reset_reads();
    CHECK(verify(store, image.digest, by(release()))->outcome == Outcome::untrusted);
    const auto asked = store.reads().asked;
    CHECK(std::ranges::find(asked, tag) == asked.end());
  }
  SECTION("a look-up that fails changes nothing: no answer could have admitted") {
    store.fail_on = [&](std::string_view what) -> std::optional<Error> {
      if (what != tag) return std::nullopt;
      return Error(Outcome::unreachable, "timed out");
    };
    const auto verdict = verify(store, image.digest, by(release()));
    REQUIRE(verdict);
    CHECK(verdict->reason == "nothing signed this digest");
  }
}

TEST_CASE("a signature by another key is untrusted, in each format") {
  MemoryStore store;
  const auto image = add_image(store);
  SECTION("simple names no key: another key or altered, nobody can tell") {
    attach_simple(store, image.digest, stranger());
    const auto verdict = verify(store, image.digest, by(release()));
    CHECK(verdict->outcome == Outcome::untrusted);
    CHECK_THAT(verdict->reason, Catch::Contains("made by another key, or altered"));
    CHECK(refused_by(verdict->findings.at(0)) == "signature");
  }
  SECTION("a bundle names its key") {
    attach_bundle(store, image, stranger());
    const auto verdict = verify(store, image.digest, by(release()));
    CHECK(verdict->outcome == Outcome::untrusted);
    CHECK_THAT(verdict->reason, Catch::Contains(stranger().public_key().hint()));
    CHECK(verdict->findings.at(0).key == stranger().public_key().hint());
    CHECK(refused_by(verdict->findings.at(0)) == "signature");
  }
}

TEST_CASE("one good signature among broken and foreign ones suffices, wherever it stands [attack 43]") {
  MemoryStore store;
  const auto image = add_image(store);
  const auto good = GENERATE(range(0, 5));
  for (int i = 0; i < 5; ++i) {
    if (i == good) {
      attach_simple(store, image.digest, release());
    } else if (i % 2 == 0) {
      attach_simple(store, image.digest, stranger(), {.annotations = {{"i", std::to_string(i)}}});
    } else {
      attach_simple(store, image.digest, release(), {.edit_layer = [](Descriptor& layer) {
                      layer.annotations["dev.cosignproject.cosign/signature"] = "not base64!";
                    }});
    }
  }
  CHECK(verify(store, image.digest, by(release()))->admitted);
}

TEST_CASE("a failed lookup outranks every no, and never an admission [attack 43]") {
  MemoryStore store;
  const auto image = add_image(store);
  const auto kind = GENERATE(Outcome::unreachable, Outcome::unauthorized, Outcome::throttled, Outcome::malformed);
  const std::string failing = GENERATE("referrers", ".sig");
  store.fail_on = [&](std::string_view what) -> std::optional<Error> {
    if (what.find(failing) == std::string_view::npos) return std::nullopt;
    return Error(kind, "the registry is having a bad day");
  };
  if (failing == "referrers") {
    attach_simple(store, image.digest, stranger());
  } else {
    attach_bundle(store, image, stranger());
  }
  const auto refused = verify(store, image.digest, by(release()));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == kind);
  CHECK_THAT(refused.error().message(), Catch::Contains("a bad day"));
  if (failing == "referrers") {
    attach_simple(store, image.digest, release());
  } else {
    attach_bundle(store, image, release());
  }
  CHECK(verify(store, image.digest, by(release()))->admitted);
}

TEST_CASE("a list that is incomplete is never unsigned") {
  MemoryStore store;
  const auto image = add_image(store);
  store.edit_referrers = [](Referrers& listing) {
    listing.incomplete = Error(Outcome::malformed, "page 2 is no index");
  };
  const auto refused = verify(store, image.digest, by(release()));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == Outcome::malformed);
  attach_bundle(store, image, release());
  CHECK(verify(store, image.digest, by(release()))->admitted);
}

TEST_CASE("other bytes under a digest are malformed before they are parsed [attack 13] [attack 14]") {
  MemoryStore store;
  const auto image = add_image(store);
  const auto referrer = attach_bundle(store, image, release());
  SECTION("the manifest of a bundle, re-ordered or with more white space") {
    store.manifest_instead = [&](std::string_view what) -> std::optional<Content> {
      if (what != referrer.digest.text()) return std::nullopt;
      auto bytes = to_bytes("{ }");
      return Content{{referrer.media_type, referrer.digest, referrer.size}, std::move(bytes)};
    };
  }
  SECTION("its blob") {
    store.blob_instead = [](const Digest&) { return to_bytes("{\"mediaType\":\"x\"}"); };
  }
  const auto refused = verify(store, image.digest, by(release()));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == Outcome::malformed);
}

TEST_CASE("a referrer that is listed but gone is malformed, not not-found and not unsigned") {
  MemoryStore store;
  const auto image = add_image(store);
  const auto referrer = attach_bundle(store, image, release());
  store.fail_on = [&](std::string_view what) -> std::optional<Error> {
    if (what != referrer.digest.text()) return std::nullopt;
    return Error(Outcome::not_found, "no manifest");
  };
  const auto refused = verify(store, image.digest, by(release()));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == Outcome::malformed);
  CHECK_THAT(refused.error().message(), Catch::Contains("reading referrer " + referrer.digest.text()));
}

TEST_CASE("a tag is never read again: the digest decides [attack 15]") {
  MemoryStore store;
  const auto image = add_image(store);
  attach_bundle(store, image, release());
  REQUIRE(verify(store, image.digest, by(release()))->admitted);
  CHECK(store.reads().resolves == 0);
  for (const auto& asked : store.reads().asked) {
    CHECK((asked.starts_with("sha256:") || asked == image.digest.tag() + ".sig"));
  }
}

TEST_CASE("signatures may lie in another repository") {
  MemoryStore images;
  MemoryStore signatures("registry.example/signatures");
  const auto image = add_image(images);
  attach_bundle(signatures, image, release());
  auto options = by(release());
  CHECK(verify(images, image.digest, options)->outcome == Outcome::unsigned_);
  options.signatures = &signatures;
  CHECK(verify(images, image.digest, options)->admitted);
  CHECK(images.reads().manifests == 2);  // the tags `.sig` and `.att` of the first call
}

TEST_CASE("content is hashed where that is asked for, and a changed layer is malformed") {
  MemoryStore store;
  const auto image = add_image(store);
  attach_bundle(store, image, release());
  auto options = by(release());
  options.content = true;
  CHECK(verify(store, image.digest, options)->admitted);
  store.corrupt(Digest::of(as_bytes("layer of amd64")), to_bytes("layer of amd65"));
  const auto refused = verify(store, image.digest, options);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == Outcome::malformed);
  options.content = false;
  CHECK(verify(store, image.digest, options)->admitted);
}

TEST_CASE("wrong options are usage errors") {
  MemoryStore store;
  const auto image = add_image(store);
  CHECK(verify(store, image.digest, {}).error().kind() == Outcome::usage);
  auto options = by(release());
  options.recursive = true;
  options.platform = Platform{"linux", "amd64", ""};
  CHECK(verify(store, image.digest, options).error().kind() == Outcome::usage);
  CHECK(store.reads().total() == 0);
}
