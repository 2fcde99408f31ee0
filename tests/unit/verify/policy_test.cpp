// verify under a policy: what is looked for, what counts, and what is asked of the store.
#include <catch2/catch.hpp>

#include <algorithm>

#include "base/encoding.h"
#include "formats/dsse.h"
#include "oci/manifest.h"
#include "oci/media_type.h"
#include "support/signed_image.h"
#include "unit/verify/signers.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

constexpr const char* kProvenance = "https://slsa.dev/provenance/v1";

TestSigner& platform() {
  static auto signer = TestSigner::generate();
  return signer;
}

// A policy whose anchors release, platform and stranger are the keys of those signers.
struct Rule {
  explicit Rule(const std::string& demands, const std::string& extra = {})
      : policy(load(demands, extra)), demand(open(policy)) {}

  static Policy load(const std::string& demands, const std::string& extra) {
    const std::string text =
        "version: 1\ntrust:\n  release: {key: release}\n  platform: {key: platform}\n  past: {key: release, until: "
        "1970-01-02}\n" +
        extra + "rules:\n  - match: registry.example/shop/**\n    " + demands + "\n";
    auto loaded = Policy::load({{"policy.yaml", text}});
    INFO(text << (loaded ? "" : loaded.error().message()));
    REQUIRE(loaded);
    return *loaded;
  }
  static PolicyDemand open(const Policy& policy) {
    auto demand = PolicyDemand::of(policy, &policy.rules().front(), [](const Policy&, const PolicyKey& key) {
      return Result<PublicKey>(key.text == "release"    ? release().public_key()
                               : key.text == "platform" ? platform().public_key()
                                                        : stranger().public_key());
    });
    REQUIRE(demand);
    return *demand;
  }
  [[nodiscard]] VerifyOptions options() const {
    VerifyOptions options;
    options.policy = &demand;
    options.now = Time(std::chrono::days(20'000));
    return options;
  }

  Policy policy;
  PolicyDemand demand;
};

// cosign's `.att` tag, a layer for each of these.
struct Attestation {
  Signer* signer;
  std::string type = kProvenance;
  std::string statement_type = "https://in-toto.io/Statement/v0.1";
  std::optional<Digest> subject = {};
};
void attach_attestations(MemoryStore& store, const Digest& subject, const std::vector<Attestation>& attestations) {
  std::vector<Descriptor> layers;
  for (const auto& one : attestations) {
    using base::Json;
    const Digest& about = one.subject ? *one.subject : subject;
    const std::string statement =
        Json::object({{"_type", one.statement_type},
                      {"predicateType", one.type},
                      {"subject",
                       Json::Array{Json::object({{"name", "x"}, {"digest", Json::object({{"sha256", about.hex()}})}})}},
                      {"predicate", Json::object({{"a", 1}})}})
            .dump();
    formats::Envelope envelope{"application/vnd.in-toto+json", to_bytes(statement), {}};
    auto signature = one.signer->sign(formats::pre_authentication_encoding(envelope.payload_type, envelope.payload));
    REQUIRE(signature);
    envelope.signatures.push_back(*signature);
    layers.push_back(store.add_blob("application/vnd.dsse.envelope.v1+json", as_bytes(envelope.to_json().dump())));
    layers.back().annotations = {{"dev.cosignproject.cosign/signature", ""}, {"predicateType", one.type}};
  }
  const auto config = store.add_blob("application/vnd.oci.image.config.v1+json", as_bytes("{}"));
  const oci::Manifest manifest{std::string(oci::media_type::kManifest), {}, config, layers, {}, {}};
  store.add_manifest(oci::media_type::kManifest, manifest.to_json(), subject.tag() + ".att");
}

std::string told(const Result<Verdict>& verdict) {
  if (!verdict) return "error " + std::string(word(verdict.error().kind()));
  return std::string(word(verdict->outcome)) + (verdict->admitted ? " admitted" : "") +
         (verdict->enforced ? "" : " warned");
}

}  // namespace

TEST_CASE("a threshold goes on looking until enough different keys signed [attack 8, 43]") {
  MemoryStore store;
  const auto image = add_image(store);
  const Rule rule("require: {at-least: 2, of: [release, platform]}");
  for (int i = 0; i < 20; ++i) attach_bundle(store, image, release());
  CHECK(told(verify(store, image.digest, rule.options())) == "denied");
  SECTION("in another format") { attach_simple(store, image.digest, platform()); }
  SECTION("in the same") { attach_bundle(store, image, platform()); }
  const auto verdict = verify(store, image.digest, rule.options());
  REQUIRE(verdict);
  CHECK(told(verdict) == "verified admitted");
  REQUIRE(verdict->policy);
  CHECK(verdict->policy->rule == "registry.example/shop/**");
  CHECK(verdict->policy->place == "policy.yaml:7:5");
  const auto& leaf = verdict->policy->tree.of.at(0).of.at(0).of.at(1);
  REQUIRE(leaf.proof);
  CHECK(verdict->findings.at(*leaf.proof).key == platform().public_key().id());
}

TEST_CASE("one signature is enough where one is asked for, and nothing more is fetched") {
  MemoryStore store;
  const auto image = add_image(store);
  for (int i = 0; i < 40; ++i) attach_bundle(store, image, release());
  store.reset_reads();
  CHECK(told(verify(store, image.digest, Rule("require: {any: [release]}").options())) == "verified admitted");
  CHECK(store.reads().total() <= 2 + 2 * 8);
}

TEST_CASE("an attestation is looked for where a rule asks for it, in both places [attack 2]") {
  MemoryStore store;
  const auto image = add_image(store);
  const Rule rule("require: {any: [release]}\n    attestations: [{type: slsaprovenance1, by: [platform]}]");
  attach_bundle(store, image, release());
  CHECK(told(verify(store, image.digest, rule.options())) == "denied");
  const auto other = add_image(store, "other");
  SECTION("a bundle") {
    attach_bundle(store, image, platform(), {.predicate = kProvenance});
    CHECK(told(verify(store, image.digest, rule.options())) == "verified admitted");
  }
  SECTION("cosign's tag, Statement v0.1 and v1, the good one last") {
    attach_attestations(
        store, image.digest,
        {{&stranger()},
         {&platform(), "https://spdx.dev/Document"},
         {&platform(), kProvenance, "https://in-toto.io/Statement/v2"},
         {&platform(), kProvenance, "https://in-toto.io/Statement/v1", other.digest},
         {&platform(), kProvenance, GENERATE("https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1")}});
    const auto verdict = verify(store, image.digest, rule.options());
    CHECK(told(verdict) == "verified admitted");
    const auto good = std::ranges::find(verdict->findings, kProvenance, &Finding::predicate_type);
    REQUIRE(good != verdict->findings.end());
    CHECK(good->format == Format::dsse);
    CHECK_THAT(good->source, Catch::EndsWith(" layer 5"));
  }
  SECTION("by somebody else") {
    attach_attestations(store, image.digest, {{&stranger()}, {&release()}});
    attach_bundle(store, image, release(), {.predicate = kProvenance});
    CHECK(told(verify(store, image.digest, rule.options())) == "denied");
  }
  SECTION("about another image") {
    attach_attestations(store, image.digest,
                        {{&platform(), kProvenance, "https://in-toto.io/Statement/v1", other.digest}});
    CHECK(told(verify(store, image.digest, rule.options())) == "denied");
  }
  SECTION("of another type, by the right key") {
    attach_attestations(store, image.digest, {{&platform(), "https://slsa.dev/provenance/v0.2"}});
    CHECK(told(verify(store, image.digest, rule.options())) == "denied");
  }
  SECTION("a signature in its place") {
    attach_bundle(store, image, platform());
    CHECK(told(verify(store, image.digest, rule.options())) == "denied");
  }
}

TEST_CASE("an attestation never stands in for a signature [attack 2]") {
  MemoryStore store;
  const auto image = add_image(store);
  attach_bundle(store, image, release(), {.predicate = kProvenance});
  attach_attestations(store, image.digest, {{&release()}});
  const Rule asked("require: {any: [release]}\n    attestations: [{type: slsaprovenance1, by: [release]}]");
  CHECK(told(verify(store, image.digest, asked.options())) == "unsigned");
  CHECK(told(verify(store, image.digest, Rule("require: {any: [release]}").options())) == "unsigned");
}

TEST_CASE("the attestations of cosign's tag cost nothing where no rule asks for them") {
  MemoryStore store;
  const auto image = add_image(store);
  attach_bundle(store, image, release());
  attach_attestations(store, image.digest, {{&platform()}});
  store.reset_reads();
  CHECK(told(verify(store, image.digest, Rule("require: {any: [release]}").options())) == "verified admitted");
  const auto asked = store.reads().asked;
  CHECK(std::ranges::none_of(asked, [](const std::string& what) { return what.ends_with(".att"); }));
}

TEST_CASE("what a rule says by itself is answered without a request [attack 38]") {
  MemoryStore store;
  const auto image = add_image(store);
  attach_bundle(store, image, release());
  store.reset_reads();
  const std::string accept = "accept: {digest: \"" + image.digest.text() + "\", until: 2030-01-01, reason: fire}";
  const std::string revoked = "revoked: {digests: [\"" + image.digest.text() + "\"]}\n";
  struct Case {
    std::string demands, extra, told;
  };
  const auto [demands, extra, expected] = GENERATE_COPY(values<Case>({
      {"reject: nothing", "", "denied"},
      {"reject: nothing\n    mode: warn", "", "denied admitted warned"},
      {accept, "", "accepted admitted"},
      {accept, revoked, "revoked"},
      {"require: {any: [release]}", revoked, "revoked"},
      {"require: {any: [release]}\n    mode: warn", revoked, "revoked"},
  }));
  CAPTURE(demands);
  CHECK(told(verify(store, image.digest, Rule(demands, extra).options())) == expected);
  CHECK(store.reads().total() == 0);
}

TEST_CASE("no rule for the image is a denial, without a request [attack 38]") {
  MemoryStore store;
  const auto image = add_image(store);
  attach_bundle(store, image, release());
  store.reset_reads();
  const Rule rule("require: {any: [release]}");
  const auto nobody = PolicyDemand::of(rule.policy, nullptr, {});
  REQUIRE(nobody);
  auto options = rule.options();
  options.policy = &*nobody;
  const auto verdict = verify(store, image.digest, options);
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::denied);
  CHECK_FALSE(verdict->admitted);
  CHECK_THAT(verdict->reason, Catch::Contains("no rule"));
  CHECK(store.reads().total() == 0);
}

