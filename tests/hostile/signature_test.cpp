// Signatures that are not what they say, pushed by whoever may push.
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "base/json.h"
#include "formats/bundle.h"
#include "formats/simple_signing.h"
#include "formats/statement.h"
#include "hostile/stage.h"

using namespace hallmark;
using namespace hallmark::test;
using base::Json;

namespace {

formats::Envelope envelope_of(Signer& signer, const std::string& payload,
                              std::string_view type = formats::kInTotoPayloadType) {
  formats::Envelope envelope;
  envelope.payload_type = type;
  envelope.payload = to_bytes(payload);
  envelope.signatures = {signer.sign(formats::pre_authentication_encoding(type, envelope.payload)).value()};
  return envelope;
}

std::string bundle_of(Signer& signer, const std::string& payload, std::string_view type = formats::kInTotoPayloadType) {
  return formats::write_bundle(envelope_of(signer, payload, type), signer.public_key());
}

// The `.sig` tag of a digest with these layers.
void put_simple(Stage& stage, const Digest& subject, const std::vector<Descriptor>& layers) {
  const Descriptor config = stage.honest().add_blob("shop/api", "application/vnd.oci.image.config.v1+json",
                                                    formats::simple_signature_config(layers));
  stage.add_manifest("shop/api", subject.tag() + ".sig", config, layers);
}

Descriptor simple_layer(Stage& stage, Signer& signer, const std::string& payload) {
  stage.honest().add_blob("shop/api", formats::kSimpleSigningType, payload);
  return formats::simple_signature_layer(as_bytes(payload), signer.sign(as_bytes(payload)).value());
}

}  // namespace

TEST_CASE("a DSSE whose payload, type or signature was changed after signing is refused [attack 12]") {
  Stage stage;
  const std::string statement = formats::sign_statement(stage.image.digest, {});
  const formats::Envelope good = envelope_of(stage.signer, statement);
  struct Case {
    const char* name;
    std::function<void(formats::Envelope&)> change;
    Outcome outcome;
    const char* words;
  };
  const std::vector<Case> cases{
      {"payload changed", [](auto& e) { e.payload.push_back(' '); }, Outcome::invalid, "signature: it names key"},
      {"type changed", [](auto& e) { e.payload_type = "application/json"; }, Outcome::invalid,
       "signature: it names key"},
      // "DSSEv1 28 application/vnd.in-toto+json 7 …": a type with blanks and digits must not move the border.
      {"a type that swallows the length",
       [](auto& e) {
         const std::string length = std::to_string(e.payload.size());
         e.payload_type += " " + length;
       },
       Outcome::invalid, "signature: it names key"},
      {"signature of no bytes", [](auto& e) { e.signatures[0].clear(); }, Outcome::invalid, ""},
      {"no signature", [](auto& e) { e.signatures.clear(); }, Outcome::malformed, "format"},
      {"two signatures, the good one second", [](auto& e) { e.signatures.insert(e.signatures.begin(), Bytes(70, 1)); },
       Outcome::malformed, "format"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.name);
    Stage fresh;
    formats::Envelope envelope = envelope_of(fresh.signer, formats::sign_statement(fresh.image.digest, {}));
    one.change(envelope);
    fresh.add_bundle(formats::write_bundle(envelope, fresh.signer.public_key()), fresh.image);
    const Told answer = told(fresh.verify());
    CHECK_FALSE(answer.admitted);
    // A document with the wrong number of signatures is broken in itself; which of the two words says so is the room's.
    if (one.outcome == Outcome::malformed) {
      CHECK((answer.outcome == Outcome::malformed || answer.outcome == Outcome::invalid));
    } else {
      CHECK(word(answer.outcome) == word(one.outcome));
    }
    CHECK_THAT(answer.words, Catch::Contains(one.words));
  }
  stage.add_bundle(formats::write_bundle(good, stage.signer.public_key()), stage.image);
  check_verified(stage.verify());
}

