// What the tests of Kubernetes secrets share: a home with a kubeconfig, a key pair in a secret, and its API server.
#pragma once

#include <catch2/catch.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/encoding.h"
#include "base/json.h"
#include "keys/kubernetes/key_secret.h"
#include "keys/kubernetes/kubernetes_secrets.h"
#include "support/key_services.h"
#include "support/temporary_folder.h"

namespace hallmark::test {

inline constexpr const char* kReference = "k8s://ci/release-key";
inline constexpr const char* kServer = "https://api.cluster.test:6443";
inline constexpr const char* kSecretUrl = "https://api.cluster.test:6443/api/v1/namespaces/ci/secrets/release-key";
inline constexpr const char* kToken = "hush-token-4711";
inline constexpr const char* kPassword = "hush-password-4712";

inline std::string base64(std::string_view text) { return base::base64_encode(as_bytes(text)); }

inline std::string base64url(std::string_view text) {
  std::string encoded = base64(text);
  while (encoded.ends_with('=')) encoded.pop_back();
  for (char& c : encoded) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return encoded;
}

// A JSON Web Token that ends then; nobody looks at its signature.
inline std::string token_until(Time end) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(end.time_since_epoch()).count();
  return base64url(R"({"alg":"RS256"})") + "." + base64url(R"({"sub":"x","exp":)" + std::to_string(seconds) + "}") +
         ".hush-signature";
}

inline keys::PasswordSource password(std::string_view text) {
  return [text = std::string(text)](std::string_view) -> Result<Secret> {
    return Secret::copy_of(std::string_view(text));
  };
}

// Made once: scrypt takes its time.
inline const keys::KeyPair& pair_of(int number) {
  static std::map<int, keys::KeyPair> made;
  const auto found = made.find(number);
  if (found != made.end()) return found->second;
  auto pair = keys::generate({}, "test", {.format = keys::KeyFormat::sigstore, .password = password(kPassword)});
  REQUIRE(pair);
  return made.emplace(number, *std::move(pair)).first->second;
}

// As an API server answers, with fields that do not matter here.
inline base::Json secret_object(const std::map<std::string, std::string>& data) {
  base::Json encoded = base::Json::object({});
  for (const auto& [name, value] : data) encoded.set(name, base64(value));
  return base::Json::object({{"kind", "Secret"},
                             {"apiVersion", "v1"},
                             {"metadata", base::Json::object({{"name", "release-key"},
                                                              {"namespace", "ci"},
                                                              {"uid", "525aea86"},
                                                              {"resourceVersion", "101"},
                                                              {"managedFields", base::Json::Array{}}})},
                             {"data", encoded},
                             {"immutable", true},
                             {"type", "Opaque"}});
}

inline std::map<std::string, std::string> whole_pair(int number = 1) {
  const keys::KeyPair& pair = pair_of(number);
  return {{"cosign.key", std::string(pair.private_pem.text())},
          {"cosign.pub", pair.public_key.pem()},
          {"cosign.password", kPassword}};
}

inline std::string status(int code, const std::string& reason, const std::string& message,
                          const std::string& kind = "secrets") {
  return base::Json::object({{"kind", "Status"},
                             {"apiVersion", "v1"},
                             {"metadata", base::Json::object({})},
                             {"status", "Failure"},
                             {"message", message},
                             {"reason", reason},
                             {"details", base::Json::object({{"kind", kind}, {"name", "release-key"}})},
                             {"code", code}})
      .dump();
}

// A user with a kubeconfig that names the cluster and one way to log in.
struct KubeHome {
  TemporaryFolder folder{};
  KeyServices world{};
  keys::Services services = world.services();
  keys::KubernetesOptions options{.plugin_environment = {{"PATH", "/usr/bin:/bin"}},
                                  .service_account = folder / "serviceaccount"};
  std::unique_ptr<keys::KeyProvider> made{};

  KubeHome() { services.home = folder.path(); }

  std::filesystem::path put(std::string_view name, std::string_view text, unsigned mode = 0600) const {
    auto path = folder.put(name, text);
    std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
    return path;
  }
  // `user`: the YAML of its mapping, in braces.
  std::filesystem::path log_in_by(const std::string& user, const std::string& more_of_cluster = {}) const {
    return put(".kube/config", std::string("apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster: {server: ") +
                                   kServer + more_of_cluster +
                                   "}\ncontexts:\n- name: x\n  context: {cluster: c, user: u}\n"
                                   "current-context: x\nusers:\n- name: u\n  user: " +
                                   user + "\n");
  }
  void log_in() const { (void)log_in_by(std::string("{token: ") + kToken + "}"); }

  void answer(int code, std::string body) {
    world.http.answer([code, body = std::move(body)](const SentRequest&) -> Result<net::Response> {
      return json_response(code, body);
    });
  }
  void answer_with(const std::map<std::string, std::string>& data) { answer(200, secret_object(data).dump()); }

  keys::KeyProvider& provider() {
    if (!made) made = keys::kubernetes_secrets(services, options);
    return *made;
  }
};

// The error of what must fail, in which no secret stands.
template <class T>
Error error_of(const Result<T>& result) {
  REQUIRE_FALSE(result);
  const std::string all = result.error().message() + result.error().hint();
  CAPTURE(all);
  CHECK(all.find("hush") == std::string::npos);
  CHECK(result.error().kind() == Outcome::key);
  return result.error();
}

}  // namespace hallmark::test