TEST_CASE("windows and revoked keys have words of their own, and mark the signatures [attack 40]") {
  MemoryStore store;
  const auto image = add_image(store);
  attach_bundle(store, image, release());
  const auto past = verify(store, image.digest, Rule("require: {any: [past]}").options());
  CHECK(told(past) == "expired");
  CHECK(past->findings.front().outcome == Outcome::expired);
  CHECK(past->findings.front().checks.back().name == "time");
  CHECK(past->findings.front().checks.back().state == Check::State::failed);
  const auto revoked =
      verify(store, image.digest, Rule("require: {any: [release]}", "revoked: {keys: [release]}\n").options());
  CHECK(told(revoked) == "revoked");
  CHECK(revoked->findings.front().outcome == Outcome::revoked);
  CHECK(revoked->findings.front().checks.back().name == "revocation");
  attach_bundle(store, image, platform());
  const Rule rule("require: {any: [release, platform]}", "revoked: {keys: [release]}\n");
  CHECK(told(verify(store, image.digest, rule.options())) == "verified admitted");
}

TEST_CASE("warn admits on every no and on lookups that fail, and says so") {
  MemoryStore store;
  const auto image = add_image(store);
  const Rule rule("require: {any: [release]}\n    mode: warn");
  SECTION("unsigned") { CHECK(told(verify(store, image.digest, rule.options())) == "unsigned admitted warned"); }
  SECTION("untrusted") {
    attach_bundle(store, image, stranger());
    CHECK(told(verify(store, image.digest, rule.options())) == "untrusted admitted warned");
  }
  SECTION("a failed lookup") {
    const auto kind = GENERATE(Outcome::unreachable, Outcome::unauthorized, Outcome::throttled, Outcome::malformed);
    store.fail_on = [&](std::string_view) { return Error(kind, "no luck"); };
    CHECK(told(verify(store, image.digest, rule.options())) == std::string(word(kind)) + " admitted warned");
    const auto enforced = verify(store, image.digest, Rule("require: {any: [release]}").options());
    CHECK(told(enforced) == "error " + std::string(word(kind)));
  }
  SECTION("never a bug") {
    store.fail_on = [](std::string_view) { return Error(Outcome::internal, "bug"); };
    CHECK(told(verify(store, image.digest, rule.options())) == "error internal");
  }
  SECTION("only a revoked key") {
    attach_bundle(store, image, release());
    const Rule revoked("require: {any: [release]}\n    mode: warn", "revoked: {keys: [release]}\n");
    CHECK(told(verify(store, image.digest, revoked.options())) == "revoked");
  }
  SECTION("what is signed is verified as ever") {
    attach_bundle(store, image, release());
    CHECK(told(verify(store, image.digest, rule.options())) == "verified admitted");
  }
}

