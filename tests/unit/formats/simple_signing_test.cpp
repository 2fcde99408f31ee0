#include "formats/simple_signing.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "oci/media_type.h"

using namespace hallmark;
using namespace hallmark::formats;

namespace {

const Digest kSubject = Digest::of(as_bytes("an image"));

std::string payload(const std::string& critical, const std::string& rest = R"(,"optional":null)") {
  return R"({"critical":)" + critical + rest + "}";
}
std::string critical(const std::string& type = "cosign container image signature",
                     const std::string& digest = kSubject.text()) {
  return R"({"identity":{"docker-reference":"r.example/a"},"image":{"docker-manifest-digest":")" + digest +
         R"("},"type":")" + type + "\"}";
}

Content content_of(const oci::Manifest& manifest) {
  const auto bytes = to_bytes(manifest.to_json());
  return {{std::string(oci::media_type::kManifest), Digest::of(bytes), bytes.size()}, bytes};
}

}  // namespace

TEST_CASE("the payload is, byte for byte, cosign's") {
  CHECK(simple_signing_payload(kSubject, "127.0.0.1:5000/cl", {{"foo", "bar"}}) ==
        R"({"critical":{"identity":{"docker-reference":"127.0.0.1:5000/cl"},"image":{"docker-manifest-digest":")" +
            kSubject.text() + R"("},"type":"cosign container image signature"},"optional":{"foo":"bar"}})");
  CHECK_THAT(simple_signing_payload(kSubject, "r", {}), Catch::EndsWith(R"("optional":null})"));
}

TEST_CASE("a payload's claim is read, whatever cosign and containers/image put into optional") {
  struct Case {
    std::string rest;
    Annotations annotations;
  };
  const auto [rest, annotations] = GENERATE(values<Case>({
      {"", {}},
      {R"(,"optional":null)", {}},
      {R"(,"optional":{})", {}},
      {R"(,"optional":{"creator":"containers/image 5.42.0","timestamp":1700000000})",
       {{"creator", "containers/image 5.42.0"}}},
      {R"(,"optional":{"a":"b","deep":{"x":[]}})", {{"a", "b"}}},
  }));
  const auto claim = claim_of_simple_signing(as_bytes(payload(critical(), rest)));
  REQUIRE(claim);
  CHECK(claim->subjects == std::vector{kSubject});
  CHECK(claim->docker_reference == "r.example/a");
  CHECK(claim->predicate_type.empty());
  CHECK(claim->annotations == annotations);
}

TEST_CASE("a payload without a name is read, it has none") {
  const auto claim =
      claim_of_simple_signing(as_bytes(payload(R"({"identity":{},"image":{"docker-manifest-digest":")" +
                                               kSubject.text() + R"("},"type":"cosign container image signature"})")));
  REQUIRE(claim);
  CHECK(claim->docker_reference.empty());
}

TEST_CASE("a broken payload is malformed and says where [attack 24]") {
  struct Case {
    std::string text, reason;
  };
  const auto [text, reason] = GENERATE(values<Case>({
      {"", "payload"},
      {"null", "expected an object"},
      {"{}", "critical: missing"},
      {payload(critical()) + "{}", "payload"},
      {payload(critical("atomic container signature")), "type is \"atomic container signature\""},
      {payload(critical("cosign container image signature", "sha256:abc")), "expected 64 hex digits"},
      {payload(critical("cosign container image signature", "md5:abc")), "sha256"},
      {payload(critical(), R"(,"optional":[])"), "expected an object"},
      {payload(critical(), R"(,"Critical":{})"), "upper and lower case"},
      {payload(critical(), R"(,"more":1)"), "unknown member \"more\""},
      {payload(R"({"identity":{},"type":"cosign container image signature"})"), "image: missing"},
      {payload(R"({"identity":{},"image":{},"type":"cosign container image signature"})"),
       "docker-manifest-digest: missing"},
      {payload(R"({"identity":{},"image":{"docker-manifest-digest":1},"type":"cosign container image signature"})"),
       "expected a string"},
      {payload(R"({"identity":{"docker-reference":7},"image":{"docker-manifest-digest":")" + kSubject.text() +
               R"("},"type":"cosign container image signature"})"),
       "expected a string"},
      {payload(R"({"identity":{},"image":{"docker-manifest-digest":")" + kSubject.text() +
               R"("},"type":"cosign container image signature","expires":"2020"})"),
       "unknown member \"expires\""},
      {payload(R"({"identity":{},"image":{"docker-manifest-digest":")" + kSubject.text() +
               R"(","platform":"x"},"type":"cosign container image signature"})"),
       "unknown member \"platform\""},
  }));
  const auto claim = claim_of_simple_signing(as_bytes(text));
  REQUIRE_FALSE(claim);
  CHECK(claim.error().kind() == Outcome::malformed);
  CHECK_THAT(claim.error().message(), Catch::Contains(reason));
}

