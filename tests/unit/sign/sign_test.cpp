#include "hallmark/sign.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <thread>

#include "formats/bundle.h"
#include "formats/simple_signing.h"
#include "hallmark/verify.h"
#include "oci/media_type.h"
#include "support/signed_image.h"
#include "support/test_signer.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

const Time kAt{std::chrono::seconds(1'795'334'400)};  // 2026-11-22T08:00:00Z

VerifyOptions by(const std::vector<Signer*>& signers) {
  VerifyOptions options;
  for (auto* signer : signers) options.keys.push_back(signer->public_key());
  return options;
}

oci::Manifest sig_manifest(MemoryStore& store, const Digest& subject) {
  const auto content = store.manifest(subject.tag() + ".sig");
  REQUIRE(content);
  auto manifest = oci::Manifest::parse(*content);
  REQUIRE(manifest);
  return *std::move(manifest);
}

// Takes what is sent, and breaks off instead of answering.
class BreakingStore : public MemoryStore {
 public:
  std::optional<Error> broken;  // in place of the answer
  bool arrives = true;
  std::optional<Error> silent;  // in place of what is asked after that

  Result<Descriptor> attach(const Content& referrer, const Descriptor& subject) override {
    if (!broken) return MemoryStore::attach(referrer, subject);
    if (arrives) REQUIRE(MemoryStore::attach(referrer, subject));
    return fail(*broken);
  }
  Result<Descriptor> edit_tag(std::string_view tag, const TagEditor& editor) override {
    if (!broken) return MemoryStore::edit_tag(tag, editor);
    if (arrives) {
      REQUIRE(MemoryStore::edit_tag(tag, editor));
    } else {
      REQUIRE(editor(std::nullopt));
    }
    return fail(*broken);
  }
  Result<bool> has_manifest(const Digest& digest) override {
    return silent ? Result<bool>(fail(*silent)) : MemoryStore::has_manifest(digest);
  }
};

// What `sign` said of each signature while it ran, and its error.
struct Heard {
  std::vector<Signed> published;
  Result<std::vector<Signed>> answer;
};

Heard sign_named(MemoryStore& store, const Digest& image, TestSigner& signer, Format format) {
  std::vector<Signed> heard;
  const SignOptions options{.format = format,
                            .docker_reference = "r.example/a",
                            .key_names = {{signer.public_key().id(), "hashivault://release"}},
                            .on_published = [&](const Signed& one) { heard.push_back(one); }};
  auto answer = sign(store, image, {&signer}, options, kAt);
  return {std::move(heard), std::move(answer)};
}

Descriptor with_platform(Descriptor descriptor, const std::string& architecture) {
  descriptor.platform = Platform{"linux", architecture, ""};
  return descriptor;
}

}  // namespace

TEST_CASE("what is signed verifies, in each format, with its annotations and name") {
  MemoryStore store;
  const auto image = add_image(store);
  auto signer = TestSigner::generate();
  SignOptions options;
  options.format = GENERATE(Format::bundle, Format::simple);
  options.annotations = {{"stage", "prod"}};
  options.docker_reference = "registry.example/shop/api";
  const auto done = sign(store, image.digest, {&signer}, options, kAt);
  REQUIRE(done);
  REQUIRE(done->size() == 1);
  CHECK(done->front().digest == image.digest);
  CHECK(done->front().format == options.format);
  CHECK(done->front().key == signer.public_key().id());
  CHECK(store.manifest(done->front().manifest));
  auto wanted = by({&signer});
  wanted.annotations = options.annotations;
  if (options.format == Format::simple) wanted.name = "registry.example/shop/api";
  const auto verdict = verify(store, image.digest, wanted);
  REQUIRE(verdict);
  CHECK(verdict->admitted);
  CHECK(verdict->findings.at(0).format == options.format);
}

TEST_CASE("a bundle is attached as cosign's specification says, with the time that was handed in") {
  MemoryStore store;
  const auto image = add_image(store);
  auto signer = TestSigner::generate();
  const auto done = sign(store, image.digest, {&signer}, {}, kAt);
  REQUIRE(done);
  const auto manifest = *oci::Manifest::parse(*store.manifest(done->front().manifest));
  CHECK(manifest.artifact_type == formats::kBundleType);
  CHECK(manifest.config == oci::empty_descriptor());
  CHECK(manifest.subject->digest == image.digest);
  CHECK(manifest.subject->size == image.size);
  CHECK(manifest.annotations.at("org.opencontainers.image.created") == "2026-11-22T08:00:00Z");
  CHECK(store.has_blob(oci::empty_descriptor()).value());
}

TEST_CASE("several keys sign a simple manifest in one edit; a key that signed the same claim adds nothing") {
  MemoryStore store;
  const auto image = add_image(store);
  auto one = TestSigner::generate();
  auto two = TestSigner::generate();
  const SignOptions options{.format = Format::simple, .docker_reference = "r.example/a"};
  REQUIRE(sign(store, image.digest, {&one, &two, &one}, options, kAt)->size() == 2);
  auto manifest = sig_manifest(store, image.digest);
  CHECK(manifest.layers.size() == 2);
  const auto config = store.blob(manifest.config, 4096);
  REQUIRE(config);
  CHECK(as_text(*config) == formats::simple_signature_config(manifest.layers));

  const auto again = sign(store, image.digest, {&two}, options, kAt);
  REQUIRE(again);
  CHECK(again->size() == 1);
  CHECK(sig_manifest(store, image.digest).layers == manifest.layers);

  SignOptions other = options;
  other.annotations = {{"stage", "prod"}};
  REQUIRE(sign(store, image.digest, {&two}, other, kAt));
  CHECK(sig_manifest(store, image.digest).layers.size() == 3);
  CHECK(verify(store, image.digest, by({&one}))->admitted);
  CHECK(verify(store, image.digest, by({&two}))->admitted);
}

TEST_CASE("a signature that another key put under our payload does not count as ours") {
  MemoryStore store;
  const auto image = add_image(store);
  auto ours = TestSigner::generate();
  auto theirs = TestSigner::generate();
  const SignOptions options{.format = Format::simple, .docker_reference = "r.example/a"};
  REQUIRE(sign(store, image.digest, {&theirs}, options, kAt));
  REQUIRE(sign(store, image.digest, {&ours}, options, kAt));
  CHECK(sig_manifest(store, image.digest).layers.size() == 2);
  CHECK(verify(store, image.digest, by({&ours}))->admitted);
}

TEST_CASE("a signature added between read and write is not lost [attack 50]") {
  MemoryStore store;
  const auto image = add_image(store);
  auto ours = TestSigner::generate();
  auto theirs = TestSigner::generate();
  bool raced = false;
  store.before_tag_write = [&](std::string_view) {
    if (raced) return;
    raced = true;
    attach_simple(store, image.digest, theirs);
  };
  REQUIRE(sign(store, image.digest, {&ours}, {.format = Format::simple, .docker_reference = "r.example/a"}, kAt));
  CHECK(sig_manifest(store, image.digest).layers.size() == 2);
  CHECK(verify(store, image.digest, by({&ours}))->admitted);
  CHECK(verify(store, image.digest, by({&theirs}))->admitted);
}

TEST_CASE("many threads sign one digest and every signature is there") {
  MemoryStore store;
  const auto image = add_image(store);
  const auto format = GENERATE(Format::bundle, Format::simple);
  std::vector<TestSigner> signers;
  for (int i = 0; i < 16; ++i) signers.push_back(TestSigner::generate());
  {
    std::vector<std::jthread> threads;
    for (auto& signer : signers) {
      threads.emplace_back([&] {
        (void)sign(store, image.digest, {&signer}, {.format = format, .docker_reference = "r.example/a"}, kAt);
      });
    }
  }
  for (auto& signer : signers) CHECK(verify(store, image.digest, by({&signer}))->admitted);
}

TEST_CASE("--recursive signs what was asked for, whatever its type: done means that something was signed") {
  MemoryStore store;
  const auto odd = store.add_manifest("application/vnd.acme.thing+json",
                                      R"({"schemaVersion":2,"mediaType":"application/vnd.acme.thing+json"})");
  auto signer = TestSigner::generate();
  const auto done = sign(store, odd.digest, {&signer}, {.recursive = true}, kAt);
  REQUIRE(done);
  REQUIRE(done->size() == 1);
  CHECK(done->front().digest == odd.digest);
  CHECK(verify(store, odd.digest, by({&signer}))->admitted);
}

TEST_CASE("--recursive signs children before their index, and what it signs verifies") {
  MemoryStore store;
  const auto amd = add_image(store, "amd64");
  const auto arm = add_image(store, "arm64");
  const auto index = add_index(store, {with_platform(amd, "amd64"), with_platform(arm, "arm64")});
  auto signer = TestSigner::generate();
  SignOptions options{.recursive = true};
  options.format = GENERATE(Format::bundle, Format::simple);
  const auto done = sign(store, index.digest, {&signer}, options, kAt);
  REQUIRE(done);
  REQUIRE(done->size() == 3);
  CHECK(done->back().digest == index.digest);
  auto wanted = by({&signer});
  wanted.recursive = true;
  CHECK(verify(store, index.digest, wanted)->admitted);
}

TEST_CASE("--platform signs the one manifest") {
  MemoryStore store;
  const auto amd = add_image(store, "amd64");
  const auto arm = add_image(store, "arm64");
  const auto index = add_index(store, {with_platform(amd, "amd64"), with_platform(arm, "arm64")});
  auto signer = TestSigner::generate();
  const auto done = sign(store, index.digest, {&signer}, {.platform = Platform{"linux", "arm64", ""}}, kAt);
  REQUIRE(done);
  REQUIRE(done->size() == 1);
  CHECK(done->front().digest == arm.digest);
  CHECK(verify(store, arm.digest, by({&signer}))->admitted);
  CHECK(verify(store, index.digest, by({&signer}))->outcome == Outcome::unsigned_);
}

TEST_CASE("nothing is published unless every signature was made and verifies [attack 49]") {
  MemoryStore store;
  const auto image = add_image(store);
  auto good = TestSigner::generate();
  auto other = TestSigner::generate();
  const auto format = GENERATE(Format::bundle, Format::simple);
  SECTION("a signer that answers for another key") {
    MismatchedSigner wrong(other, good);
    const auto refused = sign(store, image.digest, {&good, &wrong}, {.format = format}, kAt);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind() == Outcome::key);
    CHECK_THAT(refused.error().message(), Catch::Contains("its own public key does not verify what it made"));
  }
  SECTION("a signer that fails") {
    FailingSigner failing(other);
    const auto refused = sign(store, image.digest, {&good, &failing}, {.format = format}, kAt);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind() == Outcome::key);
    CHECK_THAT(refused.error().message(), Catch::Contains("the key is locked"));
    CHECK_THAT(refused.error().message(), Catch::Contains(other.public_key().id()));
  }
  CHECK(store.reads().writes == 0);
}

