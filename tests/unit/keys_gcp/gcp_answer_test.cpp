#include "keys/kms/gcp_answer.h"

#include <catch2/catch.hpp>

#include "google.h"
#include "keys/kms/gcp_algorithm.h"

using namespace hallmark;
using namespace hallmark::keys;

namespace {

base::Json json(std::string_view text) { return *base::Json::parse(as_bytes(text), "test"); }

// The answer with one member replaced, or taken away where the value is null.
base::Json with(std::string_view text, const std::string& member, base::Json value) {
  const base::Json whole = json(text);
  if (!value.is_null()) {
    base::Json changed = whole;
    changed.set(member, std::move(value));
    return changed;
  }
  base::Json::Object rest;
  for (const auto& one : *whole.as_object())
    if (one.first != member) rest.push_back(one);
  return rest;
}

}  // namespace

TEST_CASE("a public key is read with the algorithm it signs with") {
  const auto [algorithm, file, described] = GENERATE(table<std::string, std::string, std::string>({
      {"EC_SIGN_P256_SHA256", "p256.pub.pem", "ecdsa-p256"},
      {"EC_SIGN_P384_SHA384", "p384.pub.pem", "ecdsa-p384"},
      {"EC_SIGN_ED25519", "ed25519.pub.pem", "ed25519"},
      {"RSA_SIGN_PKCS1_2048_SHA256", "rsa2048.pub.pem", "rsa-2048"},
      {"RSA_SIGN_PKCS1_3072_SHA256", "rsa3072.pub.pem", "rsa-3072"},
      {"RSA_SIGN_PKCS1_4096_SHA256", "rsa4096.pub.pem", "rsa-4096"},
      {"RSA_SIGN_PSS_2048_SHA256", "rsa2048.pub.pem", "rsa-pss-2048"},
      {"RSA_SIGN_PSS_4096_SHA256", "rsa4096.pub.pem", "rsa-pss-4096"},
  }));
  const auto key = parse_gcp_public_key(json(test::public_key_answer(algorithm, test::key_text(file))), test::kVersion);
  REQUIRE(key);
  CHECK(describe(key->key.algorithm(), key->key.bits()) == described);
  CHECK(key->name == test::kVersion);
  CHECK(key->protection == "HSM");
}

TEST_CASE("a key that signs RSA-PSS says so in its SPKI, which the service's own does not") {
  const std::string pem = test::key_text("rsa2048.pub.pem");
  const auto plain =
      parse_gcp_public_key(json(test::public_key_answer("RSA_SIGN_PKCS1_2048_SHA256", pem)), test::kVersion);
  const auto pss = parse_gcp_public_key(json(test::public_key_answer("RSA_SIGN_PSS_2048_SHA256", pem)), test::kVersion);
  REQUIRE(plain);
  REQUIRE(pss);
  CHECK(plain->key.id() != pss->key.id());
  CHECK(PublicKey::from_pem(pss->key.pem())->algorithm() == KeyAlgorithm::rsa_pss);
}

TEST_CASE("a key that cannot sign is named with its algorithm") {
  const auto [algorithm, words] = GENERATE(table<std::string, std::string>({
      {"EC_SIGN_SECP256K1_SHA256", "secp256k1"},
      {"RSA_SIGN_PKCS1_4096_SHA512", "SHA-256 only"},
      {"RSA_SIGN_PSS_4096_SHA512", "SHA-256 only"},
      {"RSA_SIGN_RAW_PKCS1_2048", "already padded"},
      {"RSA_DECRYPT_OAEP_2048_SHA256", "not a key that signs"},
      {"HMAC_SHA256", "not a key that signs"},
      {"GOOGLE_SYMMETRIC_ENCRYPTION", "not a key that signs"},
      {"PQ_SIGN_ML_DSA_65", "no format"},
      {"EC_SIGN_P999_SHA1", "not known"},
      {"", "not a key that signs"},
  }));
  const auto key =
      parse_gcp_public_key(json(test::public_key_answer(algorithm, test::key_text("p256.pub.pem"))), test::kVersion);
  REQUIRE_FALSE(key);
  CHECK(key.error().cause() == Cause::wrong_key);
  CHECK_THAT(key.error().message(), Catch::Contains(words) && Catch::Contains(algorithm));
}

TEST_CASE("a public key of another version, kind or checksum is no answer [attack 49]") {
  const std::string pem = test::key_text("p256.pub.pem");
  const std::string good = test::public_key_answer("EC_SIGN_P256_SHA256", pem);
  const auto refused = [&](const base::Json& answer, Cause cause, const std::string& words) {
    const auto key = parse_gcp_public_key(answer, test::kVersion);
    REQUIRE_FALSE(key);
    CHECK_THAT(key.error().message(), Catch::Contains(words));
    CHECK(key.error().cause() == cause);
  };
  refused(with(good, "name", std::string(test::kKey) + "/cryptoKeyVersions/8"), Cause::wrong_answer, "asked was");
  refused(with(good, "name", {}), Cause::none, "name: missing");
  refused(with(good, "algorithm", {}), Cause::none, "algorithm: missing");
  refused(with(good, "pem", {}), Cause::none, "pem: missing");
  refused(with(good, "pem", "-----BEGIN"), Cause::wrong_answer, "checksum");
  refused(with(good, "pemCrc32c", {}), Cause::none, "pemCrc32c: missing");
  refused(with(good, "pemCrc32c", "1"), Cause::wrong_answer, "checksum");
  refused(with(good, "pemCrc32c", true), Cause::none, "pemCrc32c");
  refused(with(good, "protectionLevel", 1), Cause::none, "protectionLevel");
  refused(json(test::public_key_answer("EC_SIGN_P384_SHA384", pem)), Cause::wrong_answer, "ecdsa-p256");
  refused(json(test::public_key_answer("RSA_SIGN_PKCS1_4096_SHA256", test::key_text("rsa2048.pub.pem"))),
          Cause::wrong_answer, "rsa-2048");
  refused(json(test::public_key_answer("RSA_SIGN_PSS_2048_SHA256", pem)), Cause::wrong_answer, "ecdsa-p256");
  refused(json(test::public_key_answer("EC_SIGN_P256_SHA256", test::key_text("p256.pkcs8.pem"))), Cause::wrong_answer,
          "no public key");
  refused(json("[]"), Cause::none, "expected an object");
}

