// Registries that lose, refuse or change what is written.
#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "base/json.h"
#include "formats/simple_signing.h"
#include "hostile/stage.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using namespace hallmark::test;
using namespace std::chrono_literals;

namespace {

std::size_t entries(Stage& stage, const std::string& tag, std::string_view list) {
  const auto json = stage.honest().manifest("shop/api", tag);
  if (!json) return 0;
  const base::Json parsed = base::Json::parse(as_bytes(*json), tag).value();
  const auto* items = parsed.find(list);
  return items == nullptr ? 0 : items->as_array()->size();
}

// Where signatures of this format are kept on a registry without the referrers API.
std::pair<std::string, std::string> place_of(Format format, const Digest& subject) {
  if (format == Format::simple) return {subject.tag() + ".sig", "layers"};
  return {subject.tag(), "manifests"};
}

}  // namespace

TEST_CASE("a signature that another writer adds between our read and our write is kept [attack 50]") {
  const Format format = GENERATE(Format::simple, Format::bundle);
  const bool conditional = GENERATE(true, false);
  CAPTURE(name(format), conditional);
  Stage stage({.features = {.referrers_api = false, .conditional = conditional}, .timeout = 20s});
  const auto [tag, list] = place_of(format, stage.image.digest);
  TestSigner first = TestSigner::generate();
  TestSigner second = TestSigner::generate();
  // What the tag holds once two others have signed.
  REQUIRE(stage.sign_as(first, format, stage.image.digest));
  const std::string one = stage.honest().digest_of("shop/api", tag).value();
  REQUIRE(stage.sign_as(second, format, stage.image.digest));
  const std::string two = stage.honest().digest_of("shop/api", tag).value();
  // Back to one; the second comes again, just before our write arrives.
  stage.honest().set_tag("shop/api", tag, one);
  stage.registry.tell({.method = "PUT",
                       .target = "/manifests/" + tag,
                       .count = 1,
                       .instead = [&, where = tag](const Call&) -> std::optional<Reply> {
                         stage.honest().set_tag("shop/api", where, two);
                         return std::nullopt;
                       }});
  const auto done = stage.sign(format, stage.image.digest);
  INFO(told(done).words);
  REQUIRE(done);
  check_verified(stage.verify());
  check_verified(stage.verify(stage.image.digest, {.keys = {first.public_key()}}));
  if (conditional) {
    CHECK(entries(stage, tag, list) == 3);
    check_verified(stage.verify(stage.image.digest, {.keys = {second.public_key()}}));
  }
}

TEST_CASE("a signature that our write buries, held up on its way, is put back [attack 50]") {
  const Format format = GENERATE(Format::simple, Format::bundle);
  CAPTURE(name(format));
  Stage stage({.features = {.referrers_api = false}, .timeout = 20s});
  const auto [tag, list] = place_of(format, stage.image.digest);
  TestSigner first = TestSigner::generate();
  TestSigner second = TestSigner::generate();
  REQUIRE(stage.sign_as(first, format, stage.image.digest));
  const std::string one = stage.honest().digest_of("shop/api", tag).value();
  REQUIRE(stage.sign_as(second, format, stage.image.digest));
  const std::string two = stage.honest().digest_of("shop/api", tag).value();
  stage.honest().set_tag("shop/api", tag, one);
  // The second signs while our write is on its way, looks twice, and is gone.
  stage.registry.tell({.method = "PUT",
                       .target = "/manifests/" + tag,
                       .count = 1,
                       .instead = [&, where = tag](const Call&) -> std::optional<Reply> {
                         stage.honest().set_tag("shop/api", where, two);
                         std::this_thread::sleep_for(1s);
                         return std::nullopt;
                       }});
  const auto done = stage.sign(format, stage.image.digest);
  INFO(told(done).words);
  REQUIRE(done);
  CHECK(entries(stage, tag, list) == 3);
  check_verified(stage.verify());
  check_verified(stage.verify(stage.image.digest, {.keys = {first.public_key()}}));
  check_verified(stage.verify(stage.image.digest, {.keys = {second.public_key()}}));
}

