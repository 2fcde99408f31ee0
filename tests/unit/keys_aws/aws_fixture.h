// FakeKms: AWS behind scripted HTTP clients, with one key; it signs as KMS does, and can be told to lie.
#pragma once

#include <catch2/catch.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/json.h"
#include "hallmark/keys.h"
#include "keys/kms/aws_kms.h"
#include "keys/provider/signature.h"
#include "support/key_services.h"
#include "support/key_vectors.h"
#include "support/temporary_folder.h"

namespace hallmark::test {

inline const std::string kArn = "arn:aws:kms:eu-north-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

inline std::unique_ptr<Signer> key_of(const std::string& name) {
  keys::OpenOptions options;
  options.variable = [&](const std::string&) -> std::optional<Secret> {
    return Secret::copy_of(std::string_view(key_text(name)));
  };
  auto signer = keys::open_signer("env://KEY", options);
  if (!signer) throw std::runtime_error(signer.error().message());
  return *std::move(signer);
}

// What every failure of a provider is: kind key, this cause, these words; and no secret in it.
inline void check_failure(const Error& error, Cause cause, std::string_view words) {
  const std::string all = error.message() + " | " + error.hint();
  INFO(all);
  CHECK(error.kind() == Outcome::key);
  CHECK(word(error.cause()) == word(cause));
  CHECK_THAT(all, Catch::Contains(std::string(words)));
  CHECK_THAT(all, !Catch::Contains("hush"));
}

inline net::Response kms_error(int status, const std::string& code, const std::string& message) {
  return {status,
          {{"Content-Type", "application/x-amz-json-1.1"}},
          to_bytes(base::Json::object({{"__type", code}, {"message", message}}).dump()),
          {}};
}

class FakeKms {
 public:
  explicit FakeKms(std::string spec_name = "ECC_NIST_P256", std::string algorithm = "ECDSA_SHA_256",
                   const std::string& file = "p256.pkcs8.pem")
      : spec(std::move(spec_name)), algorithms({std::move(algorithm)}), signer(key_of(file)) {
    world.variables = {{"AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"},
                       {"AWS_SECRET_ACCESS_KEY", "hush-secret"},
                       {"AWS_SESSION_TOKEN", "hush-token"},
                       {"AWS_REGION", "eu-north-1"}};
    services.home = home.path();
    world.http.answer([this](const SentRequest& sent) -> Result<net::Response> { return answer(sent); });
  }
  FakeKms(const FakeKms&) = delete;
  FakeKms& operator=(const FakeKms&) = delete;

  std::string spec;
  std::vector<std::string> algorithms;
  std::unique_ptr<Signer> signer;
  std::string message = "what is signed";  // a signature is only made of this one
  // "Sign": what is answered instead of the truth; how often: the rest of the time it is the truth.
  std::map<std::string, net::Response> instead;
  std::map<std::string, int> times;
  std::map<std::string, base::Json> changed;  // "Sign": members that replace those of the true answer
  TemporaryFolder home;
  KeyServices world;
  keys::Services services = world.services();

  [[nodiscard]] std::vector<std::string> asked() const {
    std::vector<std::string> actions;
    for (const SentRequest& each : world.http.sent) actions.push_back(action_of(each));
    return actions;
  }
  [[nodiscard]] base::Json body_of(std::size_t index) const {
    return *base::Json::parse(as_bytes(world.http.sent.at(index).body), "body");
  }

 private:
  static std::string action_of(const SentRequest& sent) {
    const std::string target = sent.header("X-Amz-Target");
    return target.starts_with("TrentService.") ? target.substr(13) : target;
  }

  Result<net::Response> answer(const SentRequest& sent) {
    const std::string action = action_of(sent);
    CHECK(sent.request.method == "POST");
    CHECK(sent.header("Content-Type") == "application/x-amz-json-1.1");
    CHECK(sent.header("X-Amz-Security-Token") == "hush-token");
    REQUIRE(sent.request.aws);
    CHECK(sent.request.aws->access_key_id == "AKIAEXAMPLE");
    CHECK(sent.request.aws->secret_access_key == "hush-secret");
    CHECK(sent.request.aws->service == "kms");
    CHECK_FALSE(sent.request.follow_redirects);
    const auto found = instead.find(action);
    if (found != instead.end() && (!times.contains(action) || times[action]-- > 0)) return found->second;
    return json_response(200, true_answer(action, sent).dump());
  }

  base::Json true_answer(const std::string& action, const SentRequest& sent) {
    base::Json out;
    if (action == "GetPublicKey") out = public_key();
    if (action == "Sign") out = signature(sent);
    if (action == "DescribeKey" || action == "CreateKey") out = description();
    if (const auto found = changed.find(action); found != changed.end()) {
      for (const auto& [name, value] : *found->second.as_object()) out.set(name, value);
    }
    return out;
  }

  base::Json public_key() {
    base::Json::Array names;
    for (const std::string& one : algorithms) names.emplace_back(one);
    return base::Json::object({{"CustomerMasterKeySpec", spec},
                               {"KeyId", kArn},
                               {"KeySpec", spec},
                               {"KeyUsage", "SIGN_VERIFY"},
                               {"PublicKey", base::base64_encode(signer->public_key().der())},
                               {"SigningAlgorithms", names}});
  }

  base::Json signature(const SentRequest& sent) {
    const auto body = *base::Json::parse(as_bytes(sent.body), "body");
    const auto hash = keys::hash_of(signer->public_key().algorithm());
    CHECK(*body.find("Message")->as_string() == base::base64_encode(keys::hashed(hash, as_bytes(message))));
    CHECK(*body.find("MessageType")->as_string() == (hash == keys::Hash::none ? "RAW" : "DIGEST"));
    const auto made = signer->sign(as_bytes(message));
    REQUIRE(made);
    return base::Json::object({{"KeyId", kArn},
                               {"Signature", base::base64_encode(*made)},
                               {"SigningAlgorithm", *body.find("SigningAlgorithm")->as_string()}});
  }

  static base::Json description() {
    return base::Json::object({{"KeyMetadata", base::Json::object({{"Arn", kArn},
                                                                   {"CreationDate", 1700000000.5},
                                                                   {"Enabled", true},
                                                                   {"KeyId", "1234abcd-12ab-34cd-56ef-1234567890ab"},
                                                                   {"KeyState", "Enabled"},
                                                                   {"MultiRegion", true},
                                                                   {"Origin", "AWS_CLOUDHSM"}})}});
  }
};

}  // namespace hallmark::test
