#include "base/limits.h"
#include "unit/registry/fixture.h"

using namespace hallmark;
using test::client_with;
using test::content_of;
using test::LyingRegistry;
using test::manifest_text;
using test::Reply;
using test::repository;

namespace {

constexpr auto* kType = "application/vnd.oci.image.manifest.v1+json";
constexpr auto* kIndexType = "application/vnd.oci.image.index.v1+json";

struct Fixture {
  explicit Fixture(test::RegistryFeatures features = {}) : registry(features) {
    image = registry.honest().add_manifest("shop/api", kType, manifest_text("image"), "1.4");
    store = client->open(repository(registry.authority()));
  }
  void add(int count) {
    for (int i = 0; i < count; ++i)
      registry.honest().add_manifest("shop/api", kType, manifest_text(std::to_string(i), image.digest.text()));
  }
  LyingRegistry registry;
  Descriptor image{{}, Digest::of({})};
  std::unique_ptr<RegistryClient> client = client_with({});
  std::unique_ptr<ContentStore> store;
};

}  // namespace

TEST_CASE("referrers come from the API, page by page") {
  Fixture fixture({.page = 3});
  fixture.add(8);
  const auto found = fixture.store->referrers(fixture.image.digest, "");
  REQUIRE(found);
  CHECK(found->descriptors.size() == 8);
  CHECK_FALSE(found->incomplete);
  CHECK(fixture.registry.count("GET", "/referrers/") == 3);
}

TEST_CASE("a subject nobody refers to has no referrers, with or without the API") {
  Fixture fixture({.referrers_api = GENERATE(true, false)});
  const auto found = fixture.store->referrers(Digest::of(as_bytes("nobody")), "");
  REQUIRE(found);
  CHECK(found->descriptors.empty());
  CHECK_FALSE(found->incomplete);
}

TEST_CASE("without the API the fallback tag is read, whatever its entries say of their type") {
  Fixture fixture({.referrers_api = false});
  const auto sig = content_of(manifest_text("sig", fixture.image.digest.text()));
  fixture.registry.honest().add_manifest("shop/api", kIndexType,
                                         R"({"schemaVersion":2,"mediaType":")" + std::string(kIndexType) +
                                             R"(","manifests":[{"mediaType":")" + kType + R"(","digest":")" +
                                             sig.descriptor.digest.text() +
                                             R"(","size":1,"artifactType":"application/vnd.oci.empty.v1+json"}]})",
                                         fixture.image.digest.tag());
  const auto found = fixture.store->referrers(fixture.image.digest, "application/x-test");
  REQUIRE(found);
  REQUIRE(found->descriptors.size() == 1);
  CHECK(found->descriptors.front().digest == sig.descriptor.digest);
}

TEST_CASE("a listing that cannot be read to its end says so [attack 20]") {
  Fixture fixture({.page = 2});
  fixture.add(5);
  struct Case {
    std::string link;
    std::string reason;
  };
  SECTION("pages that lead in a circle, elsewhere, or nowhere") {
    const auto [link, reason] = GENERATE(values<Case>({
        {"<?>; rel=\"next\"", "lead in a circle"},
        {"<http://169.254.169.254/>; rel=\"next\"", "which is another server"},
        {"<https://127.0.0.1/>; rel=\"next\"", "which is another server"},
        {"<file:///etc/passwd>; rel=\"next\"", "expected http"},
        {"</x; rel=\"next\"", "target without an end"},
    }));
    const std::string given = link == "<?>; rel=\"next\""
                                  ? "</v2/shop/api/referrers/" + fixture.image.digest.text() + ">; rel=\"next\""
                                  : link;
    fixture.registry.change("GET", "/referrers/",
                            [given](const test::Call&, Reply& reply) { reply.set("Link", given); });
    const auto found = fixture.store->referrers(fixture.image.digest, "");
    REQUIRE(found);
    CHECK(found->descriptors.size() == 2);
    REQUIRE(found->incomplete);
    CHECK(found->incomplete->kind() == Outcome::malformed);
    CHECK_THAT(found->incomplete->message(), Catch::Contains(reason));
  }
  SECTION("a page that fails") {
    fixture.registry.tell({.method = "GET", .target = "/referrers/", .from = 2, .instead = [](const test::Call&) {
                             return std::optional(Reply{.status = 500});
                           }});
    const auto found = fixture.store->referrers(fixture.image.digest, "");
    REQUIRE(found);
    REQUIRE(found->incomplete);
    CHECK(found->incomplete->kind() == Outcome::unreachable);
  }
  SECTION("pages without end") {
    std::atomic<int> page = 0;
    fixture.registry.change("GET", "/referrers/", [&](const test::Call& call, Reply& reply) {
      reply.set("Link", "<" + call.path + "?p=" + std::to_string(++page) + ">; rel=\"next\"");
    });
    const auto found = fixture.store->referrers(fixture.image.digest, "");
    REQUIRE(found);
    REQUIRE(found->incomplete);
    CHECK_THAT(found->incomplete->message(), Catch::Contains("more than 64 pages"));
  }
}

