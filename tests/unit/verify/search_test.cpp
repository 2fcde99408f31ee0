// Good signatures among junk: found within limits, and never found where there is none.
#include "verify/search.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "base/limits.h"
#include "formats/bundle.h"
#include "formats/simple_signing.h"
#include "oci/media_type.h"
#include "support/signed_image.h"
#include "unit/verify/signers.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

VerifyOptions options() {
  VerifyOptions options;
  options.keys = {release().public_key()};
  return options;
}

// A referrer that is no signature, but may be one by the words of its listing.
Descriptor attach_junk(MemoryStore& store, const Descriptor& subject, int number, const std::string& artifact_type) {
  const auto layer = store.add_blob(artifact_type, as_bytes("junk " + std::to_string(number)));
  const oci::Manifest manifest{std::string(oci::media_type::kManifest),
                               artifact_type,
                               oci::empty_descriptor(),
                               {layer},
                               Descriptor{subject.media_type, subject.digest, subject.size},
                               {}};
  return store.add_manifest(oci::media_type::kManifest, manifest.to_json());
}

// One candidate of a kind chosen by chance; none satisfies.
void attach_any_junk(MemoryStore& store, const Descriptor& subject, int number, std::mt19937& chance) {
  const auto other = Digest::of(as_bytes("other " + std::to_string(number)));
  const Annotations unique{{"number", std::to_string(number)}};
  switch (chance() % 8) {
    case 0:
      attach_bundle(store, subject, stranger(), {.annotations = unique});
      return;
    case 1:
      attach_bundle(store, subject, release(), {.annotations = unique, .claimed = other});
      return;
    case 2:
      attach_bundle(store, subject, release(), {.annotations = unique, .predicate = "https://slsa.dev/provenance/v1"});
      return;
    case 3:
      attach_bundle(store, subject, release(), {.annotations = unique, .edit_bundle = [](std::string& bundle) {
                                                  bundle[bundle.size() / 2] ^= 1;
                                                }});
      return;
    case 4:
      attach_simple(store, subject.digest, stranger(), {.annotations = unique});
      return;
    case 5:
      attach_simple(store, subject.digest, release(), {.annotations = unique, .claimed = other});
      return;
    case 6:
      attach_simple(store, subject.digest, release(),
                    {.annotations = unique, .edit_layer = [](Descriptor& layer) { layer.annotations.clear(); }});
      return;
    default:
      attach_junk(store, subject, number, "application/spdx+json");
  }
}

}  // namespace

TEST_CASE("a good signature among candidates of every kind is found; without it nothing is admitted [attack 43]") {
  const auto seed = GENERATE(range(1U, 25U));
  CAPTURE(seed);
  std::mt19937 chance(seed);
  MemoryStore with("with");
  MemoryStore without("without");
  const auto image = add_image(with);
  add_image(without);
  const int count = static_cast<int>(chance() % 40);
  const int good = static_cast<int>(chance() % static_cast<unsigned>(count + 1));
  const bool bundle = chance() % 2 == 0;
  for (int i = 0; i <= count; ++i) {
    if (i == good) {
      if (bundle) {
        attach_bundle(with, image, release());
      } else {
        attach_simple(with, image.digest, release());
      }
    }
    auto same = chance;
    attach_any_junk(with, image, i, chance);
    attach_any_junk(without, image, i, same);
  }
  const auto shuffle = [&](Referrers& listing) { std::ranges::shuffle(listing.descriptors, chance); };
  with.edit_referrers = shuffle;
  without.edit_referrers = shuffle;
  auto wanted = options();
  wanted.parallel = 1 + chance() % 9;
  const auto found = verify(with, image.digest, wanted);
  REQUIRE(found);
  CHECK(found->admitted);
  const auto missing = verify(without, image.digest, wanted);
  CHECK((!missing || !missing->admitted));
}

TEST_CASE("200 junk .sig layers before the good one are no obstacle [attack 20]") {
  MemoryStore store;
  const auto image = add_image(store);
  std::vector<Descriptor> layers;
  for (int i = 0; i < 200; ++i) {
    layers.push_back(simple_layer(store, image.digest, stranger(), {.annotations = {{"i", std::to_string(i)}}}));
  }
  layers.push_back(simple_layer(store, image.digest, release()));
  put_simple(store, image.digest, layers);
  const auto verdict = verify(store, image.digest, options());
  REQUIRE(verdict);
  CHECK(verdict->admitted);
  CHECK(store.reads().total() <= 2 + 201);
}

TEST_CASE("signatures over one payload cost one request, however many keys made them") {
  MemoryStore store;
  const auto image = add_image(store);
  std::vector<Descriptor> layers;
  for (int i = 0; i < 300; ++i) layers.push_back(simple_layer(store, image.digest, stranger()));
  layers.push_back(simple_layer(store, image.digest, release()));
  put_simple(store, image.digest, layers);
  CHECK(verify(store, image.digest, options())->admitted);
  CHECK(store.reads().blobs == 1);
}

