#include "unit/keys_vault/vault_fixture.h"

namespace hallmark::keys {
namespace {

using test::FakeVault;
using test::json_response;

constexpr const char* kRelease = "hashivault://release";
constexpr const char* kSign = "POST /v1/transit/sign/release/sha2-256";

Result<Bytes> sign(FakeVault& vault, const std::string& reference = kRelease) {
  const auto provider = hashivault(vault.services);
  auto signer = provider->open_signer(reference);
  if (!signer) return fail(signer.error());
  return (*signer)->sign(as_bytes(vault.message));
}

std::string signature_answer(const std::string& signature, int version = 1) {
  return R"({"data":{"key_version":)" + std::to_string(version) + R"(,"signature":")" + signature + "\"}}";
}

std::string of_version(int version, BytesView bytes) {
  return signature_answer("vault:v" + std::to_string(version) + ":" + base::base64_encode(bytes), version);
}

}  // namespace

TEST_CASE("every kind of key signs with one request, of the digest that cosign would send") {
  struct Case {
    const char* type;
    const char* file;
    const char* path;
    const char* body;  // behind the input
  };
  const auto [type, file, path, body] = GENERATE(values<Case>({
      {"ecdsa-p256", "p256.pkcs8.pem", "/sha2-256",
       R"("key_version":1,"prehashed":true,"marshaling_algorithm":"asn1"})"},
      {"ecdsa-p384", "p384.pkcs8.pem", "/sha2-384",
       R"("key_version":1,"prehashed":true,"marshaling_algorithm":"asn1"})"},
      {"ecdsa-p521", "p521.pkcs8.pem", "/sha2-512",
       R"("key_version":1,"prehashed":true,"marshaling_algorithm":"asn1"})"},
      {"rsa-2048", "rsa2048.pkcs8.pem", "/sha2-256",
       R"("key_version":1,"prehashed":true,"signature_algorithm":"pkcs1v15"})"},
      {"rsa-4096", "rsa4096.pkcs8.pem", "/sha2-256",
       R"("key_version":1,"prehashed":true,"signature_algorithm":"pkcs1v15"})"},
      {"ed25519", "ed25519.pkcs8.pem", "", R"("key_version":1,"prehashed":false})"},
  }));
  FakeVault vault(type, file);
  const auto provider = hashivault(vault.services);
  const auto signer = provider->open_signer(kRelease);
  REQUIRE(signer);
  CHECK((*signer)->public_key() == vault.signer->public_key());
  CHECK(vault.world.http.sent.size() == 1);
  for (std::size_t round = 1; round <= 2; ++round) {
    const auto signature = (*signer)->sign(as_bytes(vault.message));
    REQUIRE(signature);
    CHECK(vault.signer->public_key().verify(as_bytes(vault.message), *signature));
    CHECK(vault.world.http.sent.size() == 1 + round);
  }
  const test::SentRequest& sent = vault.last();
  CHECK(sent.request.method == "POST");
  CHECK(sent.request.url == "https://vault.test:8200/v1/transit/sign/release" + std::string(path));
  CHECK_THAT(sent.body, Catch::EndsWith(body));
  CHECK(sent.header("X-Vault-Request") == "true");
  CHECK(sent.header("X-Vault-Token") == test::kVaultToken);
  CHECK(sent.header("X-Vault-Namespace").empty());
  CHECK_FALSE(sent.request.follow_redirects);
}

TEST_CASE("mount, namespace, CA and proxy go with every request; openbao:// is the same engine") {
  FakeVault vault;
  vault.world.variables["TRANSIT_SECRET_ENGINE_PATH"] = "team/tränsit";
  const auto bad = openbao(vault.services)->public_key("openbao://release");
  REQUIRE_FALSE(bad);
  vault.world.variables["TRANSIT_SECRET_ENGINE_PATH"] = "team/tran+sit";
  vault.world.variables["VAULT_NAMESPACE"] = "team-a";
  vault.world.variables["VAULT_CACERT_BYTES"] = "PEM";
  vault.world.variables["VAULT_PROXY_ADDR"] = "http://proxy:3128";
  vault.instead["GET /v1/team/tran%2Bsit/keys/release"] = json_response(200, vault.key_answer().dump());
  const auto provider = openbao(vault.services);
  CHECK(provider->scheme() == "openbao");
  REQUIRE(provider->public_key("openbao://release"));
  const test::SentRequest& sent = vault.last();
  CHECK(sent.header("X-Vault-Namespace") == "team-a");
  CHECK(sent.request.tls.ca_pem == "PEM");
  CHECK(sent.request.proxy == "http://proxy:3128");
}

TEST_CASE("a version that is asked for signs, and a rotation after opening changes nothing") {
  FakeVault vault;
  vault.key = base::Json::object(
      {{"latest_version", 3}, {"keys", base::Json::object({{"2", vault.version()}, {"3", vault.version()}})}});
  const auto provider = hashivault(vault.services);
  const auto newest = provider->open_signer(kRelease);
  REQUIRE(newest);
  vault.key.set("latest_version", 4);
  REQUIRE((*newest)->sign(as_bytes(vault.message)));
  CHECK_THAT(vault.last().body, Catch::Contains("\"key_version\":3"));
  REQUIRE(sign(vault, "hashivault://release?version=2"));
  CHECK_THAT(vault.last().body, Catch::Contains("\"key_version\":2"));
}

