// What cosign 3.1.3 wrote, read by our formats.
#include <catch2/catch.hpp>

#include <iostream>

#include "base/encoding.h"
#include "formats/bundle.h"
#include "formats/simple_signing.h"
#include "formats/statement.h"
#include "oci/media_type.h"
#include "support/key_vectors.h"

using namespace hallmark;
using namespace hallmark::formats;

namespace {

const std::filesystem::path kFolder = test::vectors_folder() / "cosign";

bool there() {
  if (std::filesystem::exists(kFolder)) return true;
  std::cout << "SKIPPED: no vectors of cosign (HALLMARK_VECTORS names their folder)\n";
  return false;
}

Bytes file(const std::string& name) { return to_bytes(test::file_text(kFolder / name)); }

Content manifest(const std::string& name) {
  auto bytes = file(name);
  const auto size = bytes.size();
  return {{std::string(oci::media_type::kManifest), Digest::of(bytes), size}, std::move(bytes)};
}

PublicKey key() { return *PublicKey::from_pem(test::file_text(kFolder / "cosign.pub")); }
Digest image() { return Digest::of(file("image.manifest.json")); }

}  // namespace

TEST_CASE("cosign's simple signatures verify and name their image") {
  if (!there()) return;
  struct Case {
    std::string name, tag, reference;
    Annotations annotations;
  };
  const auto [name, tag, reference, annotations] = GENERATE(values<Case>({
      {"cosign-sig-legacy", "tag-manifest", "127.0.0.1:5000/cl", {{"foo", "bar"}}},
      {"cosign-sig-legacy-oci11", "manifest0", "127.0.0.1:5000/cr", {}},
  }));
  const auto parsed = oci::Manifest::parse(manifest(name + "." + tag + ".json"));
  REQUIRE(parsed);
  REQUIRE(parsed->layers.size() == 1);
  auto payload = file(name + ".layer0-0.json");
  CHECK(parsed->layers.front().digest.matches(payload));
  const auto signature = read_simple_signature(parsed->layers.front(), payload);
  REQUIRE(signature);
  const auto opened = VerifiedPayload::open(*signature, key());
  REQUIRE(opened);
  const auto claim = claim_of_simple_signing(opened->bytes());
  REQUIRE(claim);
  CHECK(claim->subjects == std::vector{image()});
  CHECK(claim->docker_reference == reference);
  CHECK(claim->annotations == annotations);
  // and we would have written the very same bytes
  CHECK(simple_signing_payload(image(), reference, annotations) == as_text(payload));
  CHECK(simple_signature_config(parsed->layers) == as_text(file(name + ".config0.json")));
}

TEST_CASE("cosign's bundle verifies and is a signature of its image") {
  if (!there()) return;
  const auto parsed = oci::Manifest::parse(manifest("cosign-sig-bundle.manifest0.json"));
  REQUIRE(parsed);
  CHECK(is_bundle_type(parsed->artifact_type));
  CHECK(parsed->subject->digest == image());
  const auto blob = file("cosign-sig-bundle.layer0-0.json");
  CHECK(parsed->layers.at(0).digest.matches(blob));
  const auto signature = read_bundle(parsed->layers.front(), blob);
  REQUIRE(signature);
  CHECK(signature->key_hint == key().hint());
  const auto opened = VerifiedPayload::open(*signature, key());
  REQUIRE(opened);
  const auto claim = claim_of_statement(opened->bytes(), image());
  REQUIRE(claim);
  CHECK(claim->predicate_type == kCosignSignPredicate);
  CHECK(claim->subjects == std::vector{image()});
}

TEST_CASE("cosign's attestation verifies and says that it is no signature [attack 2]") {
  if (!there()) return;
  const auto blob = file("cosign-att-bundle.layer0-0.json");
  const auto signature = read_bundle({std::string(kBundleType), Digest::of(blob), blob.size()}, blob);
  REQUIRE(signature);
  const auto opened = VerifiedPayload::open(*signature, key());
  REQUIRE(opened);
  const auto claim = claim_of_statement(opened->bytes(), image());
  REQUIRE(claim);
  CHECK(claim->predicate_type != kCosignSignPredicate);
}

TEST_CASE("any changed byte of cosign's payload or signature is noticed [attack 13]") {
  if (!there()) return;
  const auto blob = file("cosign-sig-bundle.layer0-0.json");
  const auto signature = *read_bundle({std::string(kBundleType), Digest::of(blob), blob.size()}, blob);
  const auto trusted = key();
  for (std::size_t at = 0; at < signature.signed_bytes.size(); at += 7) {
    auto changed = signature;
    changed.signed_bytes[at] ^= 1U;
    CHECK_FALSE(VerifiedPayload::open(changed, trusted));
  }
  for (std::size_t at = 0; at < signature.signatures.front().size(); at += 3) {
    auto changed = signature;
    changed.signatures.front()[at] ^= 1U;
    CHECK_FALSE(VerifiedPayload::open(changed, trusted));
  }
  auto spaced = signature;  // the same JSON, other bytes
  spaced.signed_bytes.push_back(' ');
  CHECK_FALSE(VerifiedPayload::open(spaced, trusted));
}
