// Google as the tests of its provider need it: credentials files with marked secrets, and services that answer.
#pragma once

#include <map>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/pem.h"
#include "keys/kms/gcp_crc32c.h"
#include "keys/kms/gcp_kms.h"
#include "keys/provider/signature.h"
#include "keys/software/software_signer.h"
#include "support/key_services.h"
#include "support/key_vectors.h"
#include "support/temporary_folder.h"

namespace hallmark::test {

inline constexpr const char* kKey = "projects/shop/locations/europe-north1/keyRings/release/cryptoKeys/api";
inline constexpr const char* kVersion =
    "projects/shop/locations/europe-north1/keyRings/release/cryptoKeys/api/cryptoKeyVersions/7";
// Whatever is told or printed must not hold one of these.
inline constexpr const char* kAccessToken = "ya29.hush-access-token-4711";
inline constexpr const char* kRefreshToken = "1//hush-refresh-token-4711";
inline constexpr const char* kClientSecret = "GOCSPX-hush-client-secret-4711";
inline constexpr const char* kSubjectToken = "eyJ.hush-subject-token-4711.sig";
inline constexpr const char* kHeaderSecret = "bearer hush-header-secret-4711";

inline keys::SoftwareSigner software_key(const std::string& name) {
  const auto block = crypto::read_pem(key_text(name));
  return keys::SoftwareSigner(*keys::read_pkcs8(block->bytes.view()));
}

inline std::string service_account_file(const std::string& more = "") {
  base::Json file = base::Json::object({{"type", "service_account"},
                                        {"project_id", "shop"},
                                        {"private_key_id", "key-1"},
                                        {"private_key", key_text("rsa2048.pkcs8.pem")},
                                        {"client_email", "ci@shop.iam.gserviceaccount.com"},
                                        {"client_id", "1"},
                                        {"token_uri", "https://oauth2.googleapis.com/token"}});
  std::string text = file.dump();
  if (!more.empty()) text.insert(text.size() - 1, "," + more);
  return text;
}

inline std::string user_file(const std::string& more = "") {
  return std::string(R"({"type":"authorized_user","client_id":"client-1","client_secret":")") + kClientSecret +
         R"(","refresh_token":")" + kRefreshToken + "\"" + (more.empty() ? "" : "," + more) + "}";
}

inline std::string external_file(const std::string& source, const std::string& more = "") {
  return std::string(R"({"type":"external_account","audience":"//iam.googleapis.com/projects/1/locations/global/)") +
         R"(workloadIdentityPools/ci/providers/idp","subject_token_type":"urn:ietf:params:oauth:token-type:jwt",)" +
         R"("token_url":"https://sts.googleapis.com/v1/token","credential_source":)" + source +
         (more.empty() ? "" : "," + more) + "}";
}

inline constexpr const char* kImpersonate =
    R"("service_account_impersonation_url":"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/signer@shop.iam.gserviceaccount.com:generateAccessToken")";

inline std::string token_answer(std::string_view token = kAccessToken, int seconds = 3599) {
  return R"({"access_token":")" + std::string(token) + R"(","expires_in":)" + std::to_string(seconds) +
         R"(,"token_type":"Bearer"})";
}

inline std::string error_answer(int code, const std::string& status, const std::string& message,
                                const std::string& details = "") {
  return R"({"error":{"code":)" + std::to_string(code) + R"(,"message":")" + message + R"(","status":")" + status +
         "\"" + (details.empty() ? "" : R"(,"details":[)" + details + "]") + "}}";
}

inline std::string reason_detail(const std::string& reason) {
  return R"({"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":")" + reason +
         R"(","domain":"googleapis.com"})";
}

inline std::string state_detail(const std::string& state) {
  return R"({"@type":"type.googleapis.com/google.rpc.PreconditionFailure","violations":[{"type":"KEY_)" + state +
         R"(","subject":"it"}]})";
}

inline std::string public_key_answer(const std::string& algorithm, const std::string& pem,
                                     const std::string& name = kVersion) {
  return base::Json::object({{"pem", pem},
                             {"algorithm", algorithm},
                             {"pemCrc32c", std::to_string(keys::crc32c(as_bytes(pem)))},
                             {"name", name},
                             {"protectionLevel", "HSM"}})
      .dump();
}

inline std::string signature_answer(BytesView signature, const std::string& verified = "verifiedDigestCrc32c",
                                    const std::string& name = kVersion) {
  return base::Json::object({{"signature", base::base64_encode(signature)},
                             {"signatureCrc32c", std::to_string(keys::crc32c(signature))},
                             {verified, true},
                             {"name", name},
                             {"protectionLevel", "HSM"}})
      .dump();
}

// A machine with a service account's file, and the answers of Google by "METHOD URL".
class Google {
 public:
  Google() {
    world.variables["GOOGLE_APPLICATION_CREDENTIALS"] = folder.put("ci.json", service_account_file()).string();
    world.http.answer([this](const SentRequest& sent) { return answer(sent); });
    answers["POST https://oauth2.googleapis.com/token"] = {200, token_answer()};
  }

  std::unique_ptr<keys::KeyProvider> provider() {
    services_.emplace(world.services());
    services_->home = folder.path() / "home";
    return keys::gcp_kms(*services_);
  }

  void say(const std::string& question, int status, const std::string& body) { answers[question] = {status, body}; }
  void say_kms(const std::string& method, const std::string& path, int status, const std::string& body) {
    say(method + " https://cloudkms.googleapis.com/v1/" + path, status, body);
  }
  // How often this was asked.
  [[nodiscard]] std::size_t asked(const std::string& question) const {
    std::size_t count = 0;
    for (const SentRequest& sent : world.http.sent)
      count += sent.request.method + " " + sent.request.url == question ? 1u : 0u;
    return count;
  }

  TemporaryFolder folder{};
  KeyServices world{};
  std::map<std::string, std::pair<int, std::string>> answers{};
  net::Headers more_headers{};

 private:
  Result<net::Response> answer(const SentRequest& sent) {
    const auto found = answers.find(sent.request.method + " " + sent.request.url);
    if (found == answers.end())
      return fail(Outcome::unreachable, "nobody answers " + sent.request.method + " " + sent.request.url);
    net::Response response = json_response(found->second.first, found->second.second);
    for (const auto& [name, value] : more_headers.fields()) response.headers.add(name, value);
    return response;
  }
  std::optional<keys::Services> services_{};
};

// Everything of an error that may be printed.
inline std::string told(const Error& error) { return error.message() + "\n" + error.hint(); }

inline bool is_hushed(const Error& error) {
  const std::string text = told(error);
  for (const char* secret : {"hush", "MIIE", "eyJhbGci"})
    if (text.find(secret) != std::string::npos) return false;
  return true;
}

}  // namespace hallmark::test