TEST_CASE("a key that cannot sign says why before anything is signed") {
  struct Case {
    base::Json::Object members;
    Cause cause;
    std::string words;
    std::string reference = kRelease;
  };
  using base::Json;
  const std::string fifth = "hashivault://release?version=5";
  const std::string first = "hashivault://release?version=1";
  const auto [members, cause, words, reference] = GENERATE_COPY(values<Case>({
      {{{"type", "aes256-gcm96"}, {"keys", Json::object({{"1", 1732788000}})}},
       Cause::wrong_key,
       "aes256-gcm96, which signs no images"},
      {{{"type", "hmac"}}, Cause::wrong_key, "hmac, which signs no images"},
      {{{"type", "ml-dsa"}}, Cause::wrong_key, "ml-dsa, which signs no images"},
      {{{"type", "ed25519"}, {"derived", true}}, Cause::wrong_key, "another key for every context"},
      {{{"soft_deleted", true}}, Cause::pending_deletion, "is marked as deleted"},
      {{}, Cause::not_found, "no such version: the newest is 1", fifth},
      {{{"latest_version", 3}, {"min_available_version", 2}},
       Cause::pending_deletion,
       "those before 2 were trimmed",
       first},
      {{{"latest_version", 3}, {"min_decryption_version", 2}}, Cause::disabled, "min_decryption_version is 2", first},
      {{{"latest_version", 2}}, Cause::disabled, "has version 2 switched off"},
      {{{"latest_version", 3}, {"min_encryption_version", 2}}, Cause::disabled, "min_encryption_version is 2", first},
      {{{"type", "ecdsa-p384"}}, Cause::malformed_answer, "though the key's type is ecdsa-p384"},
      {{{"type", "rsa-2048"}}, Cause::malformed_answer, "though the key's type is rsa-2048"},
      {{{"name", "hush"}}, Cause::wrong_answer, "a key of another name"},
      {{{"keys", Json::object({{"1", Json::object({{"public_key", ""}})}})}},
       Cause::malformed_answer,
       "public_key: missing"},
      {{{"keys", Json()}}, Cause::malformed_answer, "data.keys"},
      {{{"latest_version", "one"}}, Cause::malformed_answer, "latest_version"},
  }));
  FakeVault vault;
  vault.key = Json(members);
  const auto signature = sign(vault, reference);
  REQUIRE_FALSE(signature);
  test::check_failure(signature.error(), cause, words);
  CHECK(vault.world.http.sent.size() == 1);
}

TEST_CASE("an old version still gives its public key, to verify with") {
  FakeVault vault;
  vault.key = base::Json::object({{"latest_version", 3}, {"min_encryption_version", 3}});
  CHECK(hashivault(vault.services)->public_key("hashivault://release?version=1"));
}

TEST_CASE("a signature by another key, version, algorithm or digest is never handed out [attack 49]") {
  FakeVault vault;
  const auto other = test::key_of("p384.pkcs8.pem")->sign(as_bytes(vault.message));
  const auto elsewhere = vault.signer->sign(as_bytes("something else"));
  REQUIRE((other && elsewhere));
  const auto right = vault.signer->sign(as_bytes(vault.message));
  struct Case {
    std::string answer;
    Cause cause;
    std::string words;
  };
  Bytes flipped = *right;
  flipped.back() ^= 1;
  Bytes longer = *right;
  longer.push_back(0);
  const auto [answer, cause, words] = GENERATE_COPY(values<Case>({
      {of_version(1, *other), Cause::wrong_answer, "does not verify: nothing was published"},
      {of_version(1, *elsewhere), Cause::wrong_answer, "does not verify: nothing was published"},
      {of_version(1, flipped), Cause::wrong_answer, "does not verify"},
      {of_version(1, longer), Cause::wrong_answer, "does not verify"},
      {of_version(2, *right), Cause::wrong_answer, "version 1 was asked for, and version 2 has signed"},
      {signature_answer("vault:v1:" + base::base64_encode(*right), 2), Cause::malformed_answer, "key_version is 2"},
      {signature_answer(base::base64_encode(*right)), Cause::malformed_answer, "vault:vN:BASE64"},
      {R"({"errors":["permission denied"]})", Cause::malformed_answer, "answer.data: missing"},
      {R"({"data":{"batch_results":[]}})", Cause::malformed_answer, "signature: missing"},
      {R"({"data":null})", Cause::malformed_answer, "data"},
      {"", Cause::malformed_answer, "answer"},
      {"<html>", Cause::malformed_answer, "not as documented"},
      {R"({"data":{"signature":"a","Signature":"b"}})", Cause::malformed_answer, "not as documented"},
  }));
  vault.instead[kSign] = json_response(200, answer);
  const auto signature = sign(vault);
  REQUIRE_FALSE(signature);
  test::check_failure(signature.error(), cause, words);
  CHECK(vault.asked("/sha2-256") == 1);
}