TEST_CASE("a subject whose digest stands under another algorithm's name is refused [attack 12]") {
  Stage stage;
  const std::string hex = stage.image.digest.hex();
  struct Case {
    std::string digest;
    const char* words;
  };
  const std::vector<Case> cases{
      {R"({"sha512":")" + hex + "\"}", "sha512"},
      {R"({"sha512":")" + hex + hex + "\"}", "subject"},
      {R"({"SHA256":")" + hex + "\"}", "subject"},
      {R"({"gitCommit":")" + hex + "\"}", "subject"},
      {R"({"sha256":")" + hex.substr(0, 63) + "\"}", "sha256"},
      {R"({"sha256":")" + Digest::of(as_bytes("other")).hex() + "\"}", "subject"},
      {"{}", "subject"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.digest);
    Stage fresh;
    const std::string statement = R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":)" + one.digest +
                                  R"(}],"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{}})";
    fresh.add_bundle(bundle_of(fresh.signer, statement), stage.image);
    // Both stages hold the same image, and so the same digest.
    REQUIRE(fresh.image.digest == stage.image.digest);
    const Told answer = told(fresh.verify());
    CHECK_FALSE(answer.admitted);
    CHECK(word(answer.outcome) == word(Outcome::invalid));
    CHECK_THAT(answer.words, Catch::Contains(one.words));
  }
}

TEST_CASE("a signed claim with duplicate or twin keys is refused, whoever signed it [attack 24]") {
  Stage stage;
  const std::string digest = stage.image.digest.text();
  const std::string evil = Digest::of(as_bytes("evil")).text();
  const std::string head = R"({"critical":{"identity":{"docker-reference":"a"},"image":{"docker-manifest-digest":")";
  const auto [payload, words] = GENERATE_COPY(values<std::pair<std::string, std::string>>({
      {head + evil + R"(","docker-manifest-digest":")" + digest + R"("},"type":"cosign container image signature"}})",
       "duplicate key"},
      {head + evil + R"(","docker-manifest-\u0064igest":")" + digest +
           R"("},"type":"cosign container image signature"}})",
       "duplicate key"},
      {head + evil + R"(","Docker-Manifest-Digest":")" + digest + R"("},"type":"cosign container image signature"}})",
       "upper and lower case"},
      {head + evil +
           R"("},"type":"cosign container image signature"},"Critical":{"image":{"docker-manifest-digest":")" + digest +
           R"("}}})",
       "upper and lower case"},
  }));
  put_simple(stage, stage.image.digest, {simple_layer(stage, stage.signer, payload)});
  const Told answer = told(stage.verify());
  CHECK_FALSE(answer.admitted);
  CHECK(word(answer.outcome) == word(Outcome::invalid));
  CHECK_THAT(answer.words, Catch::Contains(words));
}

TEST_CASE("a signature for one repository does not name another [attack 39]") {
  Stage stage;
  REQUIRE(stage.sign(Format::simple, stage.image.digest));
  const Descriptor copy = stage.add_image("hello", "1.0", "evil/api");
  REQUIRE(copy.digest == stage.image.digest);
  const std::string tag = stage.image.digest.tag() + ".sig";
  const std::string json = stage.honest().manifest("shop/api", tag).value();
  stage.honest().add_manifest("evil/api", kManifestType, json, tag);
  const Call blobs{.method = "GET", .target = {}, .path = {}, .query = {}, .headers = {}, .body = {}};
  const Json manifest = Json::parse(as_bytes(json), "sig").value();
  for (const auto& layer : *manifest.find("layers")->as_array()) {
    Call call = blobs;
    call.path = "/v2/shop/api/blobs/" + *layer.find("digest")->as_string();
    stage.honest().add_blob("evil/api", formats::kSimpleSigningType, stage.honest().answer(call).body);
  }
  // cosign's signatures are not bound to a repository: only who asks for the name is told.
  check_verified(stage.verify(stage.image.digest, {}, "evil/api"));
  check_refused(stage.verify(stage.image.digest, {.name = stage.repository("evil/api").text()}, "evil/api"),
                Outcome::denied, "[name: ");
  check_verified(stage.verify(stage.image.digest, {.name = stage.repository().text()}));
}

