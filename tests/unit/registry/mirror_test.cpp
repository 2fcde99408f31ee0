// A registry behind mirrors, as hosts.toml names them: who is asked, and whose word is the last.
#include <catch2/catch.hpp>

#include "unit/registry/fixture.h"

using namespace hallmark;
using test::client_with;
using test::LyingRegistry;
using test::manifest_text;
using test::Reply;
using test::repository;

namespace {

constexpr auto* kType = "application/vnd.oci.image.manifest.v1+json";

struct Mirrored {
  Mirrored() {
    for (LyingRegistry* place : {&registry, &mirror})
      image = place->honest().add_manifest("shop/api", kType, manifest_text("image"), "1.4");
    hosts("server = \"" + registry.url() + "\"\n[host.\"" + mirror.url() + "\"]\n");
  }
  void hosts(const std::string& toml) {
    folder.put(registry.authority() + "/hosts.toml", toml);
    RegistryOptions options;
    options.certs_dirs = {folder.path()};
    client = client_with(std::move(options));
    store = client->open(repository(registry.authority()));
  }
  void attach(LyingRegistry& where, const std::string& note) const {
    where.honest().add_manifest("shop/api", kType, manifest_text(note, image.digest.text()));
  }
  LyingRegistry registry;
  LyingRegistry mirror;
  test::TemporaryFolder folder;
  Descriptor image{{}, Digest::of({})};
  std::unique_ptr<RegistryClient> client;
  std::unique_ptr<ContentStore> store;
};

Reply page(const std::string& type) { return {.body = "<html>", .content_type = type}; }

}  // namespace

TEST_CASE("what a mirror lists is said to be a mirror's, and upstream has the registry's own") {
  Mirrored stage;
  stage.attach(stage.mirror, "old");
  for (const char* note : {"old", "new"}) stage.attach(stage.registry, note);
  stage.mirror.honest().add_manifest("shop/api", kType, manifest_text("old tag"), "signatures");
  stage.registry.honest().add_manifest("shop/api", kType, manifest_text("new tag"), "signatures");
  const auto listed = stage.store->referrers(stage.image.digest, "");
  REQUIRE(listed);
  CHECK(listed->descriptors.size() == 1);
  CHECK(listed->from_mirror);
  CHECK(stage.store->manifest("signatures")->from_mirror);
  CHECK(stage.registry.calls().empty());

  ContentStore* upstream = stage.store->upstream();
  REQUIRE(upstream != nullptr);
  CHECK(upstream->name() == stage.store->name());
  const auto own = upstream->referrers(stage.image.digest, "");
  REQUIRE(own);
  CHECK(own->descriptors.size() == 2);
  CHECK_FALSE(own->from_mirror);
  const auto tag = upstream->manifest("signatures");
  REQUIRE(tag);
  CHECK_FALSE(tag->from_mirror);
  CHECK(as_text(tag->bytes) == manifest_text("new tag"));
  stage.registry.forget_calls();
  CHECK_FALSE(upstream->manifest(stage.image.digest)->from_mirror);  // content by digest is the same everywhere
  CHECK(stage.registry.calls().empty());
  CHECK(upstream->upstream() == nullptr);
}

TEST_CASE("what a mirror lacks or cannot say is the registry's answer at once") {
  Mirrored stage;
  stage.attach(stage.registry, "sig");
  stage.registry.honest().add_manifest("shop/api", kType, manifest_text("tag"), "signatures");
  SECTION("it lists nothing and has no tag") {}
  SECTION("it answers everything with a page of its own") {
    stage.mirror.answer("GET", "", page(GENERATE(as<std::string>(), "text/html", "application/json", kType)));
  }
  const auto listed = stage.store->referrers(stage.image.digest, "");
  REQUIRE(listed);
  CHECK(listed->descriptors.size() == 1);
  CHECK_FALSE(listed->from_mirror);
  const auto tag = stage.store->manifest("signatures");
  REQUIRE(tag);
  CHECK_FALSE(tag->from_mirror);
  CHECK(stage.registry.count("GET", "/referrers/") == 1);
}

TEST_CASE("without a mirror there is no other source to ask") {
  LyingRegistry registry;
  const auto client = client_with({});
  CHECK(client->open(repository(registry.authority()))->upstream() == nullptr);
}

TEST_CASE("a mirror's failure does not stand for the registry's, wherever it is listed") {
  Mirrored stage;
  stage.hosts("[host.\"" + stage.registry.url() + "\"]\n[host.\"" + stage.mirror.url() + "\"]\n");
  stage.registry.answer("GET", "", Reply{.status = 503, .headers = {{"Retry-After", "3600"}}});
  const auto tag = stage.store->manifest("signatures");
  REQUIRE_FALSE(tag);
  CHECK(stage.mirror.count("GET", "/manifests/signatures") == 1);
  CHECK(tag.error().kind() != Outcome::not_found);
  CHECK(stage.store->referrers(stage.image.digest, "").error().kind() != Outcome::not_found);
}

TEST_CASE("a server of another name is the registry itself, and so are mirrors where it may not resolve") {
  Mirrored stage;
  SECTION("another name") { stage.hosts("server = \"" + stage.mirror.url() + "\"\n"); }
  SECTION("no resolving at the server") {
    stage.hosts("server = \"" + stage.registry.url() + "\"\ncapabilities = [\"pull\", \"push\"]\n[host.\"" +
                stage.mirror.url() + "\"]\n");
  }
  const auto listed = stage.store->referrers(stage.image.digest, "");
  REQUIRE(listed);
  CHECK(listed->descriptors.empty());
  CHECK_FALSE(listed->from_mirror);
  CHECK(stage.store->upstream() == nullptr);
  CHECK(stage.registry.calls().empty());
}

TEST_CASE("to see whether an image is there, no place to write is needed") {
  Mirrored stage;
  const Digest other = Digest::of(as_bytes("other"));
  SECTION("nobody may push") {
    stage.hosts("server = \"" + stage.registry.url() + "\"\ncapabilities = [\"pull\", \"resolve\"]\n[host.\"" +
                stage.mirror.url() + "\"]\ncapabilities = [\"pull\"]\n");
  }
  SECTION("the registry may") {}
  CHECK(stage.store->has_manifest(stage.image.digest) == true);
  CHECK(stage.registry.calls().empty());
  CHECK(stage.store->has_manifest(other) == false);
  CHECK(stage.registry.count("HEAD", "/manifests/") == 1);
  SECTION("a mirror's \"no\" is not the last word") {
    const auto only_there = stage.registry.honest().add_manifest("shop/api", kType, manifest_text("only there"));
    CHECK(stage.store->has_manifest(only_there.digest) == true);
  }
  SECTION("a registry that fails is no \"no\"") {
    stage.registry.answer("HEAD", "", Reply{.status = 401});
    CHECK(stage.store->has_manifest(other).error().kind() == Outcome::unauthorized);
  }
}