TEST_CASE("an error after the first publication names what was published [attack 50]") {
  MemoryStore store;
  const auto amd = add_image(store, "amd64");
  const auto arm = add_image(store, "arm64");
  const auto index = add_index(store, {amd, arm});
  auto signer = TestSigner::generate();
  store.fail_write_on = [&](std::string_view what) -> std::optional<Error> {
    if (what != "attach:" + index.digest.text()) return std::nullopt;
    return Error(Outcome::unreachable, "503");
  };
  const auto refused = sign(store, index.digest, {&signer}, {.recursive = true}, kAt);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == Outcome::unreachable);
  CHECK_THAT(refused.error().message(), Catch::Contains("published 2 of 3 signatures"));
  for (const auto& child : {amd, arm}) {
    const auto listed = store.referrers(child.digest, {});
    REQUIRE(listed->descriptors.size() == 1);
    CHECK_THAT(refused.error().message(), Catch::Contains(listed->descriptors.front().digest.text()));
  }
  CHECK_THAT(refused.error().message(), Catch::Contains("503"));
}

TEST_CASE("of two keys, the one that was published is told with its manifest and its name") {
  MemoryStore store;
  const auto image = add_image(store);
  auto one = TestSigner::generate();
  auto two = TestSigner::generate();
  int attached = 0;
  store.fail_write_on = [&](std::string_view what) -> std::optional<Error> {
    if (!what.starts_with("attach:") || ++attached == 1) return std::nullopt;
    return Error(Outcome::unauthorized, "403");
  };
  std::vector<Signed> heard;
  const SignOptions options{.key_names = {{one.public_key().id(), "a.key"}},
                            .on_published = [&](const Signed& signature) { heard.push_back(signature); }};
  const auto refused = sign(store, image.digest, {&one, &two}, options, kAt);
  REQUIRE_FALSE(refused);
  REQUIRE(heard.size() == 1);
  CHECK(heard.front().key == one.public_key().id());
  CHECK(heard.front().digest == image.digest);
  CHECK(store.manifest(heard.front().manifest));
  CHECK_THAT(refused.error().message(),
             Catch::StartsWith("published 1 of 2 signatures (" + heard.front().manifest.text() + " by key " +
                               one.public_key().id() + " of a.key), then failed: "));
}

