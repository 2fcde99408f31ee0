#include "registry/store.h"

#include "registry/registry_error.h"
#include "support/memory_store.h"
#include "unit/registry/fixture.h"

using namespace hallmark;
using test::client_with;
using test::LyingRegistry;
using test::manifest_text;
using test::Reply;
using test::repository;

namespace {

constexpr auto* kType = "application/vnd.oci.image.manifest.v1+json";

struct Fixture {
  explicit Fixture(test::RegistryFeatures features = {}) : registry(features) {
    image = registry.honest().add_manifest("shop/api", kType, manifest_text("image"), "1.4");
  }
  [[nodiscard]] std::unique_ptr<ContentStore> open(RegistryOptions options = {}) {
    client = client_with(std::move(options));
    return client->open(repository(registry.authority()));
  }

  LyingRegistry registry;
  Descriptor image{{}, Digest::of({})};
  std::unique_ptr<RegistryClient> client;
};

}  // namespace

TEST_CASE("a tag is one request, a digest is one request") {
  Fixture fixture;
  const auto store = fixture.open();
  const auto by_tag = store->manifest("1.4");
  REQUIRE(by_tag);
  CHECK(by_tag->descriptor.digest == fixture.image.digest);
  CHECK(by_tag->descriptor.media_type == kType);
  CHECK(by_tag->descriptor.artifact_type == "application/x-test");
  CHECK(fixture.registry.calls().size() == 1);
  CHECK_THAT(fixture.registry.calls().front().header("accept"), Catch::Contains("manifest.list.v2+json"));
  REQUIRE(store->manifest(fixture.image.digest));
  CHECK(fixture.registry.calls().size() == 2);
  const auto resolved = store->resolve("1.4");
  REQUIRE(resolved);
  CHECK(resolved->digest == fixture.image.digest);
  CHECK(resolved->size == fixture.image.size);
  CHECK(fixture.registry.calls().back().method == "HEAD");
  CHECK(store->has_manifest(fixture.image.digest) == true);
  CHECK(store->has_manifest(Digest::of(as_bytes("other"))) == false);
}

TEST_CASE("resolve falls back to GET where HEAD says too little") {
  Fixture fixture;
  const auto store = fixture.open();
  fixture.registry.change("HEAD", "/manifests/",
                          [](const test::Call&, Reply& reply) { reply.set("Docker-Content-Digest", ""); });
  const auto resolved = store->resolve("1.4");
  REQUIRE(resolved);
  CHECK(resolved->digest == fixture.image.digest);
  CHECK(fixture.registry.count("GET") == 1);
}

TEST_CASE("other bytes or a wrong Docker-Content-Digest are malformed before parsing [attack 14]") {
  Fixture fixture;
  const auto store = fixture.open();
  SECTION("other bytes under a digest") {
    fixture.registry.honest().corrupt("shop/api", fixture.image.digest.text(), "{\"not\": \"json");
    fixture.registry.change("GET", "/manifests/",
                            [](const test::Call&, Reply& reply) { reply.set("Docker-Content-Digest", ""); });
    const auto read = store->manifest(fixture.image.digest);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind() == Outcome::malformed);
    CHECK_THAT(read.error().message(), Catch::Contains("sends other bytes"));
  }
  SECTION("a header that is not the bytes' digest") {
    const std::string other = Digest::of(as_bytes("other")).text();
    fixture.registry.change("GET", "/manifests/",
                            [other](const test::Call&, Reply& reply) { reply.set("Docker-Content-Digest", other); });
    const auto read = store->manifest("1.4");
    REQUIRE_FALSE(read);
    CHECK(read.error().kind() == Outcome::malformed);
    CHECK_THAT(read.error().message(), Catch::Contains("says Docker-Content-Digest " + other));
  }
  SECTION("a header that is no digest") {
    fixture.registry.change("GET", "/manifests/", [](const test::Call&, Reply& reply) {
      reply.set("Docker-Content-Digest", "sha256:../../x");
    });
    CHECK(store->manifest("1.4").error().kind() == Outcome::malformed);
  }
}

