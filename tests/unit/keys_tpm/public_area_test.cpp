#include "keys/tpm/public_area.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "keys/tpm/templates.h"

using namespace hallmark;
using namespace hallmark::keys;

namespace {

// A P-256 key by tpm2_create, unrestricted, without a scheme.
constexpr auto kArea =
    "00560023000b000400720000001000100003001000205061ea4eda548fdbb5753418319acb3c846d0feb2e6f00e9a0da676fe37dc3610020"
    "3e293f7fd3799518a110f3f1e4eac0d76e01a5fa42db19af01419da35d1212f2";
constexpr auto kKey = "TPM key 0x81000010";

const Tss& tss() {
  const auto loaded = Tss::available();
  REQUIRE(loaded);
  return **loaded;
}

TPM2B_PUBLIC example() {
  const auto area = unmarshal_public(tss(), *base::hex_decode(kArea), kKey);
  REQUIRE(area);
  return *area;
}

struct Change {
  std::string name;
  std::function<void(TPMT_PUBLIC&)> apply;
  Cause cause;
  std::string words;
};

std::vector<Change> changes() {
  const auto set = [](TPMA_OBJECT attribute) {
    return [attribute](TPMT_PUBLIC& area) { area.objectAttributes |= attribute; };
  };
  const auto clear = [](TPMA_OBJECT attribute) {
    return [attribute](TPMT_PUBLIC& area) { area.objectAttributes &= ~attribute; };
  };
  const auto scheme = [](TPMI_ALG_ASYM_SCHEME id, TPMI_ALG_HASH hash) {
    return [id, hash](TPMT_PUBLIC& area) {
      area.parameters.eccDetail.scheme.scheme = id;
      area.parameters.eccDetail.scheme.details.anySig.hashAlg = hash;
    };
  };
  return {
      {"decryption", clear(TPMA_OBJECT_SIGN_ENCRYPT), Cause::wrong_key, "is for decryption"},
      {"restricted", set(TPMA_OBJECT_RESTRICTED), Cause::wrong_key, "attestation key"},
      {"x509", set(TPMA_OBJECT_X509SIGN), Cause::wrong_key, "only certificates"},
      {"policy", clear(TPMA_OBJECT_USERWITHAUTH), Cause::unsupported, "bound to a policy"},
      {"SHA-1", scheme(TPM2_ALG_ECDSA, TPM2_ALG_SHA1), Cause::wrong_key, "another hash than SHA-256"},
      {"SHA-384", scheme(TPM2_ALG_ECDSA, TPM2_ALG_SHA384), Cause::wrong_key, "another hash than SHA-256"},
      {"ECDAA", scheme(TPM2_ALG_ECDAA, TPM2_ALG_SHA256), Cause::wrong_key, "none of ECDSA"},
      {"Schnorr", scheme(TPM2_ALG_ECSCHNORR, TPM2_ALG_SHA256), Cause::wrong_key, "none of ECDSA"},
  };
}

}  // namespace

TEST_CASE("a public area is read in one form only") {
  const Bytes bytes = *base::hex_decode(kArea);
  CHECK(marshal_public(tss(), example()) == bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(unmarshal_public(tss(), BytesView(bytes).first(size), kKey));
  Bytes longer = bytes;
  longer.push_back(0);
  const auto refused = unmarshal_public(tss(), longer, kKey);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().cause() == Cause::malformed_answer);
  Bytes lying = bytes;
  lying[1] = 0x57;  // its size says one more
  CHECK_FALSE(unmarshal_public(tss(), lying, kKey));
}

TEST_CASE("the Name is the hash of the area, with the hash in front") {
  const auto name = name_of(tss(), example(), kKey);
  REQUIRE(name);
  CHECK(name->size() == 34);
  CHECK(base::hex_encode(*name).starts_with("000b"));
  TPM2B_PUBLIC other = example();
  other.publicArea.nameAlg = TPM2_ALG_SHA1;
  const auto refused = name_of(tss(), other, kKey);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().cause() == Cause::wrong_key);
}

TEST_CASE("the public key comes from the area, and signs as its kind does") {
  const auto key = public_key_of(example().publicArea, kKey);
  REQUIRE(key);
  CHECK(key->algorithm() == KeyAlgorithm::ecdsa_p256);
  CHECK_THAT(base::hex_encode(key->der()), Catch::Contains("045061ea4eda548fdbb5753418319acb3c84"));
  const auto scheme = signing_scheme(example().publicArea, *key, kKey);
  REQUIRE(scheme);
  CHECK(scheme->scheme == TPM2_ALG_ECDSA);
  CHECK(scheme->details.ecdsa.hashAlg == TPM2_ALG_SHA256);
}