TEST_CASE("our signature is written again when another writer replaces it at once [attack 50]") {
  const Format format = GENERATE(Format::simple, Format::bundle);
  CAPTURE(name(format));
  Stage stage({.features = {.referrers_api = false}, .timeout = 20s});
  const auto [tag, list] = place_of(format, stage.image.digest);
  TestSigner other = TestSigner::generate();
  REQUIRE(stage.sign_as(other, format, stage.image.digest));
  const std::string theirs = stage.honest().digest_of("shop/api", tag).value();
  // The first two writes are overwritten right after they were taken.
  stage.registry.tell(
      {.method = "PUT", .target = "/manifests/" + tag, .count = 2, .change = [&, where = tag](const Call&, Reply&) {
         stage.honest().set_tag("shop/api", where, theirs);
       }});
  REQUIRE(stage.sign(format, stage.image.digest));
  CHECK(entries(stage, tag, list) == 2);
  check_verified(stage.verify());
  check_verified(stage.verify(stage.image.digest, {.keys = {other.public_key()}}));
}

TEST_CASE("without the referrers API the fallback tag keeps what others put there [attack 50]") {
  Stage stage({.features = {.referrers_api = false}, .timeout = 20s});
  const std::string tag = stage.image.digest.tag();
  const std::string theirs =
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":)"
      R"("application/vnd.oci.image.manifest.v1+json","digest":")" +
      Digest::of(as_bytes("an SBOM of somebody")).text() +
      R"(","size":421,"artifactType":"application/spdx+json","annotations":{"by":"others"}}],"annotations":{"kept":"yes"}})";
  stage.honest().add_manifest("shop/api", kIndexType, theirs, tag);
  REQUIRE(stage.sign(Format::bundle, stage.image.digest));
  const std::string now = stage.honest().manifest("shop/api", tag).value();
  CHECK_THAT(now, Catch::Contains(Digest::of(as_bytes("an SBOM of somebody")).text()) &&
                      Catch::Contains("application/spdx+json") && Catch::Contains("\"by\":\"others\"") &&
                      Catch::Contains("\"kept\":\"yes\""));
  CHECK(entries(stage, tag, "manifests") == 2);
}

TEST_CASE("a write that the registry refuses is an error, and nothing is reported as done [attack 50]") {
  struct Case {
    int status;
    Outcome outcome;
  };
  const auto [status, outcome] = GENERATE(values<Case>({
      {400, Outcome::malformed},
      {401, Outcome::unauthorized},
      {403, Outcome::unauthorized},
      {429, Outcome::throttled},
      {500, Outcome::unreachable},
      {503, Outcome::unreachable},
  }));
  const std::string target = GENERATE("/manifests/", "/blobs/uploads/");
  CAPTURE(status, target);
  Stage stage({.timeout = 2s});
  Reply refusal = error_reply(status, "REFUSED", "not today");
  if (status == 429) refusal.set("Retry-After", "60");
  stage.registry.answer(target == "/manifests/" ? "PUT" : "POST", target, refusal);
  const auto done = stage.sign(Format::bundle, stage.image.digest);
  const Told answer = told(done);
  CHECK_FALSE(answer.admitted);
  CHECK(word(answer.outcome) == word(outcome));
  stage.registry.be_honest();
  check_refused(stage.verify(), Outcome::unsigned_, "nothing signed this digest");
}

TEST_CASE("a write that fails for a moment is tried again [attack 50]") {
  const int status = GENERATE(409, 412, 429, 502, 503);
  const Format format = GENERATE(Format::simple, Format::bundle);
  CAPTURE(status, name(format));
  Stage stage({.features = {.referrers_api = false}, .timeout = 20s});
  stage.registry.tell(
      {.method = "PUT",
       .target = "/manifests/" + stage.image.digest.tag(),
       .count = 1,
       .instead = [status](const Call&) -> std::optional<Reply> { return error_reply(status, "BUSY"); }});
  const auto done = stage.sign(format, stage.image.digest);
  INFO(told(done).words);
  REQUIRE(done);
  check_verified(stage.verify());
}