TEST_CASE("a signature must come with the name, the checksums and the word that the checksum was right [attack 49]") {
  const Bytes bytes = to_bytes("signature");
  const std::string good = test::signature_answer(bytes);
  const auto signature = parse_gcp_signature(json(good), test::kVersion, Hash::sha256);
  REQUIRE(signature);
  CHECK(*signature == bytes);
  CHECK(parse_gcp_signature(json(test::signature_answer(bytes, "verifiedDataCrc32c")), test::kVersion, Hash::none));
  // A checksum is a string as proto3 writes int64, or a number.
  CHECK(parse_gcp_signature(with(good, "signatureCrc32c", static_cast<std::int64_t>(crc32c(bytes))), test::kVersion,
                            Hash::sha256));

  const auto refused = [](const base::Json& answer, Hash hash, Cause cause, const std::string& words) {
    const auto result = parse_gcp_signature(answer, test::kVersion, hash);
    REQUIRE_FALSE(result);
    CHECK_THAT(result.error().message(), Catch::Contains(words));
    CHECK(result.error().cause() == cause);
  };
  refused(with(good, "name", std::string(test::kKey) + "/cryptoKeyVersions/8"), Hash::sha256, Cause::wrong_answer,
          "asked was");
  refused(with(good, "name", {}), Hash::sha256, Cause::none, "name: missing");
  refused(with(good, "verifiedDigestCrc32c", {}), Hash::sha256, Cause::wrong_answer, "does not say");
  refused(with(good, "verifiedDigestCrc32c", false), Hash::sha256, Cause::wrong_answer, "does not say");
  refused(with(good, "verifiedDigestCrc32c", "true"), Hash::sha256, Cause::wrong_answer, "does not say");
  refused(json(good), Hash::none, Cause::wrong_answer, "verifiedDataCrc32c");
  refused(with(good, "signatureCrc32c", {}), Hash::sha256, Cause::none, "signatureCrc32c: missing");
  refused(with(good, "signatureCrc32c", "0"), Hash::sha256, Cause::wrong_answer, "checksum");
  refused(with(good, "signatureCrc32c", "-1"), Hash::sha256, Cause::wrong_answer, "checksum");
  refused(with(good, "signature", "!"), Hash::sha256, Cause::none, "signature");
  refused(with(good, "signature", {}), Hash::sha256, Cause::none, "signature: missing");
}

TEST_CASE("a page of versions gives the numbers of the enabled ones") {
  const std::string parent = std::string(test::kKey) + "/cryptoKeyVersions/";
  const auto version = [&](const std::string& number, const std::string& state) {
    return base::Json::object({{"name", parent + number}, {"state", state}});
  };
  base::Json answer = base::Json::object({{"nextPageToken", "more"}});
  answer.set("cryptoKeyVersions",
             base::Json::Array{version("2", "ENABLED"), version("10", "ENABLED"), version("11", "DISABLED")});
  const auto page = parse_gcp_versions(answer, test::kKey);
  REQUIRE(page);
  CHECK(page->enabled == std::vector<std::uint64_t>{2, 10});
  CHECK(page->next_page == "more");
  CHECK(parse_gcp_versions(json("{}"), test::kKey)->enabled.empty());

  const auto [name, state] = GENERATE_COPY(table<std::string, std::string>({
      {parent + "0", "ENABLED"},
      {parent + "x", "ENABLED"},
      {parent, "ENABLED"},
      {"7", "ENABLED"},
      {"projects/shop/locations/europe-north1/keyRings/release/cryptoKeys/other/cryptoKeyVersions/1", "ENABLED"},
  }));
  answer.set("cryptoKeyVersions", base::Json::Array{base::Json::object({{"name", name}, {"state", state}})});
  CHECK_FALSE(parse_gcp_versions(answer, test::kKey));
}

TEST_CASE("the permissions that are held are those the service lists") {
  CHECK(parse_gcp_permissions(json(R"({"permissions":["a","b"]})")) == std::set<std::string>{"a", "b"});
  CHECK(parse_gcp_permissions(json("{}")) == std::set<std::string>{});
  CHECK_FALSE(parse_gcp_permissions(json(R"({"permissions":[1]})")));
  CHECK_FALSE(parse_gcp_permissions(json(R"({"permissions":"a"})")));
  CHECK_FALSE(parse_gcp_permissions(json("[]")));
}

TEST_CASE("each kind of key that Cloud KMS can make has its name") {
  CHECK(gcp_algorithm(KeyType{KeyAlgorithm::ecdsa_p256, 256})->name == "EC_SIGN_P256_SHA256");
  CHECK(gcp_algorithm(KeyType{KeyAlgorithm::rsa_pss, 3072})->name == "RSA_SIGN_PSS_3072_SHA256");
  CHECK(gcp_algorithm(KeyType{KeyAlgorithm::ed25519, 255})->name == "EC_SIGN_ED25519");
  CHECK_FALSE(gcp_algorithm(KeyType{KeyAlgorithm::ecdsa_p521, 521}));
  CHECK_FALSE(gcp_algorithm(KeyType{KeyAlgorithm::rsa_pkcs1, 8192}));
}