TEST_CASE("a signature whose answer was lost counts as published where it is there and listed") {
  BreakingStore store;
  const auto image = add_image(store);
  auto signer = TestSigner::generate();
  store.broken = Error(Outcome::unreachable, "connection reset");
  const auto format = GENERATE(Format::bundle, Format::simple);
  const auto [heard, answer] = sign_named(store, image.digest, signer, format);
  REQUIRE(answer);
  REQUIRE(answer->size() == 1);
  CHECK(answer->front().state == Signed::State::published);
  CHECK(store.manifest(answer->front().manifest));
  CHECK(heard.size() == 1);
  CHECK(verify(store, image.digest, by({&signer}))->admitted);
}

TEST_CASE("a manifest that is there and not listed is named as stored") {
  BreakingStore store;
  const auto image = add_image(store);
  auto signer = TestSigner::generate();
  store.broken = Error(Outcome::unauthorized, "the fallback tag is refused");
  store.edit_referrers = [](Referrers& listing) { listing.descriptors.clear(); };
  const auto [heard, answer] = sign_named(store, image.digest, signer, Format::bundle);
  REQUIRE_FALSE(answer);
  REQUIRE(heard.size() == 1);
  CHECK(heard.front().state == Signed::State::stored);
  CHECK(store.manifest(heard.front().manifest));
  CHECK(answer.error().kind() == Outcome::unauthorized);
  CHECK_THAT(answer.error().message(),
             Catch::StartsWith("stored but not listed: " + heard.front().manifest.text() + " by key " +
                               signer.public_key().id() + " of hashivault://release: "));
}

