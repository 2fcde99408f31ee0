#include "registry/tag_writer.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "unit/registry/fixture.h"
#include "unit/registry/writers.h"

using namespace hallmark;
using test::adding;
using test::client_with;
using test::LyingRegistry;
using test::Reply;
using test::repository;
using test::with_writers;
using test::writers_in;

namespace {

constexpr auto* kType = test::kWritersType;
constexpr auto* kIndexType = "application/vnd.oci.image.index.v1+json";

std::string index_of(const Descriptor& entry) {
  return R"({"schemaVersion":2,"mediaType":")" + std::string(kIndexType) + R"(","manifests":[{"mediaType":")" +
         entry.media_type + R"(","digest":")" + entry.digest.text() + R"(","size":)" + std::to_string(entry.size) +
         "}]}";
}

// As `adding`, and puts back what it was shown once.
TagEditor remembering(const std::string& writer) {
  return [seen = std::set<std::string>{writer}](
             const std::optional<Content>& current) mutable -> Result<std::optional<TagEdit>> {
    auto writers = current ? writers_in(as_text(current->bytes)) : std::vector<std::string>();
    const std::set<std::string> there(writers.begin(), writers.end());
    std::ranges::set_difference(seen, there, std::back_inserter(writers));
    seen.insert(writers.begin(), writers.end());
    if (writers.size() == there.size()) return std::nullopt;
    return TagEdit{kType, to_bytes(with_writers(writers))};
  };
}

std::vector<std::string> stored(LyingRegistry& registry) {
  const auto text = registry.honest().manifest("shop/api", "a.sig");
  return text ? writers_in(*text) : std::vector<std::string>();
}

}  // namespace

TEST_CASE("an edit creates the tag, adds to it, and does nothing when it is there") {
  LyingRegistry registry;
  const auto client = client_with({});
  const auto store = client->open(repository(registry.authority()));
  REQUIRE(store->edit_tag("a.sig", adding("one")));
  REQUIRE(store->edit_tag("a.sig", adding("two")));
  CHECK(stored(registry) == std::vector<std::string>{"one", "two"});
  registry.forget_calls();
  REQUIRE(store->edit_tag("a.sig", adding("one")));
  CHECK(registry.calls().size() == 1);
  CHECK(store->edit_tag("no tag", adding("x")).error().kind() == Outcome::usage);
}

TEST_CASE("an editor's own error ends the edit") {
  LyingRegistry registry;
  const auto client = client_with({});
  const auto store = client->open(repository(registry.authority()));
  const auto done = store->edit_tag(
      "a.sig", [](const auto&) -> Result<std::optional<TagEdit>> { return fail(Outcome::malformed, "not mine"); });
  CHECK(done.error().message() == "not mine");
  CHECK(registry.count("PUT") == 0);
}

TEST_CASE("a write that another one buried is done again [attack 50]") {
  LyingRegistry registry;
  const auto client = client_with({});
  const auto store = client->open(repository(registry.authority()));
  registry.honest().add_manifest("shop/api", kType, with_writers({"old"}), "a.sig");
  // Right after our first write another writer, who had read before it, puts what they have: ours is gone.
  registry.tell({.method = "PUT", .target = "a.sig", .count = 1, .change = [&](const test::Call&, Reply&) {
                   registry.honest().add_manifest("shop/api", kType, with_writers({"old", "other"}), "a.sig");
                 }});
  REQUIRE(store->edit_tag("a.sig", adding("mine")));
  CHECK(stored(registry) == std::vector<std::string>{"old", "other", "mine"});
}

TEST_CASE("a write that was held up on its way puts back what it buried [attack 50]") {
  const bool fallback = GENERATE(false, true);
  CAPTURE(fallback);
  LyingRegistry registry({.referrers_api = false});
  const auto client = client_with({});
  const auto store = client->open(repository(registry.authority()));
  const auto image = registry.honest().add_manifest("shop/api", kType, test::manifest_text("image"), "1.4");
  const std::string tag = fallback ? image.digest.tag() : "a.sig";
  const auto theirs = test::content_of(test::manifest_text("theirs", image.digest.text()));
  const std::string buried = fallback ? index_of(theirs.descriptor) : with_writers({"old", "theirs"});
  // Our first write is on its way for many times the settle time. Meanwhile another writer comes, watches, and goes.
  registry.tell({.method = "PUT", .target = tag, .count = 1, .instead = [&](const test::Call&) -> std::optional<Reply> {
                   registry.honest().add_manifest("shop/api", fallback ? kIndexType : kType, buried, tag);
                   std::this_thread::sleep_for(std::chrono::milliseconds(400));
                   return std::nullopt;  // now it arrives
                 }});
  if (fallback) {
    REQUIRE(store->attach(test::content_of(test::manifest_text("mine", image.digest.text())), image));
    const auto listed = store->referrers(image.digest, "");
    REQUIRE(listed);
    CHECK(listed->descriptors.size() == 2);
  } else {
    REQUIRE(store->edit_tag(tag, remembering("mine")));
    const auto writers = stored(registry);
    CHECK(std::set(writers.begin(), writers.end()) == std::set<std::string>{"mine", "old", "theirs"});
  }
}

TEST_CASE("a quick write is not watched") {
  LyingRegistry registry;
  const auto client = client_with({}, {std::chrono::milliseconds(1000), std::chrono::milliseconds(5), 1024});
  const auto store = client->open(repository(registry.authority()));
  REQUIRE(store->edit_tag("a.sig", adding("mine")));
  CHECK(registry.calls().size() == 4);  // read, write, two looks
}

