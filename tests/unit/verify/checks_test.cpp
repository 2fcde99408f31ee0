// What a signature claims, and by whom: the checks of one signature, through verify.
#include <catch2/catch.hpp>

#include <algorithm>

#include "hallmark/verify.h"
#include "support/signed_image.h"
#include "unit/verify/signers.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

const Check* check_of(const Finding& finding, std::string_view name) {
  const auto at = std::ranges::find(finding.checks, name, &Check::name);
  return at == finding.checks.end() ? nullptr : &*at;
}

// The check that refused the finding, or "".
std::string refused_by(const Finding& finding) {
  const auto at = std::ranges::find(finding.checks, Check::State::failed, &Check::state);
  return at == finding.checks.end() ? "" : at->name;
}

}  // namespace

TEST_CASE("a bundle that names a trusted key which did not make it is invalid [attack 12]") {
  MemoryStore store;
  const auto image = add_image(store);
  MismatchedSigner liar(release(), stranger());
  attach_bundle(store, image, liar);
  const auto verdict = verify(store, image.digest, by(release()));
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::invalid);
  CHECK(refused_by(verdict->findings.at(0)) == "signature");
  CHECK_THAT(verdict->reason, Catch::Contains("names key " + release().public_key().id()));
}

TEST_CASE("a hint naming another key does not hide a signature by ours") {
  MemoryStore store;
  const auto image = add_image(store);
  MismatchedSigner modest(stranger(), release());
  attach_bundle(store, image, modest);
  CHECK(verify(store, image.digest, by(release()))->admitted);
}

TEST_CASE("a signature over another digest is invalid, by check subject [attack 12] [attack 39]") {
  MemoryStore store;
  const auto image = add_image(store);
  const auto other = add_image(store, "arm64");
  const bool bundle = GENERATE(true, false);
  if (bundle) {
    attach_bundle(store, image, release(), {.claimed = other.digest});
  } else {
    attach_simple(store, image.digest, release(), {.claimed = other.digest});
  }
  const auto verdict = verify(store, image.digest, by(release()));
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::invalid);
  CHECK(refused_by(verdict->findings.at(0)) == "subject");
  CHECK_THAT(verdict->reason, Catch::Contains("it signs " + other.digest.text()));
}

TEST_CASE("a subject under another algorithm does not pass [attack 12]") {
  MemoryStore store;
  const auto image = add_image(store);
  const auto sha512 = Digest::of(as_bytes("x"), DigestAlgorithm::sha512);
  attach_bundle(store, image, release(), {.claimed = sha512});
  attach_bundle(store, image, release(),
                {.statement = R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha512":")" +
                              image.digest.hex() + R"("}}],"predicateType":"https://sigstore.dev/cosign/sign/v1"})"});
  const auto verdict = verify(store, image.digest, by(release()));
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::invalid);
  REQUIRE(verdict->findings.size() == 2);
  CHECK(refused_by(verdict->findings.at(0)) == "subject");
  CHECK(refused_by(verdict->findings.at(1)) == "type");
}

TEST_CASE("an attestation by the trusted key is no signature [attack 2]") {
  MemoryStore store;
  const auto image = add_image(store);
  attach_bundle(store, image, release(), {.predicate = "https://slsa.dev/provenance/v1"});
  attach_bundle(store, image, stranger(), {.predicate = "https://spdx.dev/Document"});
  const auto verdict = verify(store, image.digest, by(release()));
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::unsigned_);
  CHECK_THAT(verdict->reason, Catch::Contains("2 attestations attached, and an attestation is not a signature"));
  REQUIRE(verdict->findings.size() == 2);
  for (const auto& finding : verdict->findings) {
    CHECK(refused_by(finding) == "type");
    CHECK(finding.outcome == Outcome::unsigned_);
  }
  attach_bundle(store, image, release());
  CHECK(verify(store, image.digest, by(release()))->admitted);
}

TEST_CASE("an attestation that calls itself a signature in its manifest is still none [attack 2]") {
  MemoryStore store;
  const auto image = add_image(store);
  attach_bundle(store, image, release(),
                {.predicate = "https://slsa.dev/provenance/v1", .edit_manifest = [](oci::Manifest& manifest) {
                   manifest.annotations["dev.sigstore.bundle.predicateType"] = std::string(kCosignSignPredicate);
                 }});
  CHECK(verify(store, image.digest, by(release()))->outcome == Outcome::unsigned_);
}