TEST_CASE("a manifest is sent again while docker-registry is writing a blob that it names [attack 50]") {
  Fixture fixture;
  const auto store = fixture.open();
  const std::string text = test::manifest_text("again");
  fixture.registry.honest().add_blob("shop/api", "application/vnd.oci.empty.v1+json", "{}");
  const Reply refusal = GENERATE(values<Reply>({test::error_reply(400, "DIGEST_INVALID"), {.status = 500}}));
  const auto refuse = [&](std::size_t times) {
    fixture.registry.tell({.method = "PUT", .target = "/manifests/", .count = times, .instead = [refusal](const auto&) {
                             return std::optional(refusal);
                           }});
  };
  SECTION("it passes") {
    refuse(2);
    CHECK(store->put_manifest(oci::media_type::kManifest, as_bytes(text), {}));
    CHECK(fixture.registry.count("PUT", "/manifests/") == 3);
  }
  SECTION("it passes for a referrer") {
    const Descriptor image = fixture.registry.honest().add_manifest("shop/api", oci::media_type::kManifest, text);
    refuse(2);
    CHECK(store->attach(test::content_of(test::manifest_text("of it", image.digest.text())), image));
    CHECK(fixture.registry.count("PUT", "/manifests/") == 3);
  }
  SECTION("it does not pass") {
    refuse(SIZE_MAX);
    CHECK_FALSE(store->put_manifest(oci::media_type::kManifest, as_bytes(text), {}));
    CHECK(fixture.registry.count("PUT", "/manifests/") == 5);
  }
  SECTION("a tag is another's business") {
    refuse(SIZE_MAX);
    CHECK_FALSE(store->put_manifest(oci::media_type::kManifest, as_bytes(text), "1.5"));
    CHECK(fixture.registry.count("PUT", "/manifests/") == 1);
  }
}

TEST_CASE("what is wrong with a manifest is not sent again") {
  Fixture fixture;
  fixture.registry.answer("PUT", "/manifests/", test::error_reply(400, "MANIFEST_INVALID"));
  CHECK_FALSE(fixture.open()->put_manifest(oci::media_type::kManifest, as_bytes(test::manifest_text("wrong")), {}));
  CHECK(fixture.registry.count("PUT", "/manifests/") == 1);
}

TEST_CASE("an answer becomes the outcome that a user can act on") {
  struct Case {
    int status;
    std::string body;
    Outcome kind;
    std::string message;
  };
  const auto [status, body, kind, message] = GENERATE(values<Case>({
      {404, R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})", Outcome::not_found,
       "not found (registry 127.0.0.1"},
      {404, R"({"errors":[{"code":"NAME_UNKNOWN","message":"x"}]})", Outcome::not_found, "has no repository shop/api"},
      {401, R"({"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]})", Outcome::unauthorized,
       "answers 401 UNAUTHORIZED: authentication required; no credentials were sent"},
      {403, R"({"errors":[{"code":"DENIED","message":"a\u001b[31mb"}]})", Outcome::unauthorized, "DENIED: a\\x1b[31mb"},
      {500, "<html>", Outcome::unreachable, "answers 500"},
      {400, "", Outcome::malformed, "answers 400"},
  }));
  Fixture fixture;
  const auto store = fixture.open();
  fixture.registry.answer("GET", "/manifests/", Reply{.status = status, .body = body});
  const auto read = store->manifest("1.4");
  REQUIRE_FALSE(read);
  CHECK(read.error().kind() == kind);
  CHECK_THAT(read.error().message(), Catch::Contains(message));
  CHECK_THAT(read.error().message(), Catch::Contains("shop/api:1.4"));
  if (kind == Outcome::unauthorized) CHECK_THAT(read.error().hint(), Catch::Contains("hallmark login 127.0.0.1"));
}