TEST_CASE("a layer that lies about its size does not spoil the blob for the good one [attack 14]") {
  MemoryStore store;
  const auto image = add_image(store);
  auto lying = simple_layer(store, image.digest, release());
  lying.size += GENERATE(1U, 1U << 30U);
  put_simple(store, image.digest, {lying, simple_layer(store, image.digest, release())});
  CHECK(verify(store, image.digest, options())->admitted);
  put_simple(store, image.digest, {lying});
  CHECK(verify(store, image.digest, options()).error().kind() == Outcome::malformed);
}

TEST_CASE("1,000 junk referrers before the good one are no obstacle, whatever they call themselves [attack 20]") {
  const std::string type =
      GENERATE(as<std::string>(), "application/spdx+json", "application/vnd.dev.sigstore.bundle.v0.3+json");
  MemoryStore store;
  const auto image = add_image(store);
  for (int i = 0; i < 1000; ++i) attach_junk(store, image, i, type);
  attach_bundle(store, image, release());
  const auto verdict = verify(store, image.digest, options());
  REQUIRE(verdict);
  CHECK(verdict->admitted);
  CHECK(store.reads().total() <= 2 + 2 * 1001);
}

TEST_CASE("what a listing says of types orders, it never discards") {
  MemoryStore store;
  const auto image = add_image(store);
  for (int i = 0; i < 20; ++i) attach_junk(store, image, i, "application/vnd.dev.sigstore.bundle.v0.3+json");
  const auto good = attach_bundle(store, image, release());
  // as cosign 2's fallback index and go-containerregistry's referrers API list bundles; or worse
  const std::string said = GENERATE(as<std::string>(), "application/vnd.oci.empty.v1+json", "", "text/x-not-me");
  const bool attestation = GENERATE(true, false);
  store.edit_referrers = [&](Referrers& listing) {
    for (auto& descriptor : listing.descriptors) {
      if (descriptor.digest != good.digest) continue;
      descriptor.artifact_type = said;
      descriptor.annotations.clear();
      if (attestation) descriptor.annotations["dev.sigstore.bundle.predicateType"] = "https://slsa.dev/provenance/v1";
    }
  };
  CHECK(verify(store, image.digest, options())->admitted);
}

TEST_CASE("a referrer that is listed many times is read once [attack 20]") {
  MemoryStore store;
  const auto image = add_image(store);
  const auto junk = attach_junk(store, image, 1, "application/spdx+json");
  attach_bundle(store, image, release());
  store.edit_referrers = [&](Referrers& listing) {
    listing.descriptors.insert(listing.descriptors.begin(), 4000, junk);
  };
  CHECK(verify(store, image.digest, options())->admitted);
  CHECK(store.reads().total() <= 6);
}

TEST_CASE("more candidates than the limit are malformed, and a good one within it is accepted [attack 20]") {
  MemoryStore store;
  const auto image = add_image(store);
  for (int i = 0; i < static_cast<int>(limits::signature_candidates) + 10; ++i) {
    attach_junk(store, image, i, "application/spdx+json");
  }
  const auto refused = verify(store, image.digest, options());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == Outcome::malformed);
  CHECK_THAT(refused.error().message(), Catch::Contains("looked at 2048 candidates"));
  CHECK(store.reads().total() <= 2 + limits::signature_candidates);
  attach_bundle(store, image, release());
  CHECK(verify(store, image.digest, options())->admitted);
}

TEST_CASE("more bytes than the limit are malformed [attack 20]") {
  MemoryStore store;
  const auto image = add_image(store);
  std::vector<Descriptor> layers;
  for (int i = 0; i < 80; ++i) {
    Bytes payload(limits::payload_bytes, static_cast<std::uint8_t>('a' + i));
    layers.push_back(simple_layer(store, image.digest, stranger(), {.payload = std::string(as_text(payload))}));
  }
  put_simple(store, image.digest, layers);
  const auto refused = verify(store, image.digest, options());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == Outcome::malformed);
  CHECK_THAT(refused.error().message(), Catch::Contains("looked at 64 MiB"));
}

TEST_CASE("a registry out of reach is not asked for every candidate") {
  MemoryStore store;
  const auto image = add_image(store);
  for (int i = 0; i < 500; ++i) attach_junk(store, image, i, "application/spdx+json");
  store.fail_on = [](std::string_view what) -> std::optional<Error> {
    if (!what.starts_with("sha256:")) return std::nullopt;
    return Error(Outcome::unreachable, "connection refused");
  };
  const auto refused = verify(store, image.digest, options());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == Outcome::unreachable);
  CHECK(store.reads().total() <= 40);
}