TEST_CASE("a signed claim of another kind is refused by check type [attack 2]") {
  MemoryStore store;
  const auto image = add_image(store);
  struct Case {
    BundleSpec spec;
    std::string reason;
  };
  const auto [spec, reason] = GENERATE_REF(values<Case>({
      {{.payload_type = "text/plain"}, "the payload type is \"text/plain\""},
      {{.statement =
            R"({"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"https://sigstore.dev/cosign/sign/v1"})"},
       "no subject"},
      {{.statement = "not json"}, "statement"},
      {{.statement =
            R"({"_type":"https://example/other","subject":[],"predicateType":"https://sigstore.dev/cosign/sign/v1"})"},
       "expected an in-toto statement"},
  }));
  attach_bundle(store, image, release(), spec);
  const auto verdict = verify(store, image.digest, by(release()));
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::invalid);
  CHECK(refused_by(verdict->findings.at(0)) == "type");
  CHECK_THAT(verdict->reason, Catch::Contains(reason));
}

TEST_CASE("annotations demanded must stand in the signed claim") {
  MemoryStore store;
  const auto image = add_image(store);
  const bool bundle = GENERATE(true, false);
  if (bundle) {
    attach_bundle(store, image, release(), {.annotations = {{"stage", "dev"}}});
  } else {
    attach_simple(store, image.digest, release(), {.annotations = {{"stage", "dev"}}});
  }
  auto options = by(release());
  options.annotations = {{"stage", "dev"}};
  CHECK(verify(store, image.digest, options)->admitted);
  options.annotations = {{"stage", "prod"}};
  auto verdict = verify(store, image.digest, options);
  CHECK(verdict->outcome == Outcome::denied);
  CHECK(refused_by(verdict->findings.at(0)) == "annotations");
  CHECK_THAT(verdict->reason, Catch::Contains("stage is \"dev\", not \"prod\""));
  options.annotations = {{"team", "a"}};
  verdict = verify(store, image.digest, options);
  CHECK(verdict->outcome == Outcome::denied);
  CHECK_THAT(verdict->reason, Catch::Contains("team is missing"));
}

TEST_CASE("--check-name holds the name in the claim against the repository [attack 39]") {
  MemoryStore store;
  const auto image = add_image(store);
  auto options = by(release());
  options.name = "registry.example/shop/api";
  SECTION("cosign's spelling and containers/image's") {
    const auto* said = GENERATE("registry.example/shop/api", "registry.example/shop/api:1.4");
    attach_simple(store, image.digest, release(), {.reference = said});
    CHECK(verify(store, image.digest, options)->admitted);
  }
  SECTION("another repository, or none") {
    const auto* said = GENERATE("registry.example/shop/api2", "registry.example/shop", "other.example/shop/api",
                                "registry.example:443/shop/api", "", "registry.example/shop/api/x", "%%");
    attach_simple(store, image.digest, release(), {.reference = said});
    const auto verdict = verify(store, image.digest, options);
    CHECK(verdict->outcome == Outcome::denied);
    CHECK(refused_by(verdict->findings.at(0)) == "name");
    options.name.reset();
    CHECK(verify(store, image.digest, options)->admitted);
  }
  SECTION("a bundle has no name") {
    attach_bundle(store, image, release());
    const auto verdict = verify(store, image.digest, options);
    CHECK(verdict->outcome == Outcome::denied);
    CHECK_THAT(verdict->reason, Catch::Contains("a bundle carries no name"));
  }
}

TEST_CASE("log entries are shown, not counted") {
  MemoryStore store;
  const auto image = add_image(store);
  attach_simple(store, image.digest, release(), {.edit_layer = [](Descriptor& layer) {
                  layer.annotations["dev.sigstore.cosign/bundle"] =
                      R"({"Payload":{"body":"e30=","logIndex":7,"logID":"abcd"}})";
                }});
  const auto verdict = verify(store, image.digest, by(release()));
  REQUIRE(verdict->admitted);
  const auto* log = check_of(verdict->findings.at(0), "log");
  REQUIRE(log != nullptr);
  CHECK(log->state == Check::State::skipped);
  CHECK(log->detail == "present, not verified: entry 7 of log abcd");
}
