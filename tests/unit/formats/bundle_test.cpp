#include "formats/bundle.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "formats/statement.h"
#include "hallmark/content_store.h"
#include "oci/media_type.h"
#include "support/key_vectors.h"

using namespace hallmark;
using namespace hallmark::formats;

namespace {

const Descriptor kManifest{std::string(oci::media_type::kManifest), Digest::of(as_bytes("manifest")), 8};
const std::string kType(kBundleType);
const std::string kEnvelope = R"({"payload":"e30=","payloadType":"t","signatures":[{"sig":"c2ln"}]})";
const std::string kHint = R"({"publicKey":{"hint":"h"}})";

std::string bundle(const std::string& material = kHint, const std::string& envelope = kEnvelope,
                   const std::string& type = kType, const std::string& more = "") {
  return R"({"mediaType":")" + type + R"(","verificationMaterial":)" + material + R"(,"dsseEnvelope":)" + envelope +
         more + "}";
}

std::string repeated(const std::string& item, int count) {
  std::string list = "[";
  for (int i = 0; i < count; ++i) list += (i > 0 ? "," : "") + item;
  return list + "]";
}

}  // namespace

TEST_CASE("a bundle that we write is read again, and names the key") {
  const auto key = PublicKey::from_pem(test::key_text("p256.pub.pem"));
  REQUIRE(key);
  const Envelope envelope{std::string(kInTotoPayloadType), to_bytes("{}"), {to_bytes("sig")}};
  const auto text = write_bundle(envelope, *key);
  const auto signature = read_bundle(kManifest, as_bytes(text));
  REQUIRE(signature);
  CHECK(signature->format == Format::bundle);
  CHECK(signature->source == kManifest);
  CHECK(signature->key_hint == key->hint());
  CHECK(signature->payload == to_bytes("{}"));
  CHECK(as_text(signature->signed_bytes) == "DSSEv1 28 application/vnd.in-toto+json 2 {}");
  CHECK(signature->signatures == std::vector<Bytes>{to_bytes("sig")});
  CHECK(signature->log_entries.empty());
}

TEST_CASE("all versions of the media type are bundles, and nothing else is") {
  for (const auto* type :
       {"application/vnd.dev.sigstore.bundle.v0.3+json", "application/vnd.dev.sigstore.bundle+json;version=0.3",
        "application/vnd.dev.sigstore.bundle+json;version=0.2",
        "application/vnd.dev.sigstore.bundle+json;version=0.1"}) {
    CHECK(is_bundle_type(type));
    CHECK(read_bundle(kManifest, as_bytes(bundle(kHint, kEnvelope, type))));
  }
  for (const auto* type : {"", "application/vnd.oci.empty.v1+json", "application/vnd.dev.sigstore.bundle.v0.4+json"}) {
    CHECK_FALSE(is_bundle_type(type));
  }
}

TEST_CASE("members that nobody knows yet are ignored") {
  CHECK(read_bundle(kManifest, as_bytes(bundle(R"({"publicKey":{"hint":"h","x":1},"later":[]})", kEnvelope, kType,
                                               R"(,"new_thing":{"deep":[1]})"))));
}

TEST_CASE("a bundle by a certificate carries its leaf") {
  const auto v03 = read_bundle(kManifest, as_bytes(bundle(R"({"certificate":{"rawBytes":"MIIB"}})")));
  REQUIRE(v03);
  CHECK(base::base64_encode(v03->certificate) == "MIIB");
  const auto v01 = read_bundle(
      kManifest,
      as_bytes(bundle(R"({"x509CertificateChain":{"certificates":[{"rawBytes":"MIIB"},{"rawBytes":"AAAA"}]}})",
                      kEnvelope, "application/vnd.dev.sigstore.bundle+json;version=0.1")));
  REQUIRE(v01);
  CHECK(base::base64_encode(v01->certificate) == "MIIB");
}

TEST_CASE("log entries are read, zero fields left out as proto3-JSON does") {
  const auto signature = read_bundle(
      kManifest,
      as_bytes(bundle(
          R"({"publicKey":{"hint":"h"},"tlogEntries":[{"logIndex":"12","logId":{"keyId":"q80="},"kindVersion":{"kind":"dsse","version":"0.0.1"},"integratedTime":"1700000000"},{"canonicalizedBody":"e30="}]})")));
  REQUIRE(signature);
  REQUIRE(signature->log_entries.size() == 2);
  CHECK(signature->log_entries[0].log_index == 12);
  CHECK(signature->log_entries[0].log_id == "abcd");
  CHECK(signature->log_entries[0].integrated_time == 1700000000);
  CHECK(signature->log_entries[0].kind == "dsse");
  CHECK(signature->log_entries[1].log_index == 0);
}