TEST_CASE("a redirect of a node that stands by is not followed with the token [attack 30]") {
  FakeVault vault;
  const int status = GENERATE(301, 302, 307, 308);
  vault.instead[kSign] = {status, {{"Location", "https://evil.test/"}}, {}, {}};
  const auto signature = sign(vault);
  REQUIRE_FALSE(signature);
  test::check_failure(signature.error(), Cause::malformed_answer, "load balancer");
  CHECK(vault.world.http.sent.size() == 2);
}

TEST_CASE("bounds and failures of the network keep their words, without a flag that would not help") {
  FakeVault vault;
  struct Case {
    Outcome kind;
    Cause cause;
    std::string hint;
    std::string words;
  };
  const auto [kind, cause, hint, words] = GENERATE(values<Case>({
      {Outcome::malformed, Cause::malformed_answer, "", "Vault: it broke"},
      {Outcome::unreachable, Cause::unreachable, "give its CA with --registry-ca FILE, or …", "VAULT_CACERT"},
      {Outcome::unreachable, Cause::unreachable, "if this registry has no TLS, pass --plain-http", "Vault: it broke"},
      {Outcome::throttled, Cause::throttled, "wait", "wait"},
  }));
  const net::Deadline deadline = vault.world.clock.steady() + std::chrono::seconds(30);
  vault.world.http.answer([=](const test::SentRequest& sent) -> Result<net::Response> {
    CHECK(sent.request.limit > 0);
    CHECK(sent.request.deadline == deadline);
    return fail(Error(kind, "it broke").with_hint(hint));
  });
  const auto signature = sign(vault);
  REQUIRE_FALSE(signature);
  test::check_failure(signature.error(), cause, words);
  CHECK_THAT(signature.error().hint(), !Catch::Contains("--"));
}

TEST_CASE("a new key is made as asked for, not exportable, and only where there is none") {
  FakeVault vault;
  vault.exists = false;
  const auto provider = hashivault(vault.services);
  const auto key = provider->create(kRelease, {});
  REQUIRE(key);
  CHECK(*key == vault.signer->public_key());
  REQUIRE(vault.world.http.sent.size() == 3);
  CHECK(vault.world.http.sent[1].body == R"({"type":"ecdsa-p256","exportable":false,"allow_plaintext_backup":false})");

  const auto again = provider->create(kRelease, {});
  REQUIRE_FALSE(again);
  test::check_failure(again.error(), Cause::exists, "there is a key hashivault://release already");
  CHECK(vault.world.http.sent.size() == 4);
}

TEST_CASE("a key that another made in the same moment is not taken for ours") {
  FakeVault vault;
  vault.exists = false;
  vault.instead["POST /v1/transit/keys/release"] =
      json_response(200, R"({"data":{},"warnings":["key release already existed"]})");
  const auto key = hashivault(vault.services)->create(kRelease, {});
  REQUIRE_FALSE(key);
  test::check_failure(key.error(), Cause::exists, "already");
}

TEST_CASE("what Vault cannot make is said without a request") {
  FakeVault vault;
  const auto provider = hashivault(vault.services);
  const auto pss = provider->create(kRelease, {KeyAlgorithm::rsa_pss, 3072});
  REQUIRE_FALSE(pss);
  test::check_failure(pss.error(), Cause::unsupported, "do not say that they are for PSS");
  const auto version = provider->create("hashivault://release?version=2", {});
  REQUIRE_FALSE(version);
  test::check_failure(version.error(), Cause::unsupported, "begins with version 1");
  CHECK(vault.world.http.sent.empty());
}

TEST_CASE("every type of key has Vault's name for it") {
  struct Case {
    KeyType type;
    const char* name;
    const char* file;
  };
  const auto [type, name, file] = GENERATE(values<Case>({
      {{KeyAlgorithm::ecdsa_p384, 384}, "ecdsa-p384", "p384.pkcs8.pem"},
      {{KeyAlgorithm::ecdsa_p521, 521}, "ecdsa-p521", "p521.pkcs8.pem"},
      {{KeyAlgorithm::ed25519, 256}, "ed25519", "ed25519.pkcs8.pem"},
      {{KeyAlgorithm::rsa_pkcs1, 2048}, "rsa-2048", "rsa2048.pkcs8.pem"},
      {{KeyAlgorithm::rsa_pkcs1, 3072}, "rsa-3072", "rsa3072.pkcs8.pem"},
      {{KeyAlgorithm::rsa_pkcs1, 4096}, "rsa-4096", "rsa4096.pkcs8.pem"},
  }));
  FakeVault vault(name, file);
  vault.exists = false;
  REQUIRE(hashivault(vault.services)->create(kRelease, type));
  CHECK_THAT(vault.world.http.sent[1].body, Catch::Contains("\"type\":\"" + std::string(name) + "\""));
}

}  // namespace hallmark::keys