TEST_CASE("412, 409, 429, 5xx and a collision between read and write lose nothing [attack 50]") {
  const int status = GENERATE(412, 409, 429, 500, 503, 400);
  const bool arrived = GENERATE(false, true);
  CAPTURE(status, arrived);
  const Reply refusal = status == 400 ? test::error_reply(400, "DIGEST_INVALID") : Reply{.status = status};
  LyingRegistry registry;
  const auto client = client_with({});
  const auto store = client->open(repository(registry.authority()));
  registry.honest().add_manifest("shop/api", kType, with_writers({"old"}), "a.sig");
  if (arrived) {  // the write is done, and its answer lost
    registry.tell(
        {.method = "PUT", .target = "a.sig", .count = 2, .change = [refusal](const test::Call&, Reply& reply) {
           reply = refusal;
         }});
  } else {
    registry.tell({.method = "PUT", .target = "a.sig", .count = 2, .instead = [&, refusal](const test::Call&) {
                     registry.honest().add_manifest("shop/api", kType, with_writers({"old", "other"}), "a.sig");
                     return std::optional(refusal);
                   }});
  }
  const auto done = store->edit_tag("a.sig", adding("mine"));
  if (!done) FAIL(done.error().message());
  const auto writers = stored(registry);
  CHECK(writers.front() == "old");
  CHECK(writers.back() == "mine");
  CHECK(writers.size() == (arrived ? 2 : 3));
}

TEST_CASE("a registry that never takes the write says why [attack 50]") {
  struct Case {
    int status;
    Outcome kind;
    std::string hint;
  };
  const auto [status, kind, hint] = GENERATE(values<Case>({
      {409, Outcome::malformed, "--signature-repository"},
      {500, Outcome::unreachable, ""},
      {401, Outcome::unauthorized, "hallmark login"},
      {400, Outcome::malformed, ""},
  }));
  LyingRegistry registry;
  const auto client = client_with({});
  const auto store = client->open(repository(registry.authority()));
  registry.answer("PUT", "a.sig", Reply{.status = status});
  const auto done = store->edit_tag("a.sig", adding("mine"));
  REQUIRE_FALSE(done);
  CHECK(done.error().kind() == kind);
  CHECK_THAT(done.error().hint(), Catch::Contains(hint));
  CHECK_THAT(done.error().message(), Catch::Contains("writing"));
}

TEST_CASE("a tag that never comes to rest is an error within the deadline [attack 50]") {
  LyingRegistry registry;
  RegistryOptions options;
  options.timeout = std::chrono::milliseconds(700);
  const auto client = client_with(options);
  const auto store = client->open(repository(registry.authority()));
  registry.change("PUT", "a.sig", [&](const test::Call&, Reply&) {
    registry.honest().add_manifest("shop/api", kType, with_writers({"other"}), "a.sig");
  });
  const auto start = std::chrono::steady_clock::now();
  const auto done = store->edit_tag("a.sig", adding("mine"));
  REQUIRE_FALSE(done);
  CHECK(done.error().kind() == Outcome::unreachable);
  CHECK_THAT(done.error().message(), Catch::Contains("did not come to rest"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(3));
}

TEST_CASE("a registry that honours If-Match is found out and spared the waiting") {
  LyingRegistry registry({.conditional = true});
  const auto client = client_with({}, {std::chrono::seconds(5), std::chrono::milliseconds(5), 1024});
  const auto store = client->open(repository(registry.authority()));
  registry.honest().add_manifest("shop/api", kType, with_writers({"old"}), "a.sig");
  bool has_etag = false;
  registry.change("GET", "a.sig", [&](const test::Call&, Reply& reply) { has_etag = !reply.header("ETag").empty(); });
  REQUIRE(store->edit_tag("a.sig", adding("one")));
  REQUIRE(has_etag);
  CHECK(registry.count("PUT") == 2);  // the probe and the write
  registry.forget_calls();
  REQUIRE(store->edit_tag("a.sig", adding("two")));
  CHECK(registry.calls().size() == 3);  // read, write, read back
  CHECK(stored(registry).size() == 3);
}

TEST_CASE("many writers on one tag all find their edits there") {
  const bool conditional = GENERATE(false, true);
  const bool one_machine = GENERATE(false, true);
  CAPTURE(conditional, one_machine);
  // With neither lock nor conditions a writer that stalls for longer than the others watch can undo them: the risk that
  // docs/signing-races.md states. They watch long enough for a busy machine.
  const std::chrono::milliseconds settle(conditional || one_machine ? 60 : 500);
  LyingRegistry registry({.conditional = conditional});
  test::TemporaryFolder locks;
  std::atomic<int> failures = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&, i] {
      RegistryOptions options;
      if (one_machine) options.lock_dir = locks / "locks";
      const auto client =
          RegistryClient::Parts::assemble(options, test::kClock, *net::HttpClient::create({}, test::kClock),
                                          {settle, std::chrono::milliseconds(5), 1024});
      const auto store = (*client)->open(*Repository::parse(registry.authority() + "/shop/api"));
      if (!store->edit_tag("a.sig", adding("w" + std::to_string(i)))) ++failures;
    });
  }
  threads.clear();
  CHECK(failures == 0);
  CHECK(stored(registry).size() == 12);
}