TEST_CASE("a first page that fails is an error, never an empty list") {
  Fixture fixture;
  struct Case {
    Reply reply;
    Outcome kind;
  };
  const auto index_type = std::string(kIndexType);
  const auto [reply, kind] = GENERATE_COPY(values<Case>({
      {Reply{.status = 500}, Outcome::unreachable},
      {Reply{.status = 401}, Outcome::unauthorized},
      {Reply{.status = 400}, Outcome::malformed},
      {Reply{.body = "{", .content_type = index_type}, Outcome::malformed},
      {Reply{.body = R"({"schemaVersion":2,"manifests":[{"digest":"sha256:x"}]})", .content_type = index_type},
       Outcome::malformed},
  }));
  fixture.registry.answer("GET", "/referrers/", reply);
  const auto found = fixture.store->referrers(fixture.image.digest, "");
  REQUIRE_FALSE(found);
  CHECK(found.error().kind() == kind);
  CHECK_THAT(found.error().message(), Catch::Contains("listing the referrers of"));
}

TEST_CASE("a page that is no index means that there is no API") {
  Fixture fixture;
  fixture.registry.answer("GET", "/referrers/", Reply{.body = "<html>", .content_type = "text/html"});
  const auto found = fixture.store->referrers(fixture.image.digest, "");
  REQUIRE(found);
  CHECK(found->descriptors.empty());
  CHECK(fixture.registry.count("GET", "/manifests/sha256-") == 1);
}

TEST_CASE("an address that a registry does not know is not asked for again") {
  Fixture fixture({.referrers_api = false});
  struct Case {
    Reply reply;
    std::size_t asked;
  };
  const auto [reply, asked] = GENERATE(values<Case>({
      {Reply{.status = 404, .body = "404 page not found\n", .content_type = "text/plain"}, 1},
      {Reply{.status = 404, .body = R"({"errors":[{"code":"NAME_UNKNOWN"}]})"}, 2},  // this repository is not there
      {Reply{.status = 404, .body = ""}, 2},
      {Reply{.status = 405, .body = "no"}, 2},
      {Reply{.status = 200, .body = "<html>", .content_type = "text/html"}, 2},
  }));
  fixture.registry.answer("GET", "/referrers/", reply);
  for (const char* path : {"shop/api", "shop/web"}) {
    const auto store = fixture.client->open(repository(fixture.registry.authority(), path));
    REQUIRE(store->referrers(fixture.image.digest, ""));
  }
  CHECK(fixture.registry.count("GET", "/referrers/") == asked);
  CHECK(fixture.registry.count("GET", "/manifests/sha256-") == 2);
}

namespace {

class HandClock final : public Clock {
 public:
  Time now() const override { return test::kClock.now(); }
  std::chrono::steady_clock::time_point steady() const override { return test::kClock.steady() + ahead; }
  std::chrono::seconds ahead{0};
};

}  // namespace

TEST_CASE("after a while a registry may have learnt to list referrers") {
  HandClock clock;
  auto http = net::HttpClient::create({}, clock);
  REQUIRE(http);
  auto client = RegistryClient::Parts::assemble({}, clock, *std::move(http), test::quick());
  REQUIRE(client);
  LyingRegistry registry;
  registry.answer("GET", "/referrers/", Reply{.status = 404, .body = "404 page not found\n"});
  const auto ask = [&] { return (*client)->open(repository(registry.authority()))->referrers(Digest::of({}), ""); };
  REQUIRE(ask());
  clock.ahead = std::chrono::seconds(59);
  REQUIRE(ask());
  CHECK(registry.count("GET", "/referrers/") == 1);
  clock.ahead = std::chrono::seconds(61);
  REQUIRE(ask());
  CHECK(registry.count("GET", "/referrers/") == 2);
}