TEST_CASE("a registry that says yes and keeps nothing is found out [attack 50]") {
  const bool api = GENERATE(true, false);
  const Format format = GENERATE(Format::simple, Format::bundle);
  CAPTURE(api, name(format));
  Stage stage({.features = {.referrers_api = api}, .timeout = 3s});
  stage.registry.tell(
      {.method = "PUT", .target = "/manifests/", .instead = [api](const Call& call) -> std::optional<Reply> {
         Reply lie{.status = 201};
         lie.set("Docker-Content-Digest", Digest::of(as_bytes(call.body)).text());
         if (api) {
           const auto json = base::Json::parse(as_bytes(call.body), "manifest");
           const auto* subject = json ? json->find("subject") : nullptr;
           if (subject != nullptr) lie.set("OCI-Subject", *subject->find("digest")->as_string());
         }
         return lie;
       }});
  const Stopwatch watch;
  const Told answer = told(stage.sign(format, stage.image.digest));
  CHECK_FALSE(answer.admitted);
  CHECK((answer.outcome == Outcome::malformed || answer.outcome == Outcome::unreachable));
  CHECK_THAT(answer.words, Catch::Contains("does not list it") || Catch::Contains("did not come to rest") ||
                               Catch::Contains("read back") || Catch::Contains("time limit"));
  watch.check_bounded();
}

TEST_CASE("an upload that breaks off in the middle is not a signature [attack 50]") {
  Stage stage({.timeout = 3s});
  // The registry takes the bytes of a blob and forgets the last one.
  stage.registry.tell(
      {.method = "PUT", .target = "/blobs/uploads/", .instead = [&](const Call& call) -> std::optional<Reply> {
         Call cut = call;
         if (!cut.body.empty()) cut.body.pop_back();
         return stage.honest().answer(cut);
       }});
  stage.registry.tell({.method = "PATCH", .instead = [&](const Call& call) -> std::optional<Reply> {
                         Call cut = call;
                         if (!cut.body.empty()) cut.body.pop_back();
                         return stage.honest().answer(cut);
                       }});
  const auto done = stage.sign(Format::bundle, stage.image.digest);
  const Told answer = told(done);
  CHECK_FALSE(answer.admitted);
  CHECK(word(answer.outcome) == word(Outcome::malformed));
  stage.registry.be_honest();
  check_refused(stage.verify(), Outcome::unsigned_, "nothing signed this digest");
}

TEST_CASE("sixteen signers at once lose nobody, with or without the referrers API [attack 50]") {
  const bool api = GENERATE(true, false);
  const Format format = GENERATE(Format::simple, Format::bundle);
  CAPTURE(api, name(format));
  constexpr std::size_t kSigners = 16;
  Stage stage({.features = {.referrers_api = api}, .timeout = 60s});
  std::vector<TestSigner> signers;
  for (std::size_t i = 0; i < kSigners; ++i) signers.push_back(TestSigner::generate());
  const TemporaryFolder locks;
  std::vector<Told> answers(kSigners);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kSigners; ++i) {
      threads.emplace_back([&, i] {
        RegistryOptions options = stage.options();
        options.lock_dir = locks.path();
        auto client = RegistryClient::create(std::move(options), system_clock());
        const auto store = (*client)->open(stage.repository());
        answers[i] =
            told(sign(*store, stage.image.digest, {&signers[i]},
                      {.format = format, .docker_reference = stage.repository().text()}, system_clock().now()));
      });
    }
  }
  for (std::size_t i = 0; i < kSigners; ++i) {
    INFO(answers[i].words);
    CHECK(answers[i].admitted);
    check_verified(stage.verify(stage.image.digest, {.keys = {signers[i].public_key()}}));
  }
}