TEST_CASE("where nobody can say whether a signature arrived, it is named as one that may be published") {
  BreakingStore store;
  const auto image = add_image(store);
  auto signer = TestSigner::generate();
  store.broken = Error(Outcome::unreachable, "connection reset");
  store.silent = Error(Outcome::unreachable, "connection refused");
  store.arrives = GENERATE(true, false);
  const auto format = GENERATE(Format::bundle, Format::simple);
  const auto [heard, answer] = sign_named(store, image.digest, signer, format);
  REQUIRE_FALSE(answer);
  REQUIRE(heard.size() == 1);
  CHECK(heard.front().state == Signed::State::unknown);
  CHECK_THAT(answer.error().message(), Catch::StartsWith("may be published: " + heard.front().manifest.text()));
  CHECK_THAT(answer.error().message(), Catch::Contains("connection reset"));
}

TEST_CASE("what did not arrive, or was refused, is named nowhere") {
  BreakingStore store;
  const auto image = add_image(store);
  auto signer = TestSigner::generate();
  store.arrives = false;
  store.broken = Error(Outcome::unreachable, "connection reset");
  if (GENERATE(true, false)) {
    store.broken = Error(Outcome::unauthorized, "push is denied");
    store.silent = Error(Outcome::unauthorized, "so is pull");
  }
  const auto format = GENERATE(Format::bundle, Format::simple);
  const auto [heard, answer] = sign_named(store, image.digest, signer, format);
  REQUIRE_FALSE(answer);
  CHECK(heard.empty());
  CHECK_THAT(answer.error().message(), Catch::StartsWith("signing " + image.digest.text()));
}

TEST_CASE("a broken .sig manifest is not written over [attack 50]") {
  MemoryStore store;
  const auto image = add_image(store);
  const auto broken =
      store.add_manifest(oci::media_type::kManifest, R"({"schemaVersion":2,"layers":7})", image.digest.tag() + ".sig");
  auto signer = TestSigner::generate();
  const auto refused = sign(store, image.digest, {&signer}, {.format = Format::simple}, kAt);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == Outcome::malformed);
  CHECK(store.resolve(image.digest.tag() + ".sig")->digest == broken.digest);
}

TEST_CASE("what cannot be signed is said before anything is written") {
  MemoryStore store;
  const auto image = add_image(store);
  auto signer = TestSigner::generate();
  CHECK(sign(store, image.digest, {}, {}, kAt).error().kind() == Outcome::usage);
  CHECK(sign(store, image.digest, {&signer}, {.recursive = true, .platform = Platform{"linux", "x", ""}}, kAt)
            .error()
            .kind() == Outcome::usage);
  CHECK(sign(store, Digest::of(as_bytes("none")), {&signer}, {}, kAt).error().kind() == Outcome::not_found);
  CHECK(signer.calls == 0);
  CHECK(store.reads().writes == 0);
}

TEST_CASE("signatures can go to another repository") {
  MemoryStore images;
  MemoryStore signatures("registry.example/signatures");
  const auto image = add_image(images);
  auto signer = TestSigner::generate();
  const auto format = GENERATE(Format::bundle, Format::simple);
  REQUIRE(sign(images, image.digest, {&signer}, {.format = format, .signatures = &signatures}, kAt));
  CHECK(images.reads().writes == 0);
  auto wanted = by({&signer});
  wanted.signatures = &signatures;
  CHECK(verify(images, image.digest, wanted)->admitted);
}