TEST_CASE("attach is done when the referrer is listed") {
  SECTION("by the API, in two requests") {
    Fixture fixture;
    const auto sig = content_of(manifest_text("sig", fixture.image.digest.text()));
    REQUIRE(fixture.store->attach(sig, fixture.image));
    CHECK(fixture.registry.calls().size() == 2);
    CHECK(fixture.store->referrers(fixture.image.digest, "")->descriptors.size() == 1);
  }
  SECTION("by the API of a registry that does not say OCI-Subject") {
    Fixture fixture;
    fixture.registry.change("PUT", "/manifests/", [](const test::Call&, Reply& r) { r.set("OCI-Subject", ""); });
    const auto sig = content_of(manifest_text("sig", fixture.image.digest.text()));
    REQUIRE(fixture.store->attach(sig, fixture.image));
    CHECK(fixture.registry.count("PUT") == 1);
  }
  SECTION("by the fallback tag, beside what is there already") {
    Fixture fixture({.referrers_api = false});
    fixture.registry.honest().add_manifest("shop/api", kIndexType,
                                           R"({"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":")" +
                                               Digest::of(as_bytes("x")).text() +
                                               R"(","size":1,"x-foreign":"kept"}],"annotations":{"k":"v"}})",
                                           fixture.image.digest.tag());
    for (int i = 0; i < 3; ++i)
      REQUIRE(fixture.store->attach(content_of(manifest_text(std::to_string(i), fixture.image.digest.text())),
                                    fixture.image));
    const auto found = fixture.store->referrers(fixture.image.digest, "");
    REQUIRE(found);
    REQUIRE(found->descriptors.size() == 4);
    CHECK(found->descriptors.back().artifact_type == "application/x-test");
    CHECK(found->descriptors.back().annotations.at("note") == "2");
    const auto text = fixture.registry.honest().manifest("shop/api", fixture.image.digest.tag());
    CHECK_THAT(*text, Catch::Contains("x-foreign"));
    CHECK_THAT(*text, Catch::Contains("annotations"));
  }
}

TEST_CASE("a registry that takes a referrer and does not list it is an error") {
  Fixture fixture;
  fixture.registry.answer("GET", "/referrers/",
                          Reply{.body = R"({"schemaVersion":2,"manifests":[]})", .content_type = kIndexType});
  const auto done = fixture.store->attach(content_of(manifest_text("sig", fixture.image.digest.text())), fixture.image);
  REQUIRE_FALSE(done);
  CHECK_THAT(done.error().message(), Catch::Contains("does not list it"));
}

namespace {

std::string index_with(std::size_t entries, bool same) {
  std::string text = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)";
  for (std::size_t i = 0; i < entries; ++i) {
    const Digest digest = Digest::of(as_bytes(same ? "one" : std::to_string(i)));
    text += std::string(i == 0 ? "" : ",") + R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" +
            digest.text() + R"(","size":2})";
  }
  return text + "]}";
}

}  // namespace

TEST_CASE("a list that is too long hides nothing of its first entries, and is no whole list [attack 20]") {
  const bool api = GENERATE(true, false);
  Fixture fixture({.referrers_api = api});
  const std::string text = index_with(limits::index_manifests + 1, false);
  if (api) {
    fixture.registry.answer("GET", "/referrers/", Reply{.body = text, .content_type = kIndexType});
  } else {
    fixture.registry.honest().add_manifest("shop/api", kIndexType, text, fixture.image.digest.tag());
  }
  const auto found = fixture.store->referrers(fixture.image.digest, {});
  REQUIRE(found);
  CHECK(found->descriptors.size() == limits::index_manifests);
  REQUIRE(found->incomplete);
  CHECK(found->incomplete->kind() == Outcome::malformed);
  CHECK_THAT(found->incomplete->message(), Catch::Contains("more than 4096 referrers"));
}

TEST_CASE("a full fallback index is not made one that nobody can read [attack 20]") {
  Fixture fixture({.referrers_api = false});
  const std::string tag = fixture.image.digest.tag();
  const auto sig = content_of(manifest_text("sig", fixture.image.digest.text()));
  SECTION("of different entries: it is refused and stays") {
    const std::string full = index_with(limits::index_manifests + GENERATE(0U, 1U), false);
    fixture.registry.honest().add_manifest("shop/api", kIndexType, full, tag);
    const auto done = fixture.store->attach(sig, fixture.image);
    REQUIRE_FALSE(done);
    CHECK(done.error().kind() == Outcome::malformed);
    CHECK_THAT(done.error().message(), Catch::Contains("is full"));
    CHECK(fixture.registry.honest().manifest("shop/api", tag) == full);
  }
  SECTION("of one entry many times: it counts once, and there is room") {
    fixture.registry.honest().add_manifest("shop/api", kIndexType, index_with(limits::index_manifests - 1, true), tag);
    REQUIRE(fixture.store->attach(sig, fixture.image));
    const auto found = fixture.store->referrers(fixture.image.digest, {});
    REQUIRE(found);
    CHECK(found->descriptors.size() == 2);
  }
}
