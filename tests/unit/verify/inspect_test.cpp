#include "hallmark/inspect.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "formats/simple_signing.h"
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

std::vector<std::string> kinds(const Inspection& inspection) {
  std::vector<std::string> list;
  for (const auto& one : inspection.attached) list.push_back(one.kind + " " + one.format + " " + one.found_by);
  std::ranges::sort(list);
  return list;
}

}  // namespace

TEST_CASE("everything attached is listed with what it says") {
  MemoryStore store;
  const auto image = add_image(store);
  attach_bundle(store, image, release(), {.annotations = {{"stage", "prod"}}});
  attach_bundle(store, image, release(), {.predicate = "https://slsa.dev/provenance/v1"});
  attach_simple(store, image.digest, release(), {.annotations = {{"a", "b"}}});
  const auto sbom = store.add_blob("text/spdx+json", as_bytes("an sbom"));
  const oci::Manifest attached{std::string(oci::media_type::kManifest),
                               "application/spdx+json",
                               oci::empty_descriptor(),
                               {sbom},
                               Descriptor{image.media_type, image.digest, image.size},
                               {}};
  store.add_manifest(oci::media_type::kManifest, attached.to_json());
  const auto envelope = store.add_blob(
      "application/vnd.dsse.envelope.v1+json",
      as_bytes(R"({"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"sig":"eA=="}]})"));
  const oci::Manifest att{std::string(oci::media_type::kManifest), {}, oci::empty_descriptor(), {envelope}, {}, {}};
  store.add_manifest(oci::media_type::kManifest, att.to_json(), image.digest.tag() + ".att");

  const auto found = inspect(store, image.digest);
  REQUIRE(found);
  CHECK(found->image.digest == image.digest);
  CHECK(found->problems.empty());
  CHECK(kinds(*found) == std::vector<std::string>{"attestation application/vnd.dsse.envelope.v1+json .att tag",
                                                  "attestation bundle referrers",
                                                  "sbom application/spdx+json referrers", "signature bundle referrers",
                                                  "signature simple .sig tag"});
  for (const auto& one : found->attached) {
    if (one.kind == "signature" && one.format == "bundle") {
      CHECK(one.key_hint == release().public_key().id());
      CHECK(one.predicate_type == kCosignSignPredicate);
      CHECK(one.annotations == Annotations{{"stage", "prod"}});
    }
    if (one.format == "simple") {
      CHECK(one.docker_reference == "registry.example/shop/api");
      CHECK(one.annotations == Annotations{{"a", "b"}});
    }
    CHECK(!one.problem == (one.found_by != ".att tag"));  // its payload is {}
  }
}

TEST_CASE("an inspection is incomplete where something was not sent, not where it is broken") {
  MemoryStore store;
  const auto image = add_image(store);
  const auto referrer = attach_bundle(store, image, release());
  attach_bundle(store, image, release(), {.edit_bundle = [](std::string& bundle) { bundle = "{"; }});
  CHECK_FALSE(incompleteness(inspect(store, image.digest).value()));
  store.fail_on = [&](std::string_view what) -> std::optional<Error> {
    if (what == referrer.digest.text()) return Error(Outcome::unreachable, "timed out");
    return std::nullopt;
  };
  Inspection parent{.reference = "", .image = image, .attached = {}, .children = {}, .problems = {}};
  parent.children.push_back(inspect(store, image.digest).value());
  const auto missing = incompleteness(parent);
  REQUIRE(missing);
  CHECK(missing->kind() == Outcome::unreachable);
}

TEST_CASE("what cannot be read is listed with its problem and hides nothing") {
  MemoryStore store;
  const auto image = add_image(store);
  const auto gone = attach_bundle(store, image, release());
  attach_bundle(store, image, release(), {.edit_bundle = [](std::string& bundle) { bundle = "{\x1b[2J"; }});
  attach_bundle(store, image, release(), {.claimed = Digest::of(as_bytes("other"))});
  store.add_manifest(oci::media_type::kManifest, "{\"schemaVersion\":2,\"layers\":7}", image.digest.tag() + ".sig");
  store.fail_on = [&](std::string_view what) -> std::optional<Error> {
    if (what == gone.digest.text()) return Error(Outcome::unreachable, "timed out");
    if (what.ends_with(".att")) return Error(Outcome::unauthorized, "denied");
    return std::nullopt;
  };
  const auto found = inspect(store, image.digest);
  REQUIRE(found);
  REQUIRE(found->problems.size() == 1);
  CHECK_THAT(found->problems.front().message(), Catch::Contains(".att: denied"));
  REQUIRE(found->attached.size() == 4);
  const auto missing = incompleteness(*found);
  REQUIRE(missing);
  CHECK(missing->kind() == Outcome::unauthorized);  // graver than the referrer that timed out
  for (const auto& one : found->attached) {
    REQUIRE(one.problem);
    CHECK(one.problem->message().find('\x1b') == std::string::npos);
  }
}

TEST_CASE("a listing that fails is a problem, a missing image an error") {
  MemoryStore store;
  const auto image = add_image(store);
  store.fail_on = [](std::string_view what) -> std::optional<Error> {
    if (what.starts_with("referrers")) return Error(Outcome::throttled, "later");
    return std::nullopt;
  };
  const auto found = inspect(store, image.digest);
  REQUIRE(found);
  REQUIRE(found->problems.size() == 1);
  CHECK(found->problems.front().message() == "referrers: later");
  const auto missing = inspect(store, Digest::of(as_bytes("none")));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind() == Outcome::not_found);
}

TEST_CASE("the children of an index are inspected too, each once, missing ones with a problem") {
  MemoryStore store;
  const auto amd = add_image(store, "amd64");
  const auto arm = add_image(store, "arm64");
  const auto index = add_index(store, {amd, arm, amd});
  attach_bundle(store, amd, release());
  store.remove(arm.digest);
  const auto found = inspect(store, index.digest);
  REQUIRE(found);
  REQUIRE(found->children.size() == 2);
  CHECK(found->children[0].attached.size() == 1);
  CHECK(found->children[0].image.platform->text() == "linux/p0");
  CHECK(found->children[1].problems.size() == 1);
}

TEST_CASE("indexes nested too deep end in a problem [attack 42]") {
  MemoryStore store;
  auto root = add_index(store, {add_image(store)});
  for (int i = 0; i < 5; ++i) root = add_index(store, {root});
  const auto found = inspect(store, root.digest);
  REQUIRE(found);
  const Inspection* at = &*found;
  while (!at->children.empty()) at = &at->children.front();
  REQUIRE(at->problems.size() == 1);
  CHECK_THAT(at->problems.front().message(), Catch::Contains("nested"));
}