TEST_CASE("a key that cannot sign images is refused, each with its reason") {
  const auto change = GENERATE(from_range(changes()));
  CAPTURE(change.name);
  TPM2B_PUBLIC area = example();
  const auto key = public_key_of(area.publicArea, kKey);
  REQUIRE(key);
  change.apply(area.publicArea);
  const auto scheme = signing_scheme(area.publicArea, *key, kKey);
  REQUIRE_FALSE(scheme);
  CHECK(scheme.error().kind() == Outcome::key);
  CHECK(scheme.error().cause() == change.cause);
  CHECK_THAT(scheme.error().message(), Catch::StartsWith("TPM key 0x81000010: ") && Catch::Contains(change.words));
}

TEST_CASE("a public area that holds no key hallmark verifies with is refused") {
  TPM2B_PUBLIC area = example();
  area.publicArea.parameters.eccDetail.curveID = TPM2_ECC_BN_P256;
  CHECK(public_key_of(area.publicArea, kKey).error().cause() == Cause::wrong_key);
  area = example();
  area.publicArea.type = TPM2_ALG_KEYEDHASH;
  CHECK(public_key_of(area.publicArea, kKey).error().cause() == Cause::wrong_key);
  area = example();
  area.publicArea.unique.ecc.x.size = 48;  // wider than its curve
  CHECK(public_key_of(area.publicArea, kKey).error().cause() == Cause::malformed_answer);
  area = example();
  area.publicArea.unique.ecc.x.buffer[0] ^= 1;  // no point of the curve
  CHECK(public_key_of(area.publicArea, kKey).error().cause() == Cause::wrong_key);
  const auto small = signing_template({KeyAlgorithm::rsa_pkcs1, 1024}, false);
  REQUIRE(small);
  CHECK(public_key_of(small->publicArea, kKey).error().cause() == Cause::wrong_key);
}

TEST_CASE("a signature of another scheme, hash or size than asked for is refused [attack 49]") {
  const auto key = public_key_of(example().publicArea, kKey);
  REQUIRE(key);
  const auto scheme = signing_scheme(example().publicArea, *key, kKey);
  REQUIRE(scheme);
  TPMT_SIGNATURE good{};
  good.sigAlg = TPM2_ALG_ECDSA;
  good.signature.ecdsa.hash = TPM2_ALG_SHA256;
  good.signature.ecdsa.signatureR = {1, {5}};
  good.signature.ecdsa.signatureS = {1, {6}};
  const auto encoded = signature_of(good, *scheme, *key, kKey);
  REQUIRE(encoded);
  CHECK(base::hex_encode(*encoded) == "3006020105020106");

  TPMT_SIGNATURE other = good;
  other.sigAlg = TPM2_ALG_RSASSA;
  CHECK(signature_of(other, *scheme, *key, kKey).error().cause() == Cause::wrong_answer);
  other = good;
  other.signature.ecdsa.hash = TPM2_ALG_SHA1;
  CHECK(signature_of(other, *scheme, *key, kKey).error().cause() == Cause::wrong_answer);
  other = good;
  other.signature.ecdsa.signatureS.size = 33;
  CHECK(signature_of(other, *scheme, *key, kKey).error().cause() == Cause::wrong_answer);
}

TEST_CASE("keys that hallmark has made are fixed to one TPM and one scheme") {
  const auto with = signing_template({KeyAlgorithm::ecdsa_p384, 384}, true);
  REQUIRE(with);
  CHECK(with->publicArea.objectAttributes ==
        (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
         TPMA_OBJECT_SIGN_ENCRYPT));
  CHECK(with->publicArea.parameters.eccDetail.scheme.details.ecdsa.hashAlg == TPM2_ALG_SHA384);
  const auto without = signing_template({KeyAlgorithm::rsa_pss, 2048}, false);
  REQUIRE(without);
  CHECK((without->publicArea.objectAttributes & TPMA_OBJECT_NODA) != 0);
  CHECK(without->publicArea.parameters.rsaDetail.scheme.scheme == TPM2_ALG_RSAPSS);
  const auto refused = signing_template({KeyAlgorithm::ed25519, 256}, false);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().cause() == Cause::unsupported);
}