TEST_CASE("a broken bundle is malformed and says where [attack 12] [attack 20] [attack 23] [attack 24]") {
  struct Case {
    std::string text, reason;
  };
  const std::string two = R"({"payload":"e30=","payloadType":"t","signatures":[{"sig":"c2ln"},{"sig":"c2ln"}]})";
  const std::string none = R"({"payload":"e30=","payloadType":"t","signatures":[]})";
  const auto [text, reason] = GENERATE_COPY(values<Case>({
      {"", "bundle"},
      {"[]", "expected an object"},
      {bundle() + "x", "bundle"},
      {bundle(kHint, kEnvelope, "application/json"), "mediaType is not one of a bundle"},
      {R"({"mediaType":")" + kType + R"(","dsseEnvelope":)" + kEnvelope + "}", "verificationMaterial: missing"},
      {R"({"mediaType":")" + kType + R"(","verificationMaterial":)" + kHint + "}", "dsseEnvelope: missing"},
      {bundle("{}"), "expected exactly one of publicKey"},
      {bundle(R"({"publicKey":{"hint":"h"},"certificate":{"rawBytes":"MIIB"}})"), "expected exactly one of publicKey"},
      {bundle(R"({"publicKey":{"hint":7}})"), "expected a string"},
      {bundle(R"({"certificate":{}})"), "rawBytes: missing"},
      {bundle(R"({"certificate":{"rawBytes":"*"}})"), "rawBytes"},
      {bundle(R"({"x509CertificateChain":{"certificates":[{"rawBytes":"MIIB"}]}})"), "not allowed in a v0.3 bundle"},
      {bundle(R"({"x509CertificateChain":{"certificates":[]}})", kEnvelope,
              "application/vnd.dev.sigstore.bundle+json;version=0.2"),
       "no certificates"},
      {bundle(R"({"x509CertificateChain":{"certificates":)" + repeated(R"({"rawBytes":"MIIB"})", 17) + "}}", kEnvelope,
              "application/vnd.dev.sigstore.bundle+json;version=0.2"),
       "too many certificates"},
      {bundle(R"({"publicKey":{"hint":"h"},"tlogEntries":)" + repeated("{}", 33) + "}"), "more than 32 log entries"},
      {bundle(R"({"publicKey":{"hint":"h"},"tlogEntries":[{"logIndex":-1}]})"), "logIndex is negative"},
      {bundle(R"({"publicKey":{"hint":"h"},"timestampVerificationData":{"rfc3161Timestamps":)" + repeated("{}", 33) +
              "}}"),
       "more than 32 timestamps"},
      {bundle(kHint, two), "expected exactly one signature, found 2"},
      {bundle(kHint, none), "no signatures"},
      {bundle(kHint, kEnvelope, kType, R"(,"messageSignature":{})"), "a messageSignature is over a file"},
      {bundle(kHint, kEnvelope, kType, R"(,"dsse_envelope":{})"), "second spelling"},
      {bundle(kHint, kEnvelope, kType, R"(,"dsseenvelope":{})"), "upper and lower case"},
      {bundle(R"({"publicKey":{"hint":"h"},"public_key":{"hint":"i"}})"), "second spelling"},
      {bundle(kHint, R"({"payload":"e30=","payloadType":"t","payload_type":"u","signatures":[{"sig":"c2ln"}]})"),
       "second spelling"},
  }));
  const auto signature = read_bundle(kManifest, as_bytes(text));
  REQUIRE_FALSE(signature);
  CHECK(signature.error().kind() == Outcome::malformed);
  CHECK_THAT(signature.error().message(), Catch::Contains(reason));
}

TEST_CASE("the referrer of a bundle is the one of cosign's specification") {
  Descriptor subject = kManifest;
  subject.annotations["x"] = "not repeated";
  const Descriptor layer{kType, Digest::of(as_bytes("bundle")), 6};
  const auto manifest = bundle_manifest(subject, layer, kCosignSignPredicate, "2026-11-22T08:00:00Z");
  CHECK(manifest.artifact_type == kType);
  CHECK(manifest.config == oci::empty_descriptor());
  CHECK(manifest.layers == std::vector{layer});
  REQUIRE(manifest.subject);
  CHECK(*manifest.subject == kManifest);
  CHECK(manifest.annotations == Annotations{{"dev.sigstore.bundle.content", "dsse-envelope"},
                                            {"dev.sigstore.bundle.predicateType", std::string(kCosignSignPredicate)},
                                            {"org.opencontainers.image.created", "2026-11-22T08:00:00Z"}});
}