TEST_CASE("a layer becomes a signature over exactly its blob's bytes") {
  const Bytes blob = to_bytes("  {\"not\": \"even\" parsed");
  const auto layer = simple_signature_layer(blob, as_bytes("sig"));
  CHECK(layer.media_type == kSimpleSigningType);
  CHECK(layer.size == blob.size());
  const auto signature = read_simple_signature(layer, blob);
  REQUIRE(signature);
  CHECK(signature->signed_bytes == blob);
  CHECK(signature->payload == blob);
  CHECK(signature->signatures == std::vector<Bytes>{to_bytes("sig")});
  CHECK(signature->key_hint.empty());
  CHECK(signature->certificate.empty());
}

TEST_CASE("a layer without a readable signature is malformed") {
  struct Case {
    Annotations annotations;
    std::string reason;
  };
  const auto [annotations, reason] = GENERATE(values<Case>({
      {{}, "has no annotation dev.cosignproject.cosign/signature"},
      {{{"dev.cosignproject.cosign/signature", ""}}, "has no annotation"},
      {{{"dev.cosignproject.cosign/signature", "c2ln\n"}}, "annotation dev.cosignproject.cosign/signature"},
      {{{"dev.cosignproject.cosign/signature", "c2ln"}, {"dev.sigstore.cosign/bundle", "{"}},
       "dev.sigstore.cosign/bundle"},
      {{{"dev.cosignproject.cosign/signature", "c2ln"}, {"dev.sigstore.cosign/certificate", "x"}},
       "dev.sigstore.cosign/certificate"},
      {{{"dev.cosignproject.cosign/signature", "c2ln"},
        {"dev.sigstore.cosign/certificate", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}},
       "holds no certificate"},
  }));
  Descriptor layer{std::string(kSimpleSigningType), kSubject, 8, {}, annotations};
  const auto signature = read_simple_signature(layer, to_bytes("p"));
  REQUIRE_FALSE(signature);
  CHECK(signature.error().kind() == Outcome::malformed);
  CHECK_THAT(signature.error().message(), Catch::Contains(reason));
}

TEST_CASE("layers are added without losing any, and not twice") {
  const auto one = simple_signature_layer(as_bytes("payload"), as_bytes("one"));
  const auto two = simple_signature_layer(as_bytes("payload"), as_bytes("two"));
  const auto first = with_layer(std::nullopt, one);
  REQUIRE(first);
  REQUIRE(first->has_value());
  CHECK((*first)->layers == std::vector{one});
  CHECK((*first)->config.media_type == oci::media_type::kConfig);
  CHECK((*first)->config.digest.matches(as_bytes(simple_signature_config({one}))));

  const auto second = with_layer(content_of(**first), two);
  REQUIRE(second);
  REQUIRE(second->has_value());
  CHECK((*second)->layers == std::vector{one, two});

  const auto again = with_layer(content_of(**second), one);
  REQUIRE(again);
  CHECK_FALSE(again->has_value());
}

TEST_CASE("what others wrote into the manifest stays") {
  auto manifest = **with_layer(std::nullopt, simple_signature_layer(as_bytes("p"), as_bytes("one")));
  manifest.annotations["made-by"] = "another tool";
  manifest.layers.front().annotations["dev.sigstore.cosign/bundle"] = "kept as it is";
  const auto next = with_layer(content_of(manifest), simple_signature_layer(as_bytes("p"), as_bytes("two")));
  REQUIRE(next);
  CHECK((*next)->annotations == manifest.annotations);
  CHECK((*next)->layers.front() == manifest.layers.front());
}

TEST_CASE("a full or broken manifest is not written over") {
  auto manifest = **with_layer(std::nullopt, simple_signature_layer(as_bytes("p"), as_bytes("one")));
  manifest.layers.assign(1000, manifest.layers.front());
  const auto full = with_layer(content_of(manifest), simple_signature_layer(as_bytes("p"), as_bytes("two")));
  REQUIRE_FALSE(full);
  CHECK(full.error().kind() == Outcome::malformed);
  CHECK_THAT(full.error().message(), Catch::Contains("there are 1000 signatures already"));
  const auto bytes = to_bytes("{}");
  const auto broken = with_layer(Content{{std::string(oci::media_type::kManifest), Digest::of(bytes), 2}, bytes},
                                 simple_signature_layer(as_bytes("p"), as_bytes("two")));
  REQUIRE_FALSE(broken);
  CHECK(broken.error().kind() == Outcome::malformed);
}

TEST_CASE("the config lists a diff id and a history entry for each layer, as cosign's") {
  const Descriptor layer{std::string(kSimpleSigningType), kSubject, 1};
  CHECK(
      simple_signature_config({layer}) ==
      R"({"architecture":"","created":"0001-01-01T00:00:00Z","history":[{"created":"0001-01-01T00:00:00Z"}],"os":"","rootfs":{"type":"layers","diff_ids":[")" +
          kSubject.text() + R"("]},"config":{}})");
}