TEST_CASE("blobs are read with digest and size checked, and written once") {
  Fixture fixture;
  const auto store = fixture.open();
  const std::string text(5000, 'b');  // over the chunk size of these tests: PATCH, PATCH, …, PUT
  const Descriptor blob{"application/octet-stream", Digest::of(as_bytes(text)), text.size()};
  REQUIRE(store->put_blob(blob, as_bytes(text)));
  CHECK(fixture.registry.count("PATCH") == 4);
  CHECK(store->has_blob(blob) == true);
  CHECK(as_text(*store->blob(blob, 10'000)) == text);
  fixture.registry.forget_calls();
  REQUIRE(store->put_blob(blob, as_bytes(text)));
  CHECK(fixture.registry.calls().size() == 1);
  const std::string small = "{}";
  REQUIRE(store->put_blob({"application/json", Digest::of(as_bytes(small)), 2}, as_bytes(small)));
  CHECK(fixture.registry.count("POST") == 1);
  CHECK(fixture.registry.count("PUT") == 1);
}

TEST_CASE("a chunk that breaks is taken up where the registry stands [attack 50]") {
  Fixture fixture;
  const auto store = fixture.open();
  const std::string text(5000, 'c');
  const Descriptor blob{"application/octet-stream", Digest::of(as_bytes(text)), text.size()};
  fixture.registry.tell({.method = "PATCH", .from = 2, .count = 1, .instead = [](const test::Call&) {
                           return std::optional(Reply{.status = 503});
                         }});
  const auto done = store->put_blob(blob, as_bytes(text));
  CHECK((done ? std::string() : done.error().message()).empty());
  CHECK(store->has_blob(blob) == true);
}

TEST_CASE("an upload's Location elsewhere gets no credentials, and never plain http after https [attack 31]") {
  Fixture fixture;
  LyingRegistry other;
  test::TemporaryFolder folder;
  RegistryOptions options;
  options.auth_files = {folder.put(
      "config.json", R"({"auths":{")" + fixture.registry.authority() + R"(":{"auth":"YWxpY2U6czNjcmV0"}}})")};
  fixture.registry.tell({.instead = [](const test::Call& call) -> std::optional<Reply> {
    if (!call.header("authorization").empty()) return std::nullopt;
    return Reply{.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"x\""}}};
  }});
  const std::string away = other.url() + "/upload/1";
  fixture.registry.change("POST", "/blobs/uploads/",
                          [away](const test::Call&, Reply& reply) { reply.set("Location", away); });
  other.answer("PUT", "/upload/1", Reply{.status = 201});
  const auto store = fixture.open(options);
  const std::string text = "blob";
  REQUIRE(store->put_blob({"a/b", Digest::of(as_bytes(text)), 4}, as_bytes(text)));
  REQUIRE(other.calls().size() == 1);
  CHECK(other.calls().front().body == text);
  CHECK(other.calls().front().header("authorization").empty());
  bool sent = false;
  for (const auto& call : fixture.registry.calls())
    sent = sent || call.header("authorization") == "Basic YWxpY2U6czNjcmV0";
  CHECK(sent);
}

TEST_CASE("a mounted blob is there without a byte of it sent") {
  Fixture fixture;
  auto client = client_with({});
  const auto from = client->open(repository(fixture.registry.authority(), "other/app"));
  const auto to = client->open(repository(fixture.registry.authority()));
  const Descriptor blob = fixture.registry.honest().add_blob("other/app", "a/b", "mounted");
  CHECK(to->has_blob(blob) == false);
  REQUIRE(to->mount_blob(blob, *from) == true);
  CHECK(fixture.registry.count("POST", "mount=sha256%3A") == 1);
  CHECK(fixture.registry.count("POST", "from=other%2Fapp") == 1);
  for (const auto& call : fixture.registry.calls()) CHECK(call.body.empty());
  CHECK(to->has_blob(blob) == true);
  CHECK(to->blob(blob, 100) == to_bytes("mounted"));
}

TEST_CASE("what cannot be mounted is sent: whatever the registry says, no mount is no error") {
  Fixture fixture;
  auto client = client_with({});
  const auto to = client->open(repository(fixture.registry.authority()));
  const Descriptor blob = fixture.registry.honest().add_blob("other/app", "a/b", "mounted");
  SECTION("it has no such blob, or knows no mounts") {
    const auto from = client->open(repository(fixture.registry.authority(), "other/app"));
    const auto reply = GENERATE(values<Reply>({{.status = 202, .headers = {{"Location", "/x"}}},
                                               {.status = 400},
                                               {.status = 401},
                                               {.status = 403},
                                               {.status = 404},
                                               {.status = 405},
                                               {.status = 500}}));
    CAPTURE(reply.status);
    fixture.registry.answer("POST", "mount=", reply);
    CHECK(to->mount_blob(blob, *from) == false);
    fixture.registry.be_honest();
    CHECK(to->put_blob(blob, as_bytes("mounted")));
    CHECK(to->has_blob(blob) == true);
  }
  SECTION("it is in another registry, in no registry, or in this very repository") {
    const auto foreign = client->open(repository("registry.example", "other/app"));
    CHECK(to->mount_blob(blob, *foreign) == false);
    test::MemoryStore memory;
    CHECK(to->mount_blob(blob, memory) == false);
    CHECK(to->mount_blob(blob, *to) == false);
    CHECK(fixture.registry.calls().empty());
  }
}

TEST_CASE("manifests are written by tag or digest, and the registry's word for it is compared") {
  Fixture fixture;
  const auto store = fixture.open();
  const std::string text = manifest_text("new");
  const auto written = store->put_manifest(kType, as_bytes(text), "new");
  REQUIRE(written);
  CHECK(fixture.registry.honest().digest_of("shop/api", "new") == written->digest.text());
  REQUIRE(store->put_manifest(kType, as_bytes(text), std::nullopt));
  CHECK(store->put_manifest(kType, as_bytes(text), "no tag").error().kind() == Outcome::usage);
  fixture.registry.change("PUT", "/manifests/", [](const test::Call&, Reply& reply) {
    reply.set("Docker-Content-Digest", Digest::of(as_bytes("other")).text());
  });
  const auto other = store->put_manifest(kType, as_bytes(text), "new");
  REQUIRE_FALSE(other);
  CHECK(other.error().kind() == Outcome::malformed);
}

TEST_CASE("tags are listed over all pages, from this registry only [attack 34]") {
  Fixture fixture({.page = 2});
  for (int i = 0; i < 5; ++i)
    fixture.registry.honest().add_manifest("shop/api", kType, manifest_text(std::to_string(i)),
                                           "t" + std::to_string(i));
  const auto store = fixture.open();
  CHECK(store->tags()->size() == 6);
  fixture.registry.change("GET", "/tags/list", [](const test::Call&, Reply& reply) {
    reply.set("Link", "<http://169.254.169.254/next>; rel=\"next\"");
  });
  const auto away = store->tags();
  REQUIRE_FALSE(away);
  CHECK_THAT(away.error().message(), Catch::Contains("which is another server"));
}

TEST_CASE("a mirror is asked first, and its failure or not-found is never the last word") {
  Fixture fixture;
  LyingRegistry mirror;
  test::TemporaryFolder folder;
  folder.put(fixture.registry.authority() + "/hosts.toml",
             "server = \"" + fixture.registry.url() + "\"\n[host.\"" + mirror.url() + "\"]\n");
  RegistryOptions options;
  options.certs_dirs = {folder.path()};
  const auto store = fixture.open(options);
  SECTION("not found there") {
    REQUIRE(store->manifest("1.4"));
    CHECK(mirror.count("GET", "ns=127.0.0.1") == 1);
    CHECK(fixture.registry.count("GET", "ns=") == 0);
  }
  SECTION("broken there") {
    mirror.answer("GET", "", Reply{.status = 500});
    REQUIRE(store->manifest(fixture.image.digest));
  }
  SECTION("lying there") {
    mirror.answer("GET", "/manifests/", Reply{.body = "{}", .content_type = kType});
    REQUIRE(store->manifest(fixture.image.digest));
    const Descriptor blob = fixture.registry.honest().add_blob("shop/api", "a/b", "true bytes");
    mirror.answer("GET", "/blobs/", Reply{.body = "lied bytes"});
    CHECK(as_text(*store->blob(blob, 100)) == "true bytes");
  }
  SECTION("present there") {
    mirror.honest().add_manifest("shop/api", kType, manifest_text("image"), "1.4");
    REQUIRE(store->manifest("1.4"));
    CHECK(fixture.registry.calls().empty());
  }
  SECTION("no signatures there") {
    const auto subject = fixture.image.digest;
    fixture.registry.honest().add_manifest("shop/api", kType, manifest_text("sig", subject.text()));
    CHECK(store->referrers(subject, "")->descriptors.size() == 1);
    CHECK(mirror.count("GET", "/referrers/") == 1);
    CHECK(fixture.registry.count("GET", "/referrers/") == 1);
  }
  SECTION("writes pass it by") {
    REQUIRE(store->put_manifest(kType, as_bytes(manifest_text("w")), "w"));
    CHECK(mirror.calls().empty());
  }
}
