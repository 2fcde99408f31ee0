// C2SP/wycheproof: every case of the files that concern the accepted keys.
#include <catch2/catch.hpp>
#include <iostream>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/der.h"
#include "crypto/key_algorithm.h"
#include "hallmark/key.h"
#include "support/key_vectors.h"

using namespace hallmark;

namespace {

std::string text_of(const base::Json& object, std::string_view key) { return *object.find(key)->as_string(); }

// The PSS files give their keys as rsaEncryption; here the key says what it is for.
Bytes as_pss(const Bytes& spki) {
  crypto::DerReader outer(spki, "test");
  auto inner = *outer.enter(crypto::tag::sequence);
  REQUIRE(crypto::read_algorithm(inner));
  return crypto::write_spki(crypto::write_algorithm(KeyAlgorithm::rsa_pss), *inner.bit_string());
}

struct Tally {
  int checked = 0;
  int wrong = 0;
  int refused_keys = 0;
};

void check_group(const base::Json& group, bool pss, Tally& tally) {
  const auto spki = *base::hex_decode(text_of(group, "publicKeyDer"));
  const auto key = PublicKey::from_der(pss ? as_pss(spki) : spki);
  if (!key) ++tally.refused_keys;
  for (const auto& one : *group.find("tests")->as_array()) {
    const auto result = text_of(one, "result");
    const bool verified =
        key && key->verify(*base::hex_decode(text_of(one, "msg")), *base::hex_decode(text_of(one, "sig")));
    // "acceptable" is one case a file: a PKCS#1 v1.5 DigestInfo without its NULL. It is refused (RFC 8017 section 9.2
    // note 1 lets a verifier be strict).
    const bool wanted = result == "valid";
    ++tally.checked;
    if (verified == wanted) continue;
    ++tally.wrong;
    UNSCOPED_INFO("case " << *one.find("tcId")->as_integer() << ": " << text_of(one, "comment") << ": wanted "
                          << result);
  }
}

struct File {
  std::string name;
  int cases;
};

}  // namespace

TEST_CASE("wycheproof: what is valid verifies and nothing else [attack 19]") {
  const auto [name, cases] = GENERATE(values<File>({
      {"ecdsa_secp256r1_sha256_test", 484},
      {"ecdsa_secp384r1_sha256_test", 472},
      {"ecdsa_secp384r1_sha384_test", 504},
      {"ecdsa_secp521r1_sha512_test", 542},
      {"ed25519_test", 151},
      {"rsa_signature_2048_sha256_test", 259},
      {"rsa_signature_3072_sha256_test", 259},
      {"rsa_signature_4096_sha256_test", 258},
      {"rsa_pss_2048_sha256_mgf1_32_test", 108},
      {"rsa_pss_3072_sha256_mgf1_32_test", 108},
      {"rsa_pss_4096_sha256_mgf1_32_test", 108},
  }));
  const auto path = test::vectors_folder() / "wycheproof" / (name + ".json");
  if (!std::filesystem::exists(path)) {
    std::cout << "SKIPPED: wycheproof: " << path.filename().string() << " is not there (HALLMARK_VECTORS)\n";
    return;
  }
  const auto text = test::file_text(path);
  const auto json = base::Json::parse(as_bytes(text), "wycheproof");
  REQUIRE(json);
  Tally tally;
  for (const auto& group : *json->find("testGroups")->as_array())
    check_group(group, name.starts_with("rsa_pss"), tally);
  INFO(name);
  CHECK(tally.wrong == 0);
  CHECK(tally.checked == cases);
  CHECK(tally.refused_keys == 0);
}