TEST_CASE("a good signature admits though other lookups fail, and a missing one does not [attack 20, 43]") {
  MemoryStore store;
  const auto image = add_image(store);
  attach_bundle(store, image, release());
  const std::string tag = image.digest.tag() + ".sig";
  store.fail_on = [&](std::string_view what) {
    return what == tag ? std::optional(Error(Outcome::throttled, "slow down")) : std::nullopt;
  };
  CHECK(told(verify(store, image.digest, Rule("require: {any: [release]}").options())) == "verified admitted");
  const Rule both("require: {all: [release, platform]}");
  CHECK(told(verify(store, image.digest, both.options())) == "error throttled");
}

TEST_CASE("every manifest of an index is held against the rule [attack 42]") {
  MemoryStore store;
  const auto one = add_image(store, "amd64");
  const auto other = add_image(store, "arm64");
  const auto index = add_index(store, {one, other});
  attach_bundle(store, index, release());
  attach_bundle(store, one, release());
  const Rule rule("require: {any: [release]}");
  auto options = rule.options();
  CHECK(told(verify(store, index.digest, options)) == "verified admitted");
  CHECK(told(verify(store, other.digest, options)) == "unsigned");
  options.recursive = true;
  CHECK(told(verify(store, index.digest, options)) == "unsigned");
  const Rule warned("require: {any: [release]}\n    mode: warn");
  auto lenient = warned.options();
  lenient.recursive = true;
  CHECK(told(verify(store, index.digest, lenient)) == "unsigned admitted warned");
  attach_bundle(store, other, release());
  CHECK(told(verify(store, index.digest, options)) == "verified admitted");
}

TEST_CASE("keys and a policy at once, and neither, are usage errors") {
  MemoryStore store;
  const auto image = add_image(store);
  auto options = Rule("require: {any: [release]}").options();
  CHECK(told(verify(store, image.digest, {})) == "error usage");
  const Rule rule("require: {any: [release]}");
  options = rule.options();
  options.keys = {release().public_key()};
  CHECK(told(verify(store, image.digest, options)) == "error usage");
}