TEST_CASE("a few candidates that cannot be read do not hide the good one") {
  MemoryStore store;
  const auto image = add_image(store);
  std::vector<std::string> broken;
  for (int i = 0; i < 6; ++i) {
    broken.push_back(
        attach_bundle(store, image, stranger(), {.annotations = {{"i", std::to_string(i)}}}).digest.text());
  }
  attach_bundle(store, image, release());
  store.fail_on = [&](std::string_view what) -> std::optional<Error> {
    if (std::ranges::find(broken, what) == broken.end()) return std::nullopt;
    return Error(Outcome::unreachable, "503");
  };
  CHECK(verify(store, image.digest, options())->admitted);
}

TEST_CASE("a bundle's manifest is held to its specification") {
  MemoryStore store;
  const auto image = add_image(store);
  struct Case {
    std::function<void(oci::Manifest&)> edit;
    std::string check, reason;
  };
  const auto other = Digest::of(as_bytes("other"));
  const auto [edit, check, reason] = GENERATE_REF(values<Case>({
      {[](oci::Manifest& m) { m.layers.push_back(m.layers.front()); }, "format", "expected one layer"},
      {[](oci::Manifest& m) { m.layers.clear(); }, "format", "expected one layer"},
      {[](oci::Manifest& m) { m.layers.front().media_type = "text/plain"; }, "format", "not a bundle's"},
  }));
  attach_bundle(store, image, release(), {.edit_manifest = edit});
  const auto verdict = verify(store, image.digest, options());
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::invalid);
  REQUIRE(verdict->findings.size() == 1);
  const auto& checks = verdict->findings.front().checks;
  const auto failed = std::ranges::find(checks, Check::State::failed, &Check::state);
  REQUIRE(failed != checks.end());
  CHECK(failed->name == check);
  CHECK_THAT(failed->detail, Catch::Contains(reason));
}

TEST_CASE("a referrer listed for an image that it does not refer to is refused by check subject [attack 39]") {
  MemoryStore store;
  const auto image = add_image(store);
  const auto other = add_image(store, "arm64");
  const auto elsewhere = GENERATE(true, false);
  const auto referrer = attach_bundle(store, other, release(), {.claimed = image.digest, .edit_manifest = [&](auto& m) {
                                                                  if (!elsewhere) m.subject.reset();
                                                                }});
  store.edit_referrers = [&](Referrers& listing) { listing.descriptors.push_back(referrer); };
  const auto verdict = verify(store, image.digest, options());
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::invalid);
  CHECK_THAT(verdict->reason, Catch::Contains(elsewhere ? "refers to " + other.digest.text() : "no subject"));
}

TEST_CASE("simple signatures attached as referrers are found, with --format simple too") {
  MemoryStore store;
  const auto image = add_image(store);
  const oci::Manifest manifest{std::string(oci::media_type::kManifest),
                               std::string(formats::kSimpleArtifactType),
                               oci::empty_descriptor(),
                               {simple_layer(store, image.digest, release())},
                               Descriptor{image.media_type, image.digest, image.size},
                               {}};
  store.add_manifest(oci::media_type::kManifest, manifest.to_json());
  auto wanted = options();
  wanted.format = GENERATE(std::optional<Format>(), std::optional(Format::simple));
  CHECK(verify(store, image.digest, wanted)->admitted);
  wanted.format = Format::bundle;
  CHECK(verify(store, image.digest, wanted)->outcome == Outcome::unsigned_);
}

TEST_CASE("--format rules the other format out") {
  MemoryStore store;
  const auto image = add_image(store);
  auto wanted = options();
  SECTION("bundle alone") {
    attach_simple(store, image.digest, release());
    wanted.format = Format::bundle;
  }
  SECTION("simple alone") {
    attach_bundle(store, image, release());
    wanted.format = Format::simple;
  }
  const auto verdict = verify(store, image.digest, wanted);
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::unsigned_);
  CHECK(verdict->findings.empty());
}

TEST_CASE("a .sig tag that holds no manifest is malformed, one that is broken too [attack 16] [attack 22]") {
  MemoryStore store;
  const auto image = add_image(store);
  const std::string text =
      GENERATE(as<std::string>(), "{", R"({"schemaVersion":2,"layers":[],"manifests":[]})",
               R"({"schemaVersion":1,"fsLayers":[]})",
               R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})");
  store.add_manifest(oci::media_type::kManifest, text, image.digest.tag() + ".sig");
  const auto refused = verify(store, image.digest, options());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == Outcome::malformed);
  attach_bundle(store, image, release());
  CHECK(verify(store, image.digest, options())->admitted);
}

TEST_CASE("an image named by SHA-512 is looked for without a tag that could not exist") {
  MemoryStore store;
  const auto sha512 = Digest::of(as_bytes("x"), DigestAlgorithm::sha512);
  const auto refused = verify(store, sha512, options());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == Outcome::not_found);
  CHECK(store.reads().manifests == 0);
}
