// FakeVault: a Transit engine of one key behind a scripted HTTP client; it signs as Vault does, and can be told to lie.
#pragma once

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "hallmark/keys.h"
#include "keys/kms/vault_provider.h"
#include "keys/provider/signature.h"
#include "support/key_services.h"
#include "support/key_vectors.h"
#include "support/temporary_folder.h"

namespace hallmark::test {

inline const std::string kVaultToken = "hvs.hush-token-of-the-test";

inline std::unique_ptr<Signer> key_of(const std::string& name) {
  keys::OpenOptions options;
  options.variable = [text = key_text(name)](const std::string&) { return Secret::copy_of(std::string_view(text)); };
  auto signer = keys::open_signer("env://KEY", options);
  if (!signer) throw std::runtime_error(signer.error().message());
  return *std::move(signer);
}

class FakeVault {
 public:
  explicit FakeVault(std::string kind = "ecdsa-p256", const std::string& file = "p256.pkcs8.pem")
      : type(std::move(kind)), signer(key_of(file)) {
    world.variables = {{"VAULT_ADDR", "https://vault.test:8200"}, {"VAULT_TOKEN", kVaultToken}};
    services.home = home.path();
    world.http.answer([this](const SentRequest& sent) -> Result<net::Response> { return answer(sent); });
  }
  FakeVault(const FakeVault&) = delete;
  FakeVault& operator=(const FakeVault&) = delete;

  // "POST /v1/transit/sign/release/sha2-256": what is answered instead of the truth.
  std::map<std::string, net::Response> instead;
  std::string type;
  std::unique_ptr<Signer> signer;
  std::string message = "what is signed";   // a signature is only made of this one
  base::Json key = base::Json::object({});  // members that replace those of the true answer
  bool exists = true;
  TemporaryFolder home;
  KeyServices world;
  keys::Services services = world.services();

  [[nodiscard]] std::string public_text() const {
    const PublicKey& made = signer->public_key();
    if (made.algorithm() != KeyAlgorithm::ed25519) return made.pem();
    return base::base64_encode(BytesView(made.der()).last(32));
  }

  [[nodiscard]] base::Json key_answer() const {
    using base::Json;
    Json data = Json::object({{"allow_plaintext_backup", false},
                              {"auto_rotate_period", 0},
                              {"deletion_allowed", false},
                              {"derived", false},
                              {"exportable", false},
                              {"imported_key", false},
                              {"keys", Json::object({{"1", version()}})},
                              {"latest_version", 1},
                              {"min_available_version", 0},
                              {"min_decryption_version", 1},
                              {"min_encryption_version", 0},
                              {"name", "release"},
                              {"supports_decryption", false},
                              {"supports_derivation", false},
                              {"supports_encryption", false},
                              {"supports_signing", true},
                              {"type", type}});
    for (const auto& [name, value] : *key.as_object()) data.set(name, value);
    return Json::object({{"request_id", "1"}, {"lease_id", ""}, {"data", data}, {"warnings", Json()}});
  }
  [[nodiscard]] base::Json version() const {
    return base::Json::object(
        {{"creation_time", "2026-11-28T10:00:00Z"}, {"name", "P-256"}, {"public_key", public_text()}});
  }

  // Of how many requests the path ends so.
  [[nodiscard]] std::size_t asked(std::string_view end) const {
    std::size_t count = 0;
    for (const SentRequest& each : world.http.sent) count += each.request.url.ends_with(end) ? 1 : 0;
    return count;
  }
  [[nodiscard]] const SentRequest& last() const { return world.http.sent.back(); }

 private:
  Result<net::Response> answer(const SentRequest& sent) {
    const std::string path = sent.request.url.substr(sent.request.url.find("/v1/"));
    const std::string name = sent.request.method + " " + path;
    if (const auto found = instead.find(name); found != instead.end()) return found->second;
    if (name == "POST /v1/transit/keys/release") {
      exists = true;
      return json_response(204, "");
    }
    if (!exists) return json_response(404, R"({"errors":[]})");
    if (name == "GET /v1/transit/keys/release") return json_response(200, key_answer().dump());
    if (name.starts_with("POST /v1/transit/sign/release")) return sign(sent);
    return json_response(404, R"({"errors":["no handler for route \"x\". route entry not found."]})");
  }

  Result<net::Response> sign(const SentRequest& sent) {
    const auto body = base::Json::parse(as_bytes(sent.body), "body");
    REQUIRE(body);
    const auto hash = keys::hash_of(signer->public_key().algorithm());
    const Bytes input = keys::hashed(hash, as_bytes(message));
    CHECK(*body->find("input")->as_string() == base::base64_encode(input));
    const auto signature = signer->sign(as_bytes(message));
    REQUIRE(signature);
    const std::int64_t number = *body->find("key_version")->as_integer();
    const std::string text = "vault:v" + std::to_string(number) + ":" + base::base64_encode(*signature);
    const base::Json data = base::Json::object({{"signature", text}, {"key_version", number}});
    return json_response(200, base::Json::object({{"data", data}}).dump());
  }
};

// What every failure of a provider is: kind key, this cause, these words; and no secret in it.
inline void check_failure(const Error& error, Cause cause, std::string_view words) {
  const std::string all = error.message() + " | " + error.hint();
  INFO(all);
  CHECK(error.kind() == Outcome::key);
  CHECK(word(error.cause()) == word(cause));
  CHECK_THAT(all, Catch::Contains(std::string(words)));
  CHECK_THAT(all, !Catch::Contains("hush"));
}

}  // namespace hallmark::test