TEST_CASE("an index's signature says nothing about a bare child, nor a child's about its index [attack 39]") {
  Stage stage;
  const Format format = GENERATE(Format::bundle, Format::simple);
  const Descriptor index = stage.add_index("multi", "2.0");
  const Descriptor child = stage.add_image("multilinux/amd64", "");
  REQUIRE(stage.sign(format, index.digest));
  check_verified(stage.verify(index.digest));
  check_refused(stage.verify(child.digest), Outcome::unsigned_, "nothing signed this digest");
  check_refused(stage.verify(index.digest, {.platform = Platform::parse("linux/amd64").value()}), Outcome::unsigned_,
                "nothing signed this digest");
  check_refused(stage.verify(index.digest, {.recursive = true}), Outcome::unsigned_, "nothing signed this digest");
  // Moved to where it would be looked for, it still names the index.
  if (format == Format::simple) {
    stage.honest().set_tag("shop/api", child.digest.tag() + ".sig",
                           stage.honest().digest_of("shop/api", index.digest.tag() + ".sig").value());
  } else {
    stage.add_bundle(bundle_of(stage.signer, formats::sign_statement(index.digest, {})), child);
  }
  check_refused(stage.verify(child.digest), Outcome::invalid, "[subject: it signs " + index.digest.text());
}

TEST_CASE("broken signatures before a good one do not hide it [attack 43]") {
  Stage stage;
  TestSigner stranger = TestSigner::generate();
  const std::string good = formats::simple_signing_payload(stage.image.digest, stage.repository().text(), {});
  const Descriptor sound = simple_layer(stage, stage.signer, good);
  std::vector<Descriptor> layers;
  layers.push_back(simple_layer(stage, stranger, good));      // by another key
  layers.push_back(simple_layer(stage, stage.signer, "{}"));  // signed, but no claim
  layers.push_back(formats::simple_signature_layer(as_bytes(good), Bytes(70, 7)));
  Descriptor no_annotation = sound;
  no_annotation.annotations.clear();
  layers.push_back(no_annotation);
  put_simple(stage, stage.image.digest, layers);
  stage.add_bundle("{}", stage.image);
  stage.add_bundle("no JSON", stage.image);
  stage.add_bundle(bundle_of(stranger, formats::sign_statement(stage.image.digest, {})), stage.image);
  const Told answer = told(stage.verify());
  CHECK_FALSE(answer.admitted);
  layers.push_back(sound);
  put_simple(stage, stage.image.digest, layers);
  check_verified(stage.verify());
  // A good bundle after all of it, without the good layer.
  layers.pop_back();
  put_simple(stage, stage.image.digest, layers);
  check_refused(stage.verify(), answer.outcome, "");
  REQUIRE(stage.sign(Format::bundle, stage.image.digest));
  check_verified(stage.verify());
}

TEST_CASE("one good signature of several is not enough where every manifest must have one [attack 43]") {
  Stage stage;
  TestSigner stranger = TestSigner::generate();
  const Descriptor index = stage.add_index("multi", "2.0");
  const Descriptor child = stage.add_image("multilinux/arm64", "");
  REQUIRE(stage.sign(Format::bundle, index.digest));
  REQUIRE(stage.sign(Format::bundle, stage.add_image("multilinux/amd64", "").digest));
  REQUIRE(stage.sign_as(stranger, Format::bundle, child.digest));
  check_refused(stage.verify(index.digest, {.recursive = true}), Outcome::untrusted, child.digest.text());
  REQUIRE(stage.sign(Format::bundle, child.digest));
  check_verified(stage.verify(index.digest, {.recursive = true}));
}
