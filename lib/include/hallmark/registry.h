// RegistryClient: OCI registries over one connection pool.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hallmark/clock.h"
#include "hallmark/content_store.h"
#include "hallmark/reference.h"
#include "hallmark/secret.h"

namespace hallmark {

// Proxies as curl and Go read them from HTTP_PROXY, HTTPS_PROXY and NO_PROXY; credentials may stand in the URL.
struct ProxyOptions {
  std::string http;
  std::string https;
  std::string none;               // NO_PROXY: hosts, .domains, CIDR blocks, "*"; loopback never goes through a proxy
  std::filesystem::path ca_file;  // for a proxy with a private CA (https:// proxies); empty: the system's
};

// What another place than auth_files knows of a registry, kubelet's credential plugins for instance.
struct RegistryLogin {
  std::string user;
  Secret password;
  std::string source;          // for messages: "credential provider ecr-credential-provider"
  Secret identity_token = {};  // a refresh token; then user and password do not count
};
// "registry.example:5000" ("docker.io" for Docker Hub) and "shop/api"; nothing: it knows none. Called by several
// threads, and only after a registry has asked who we are. An error of kind config or unauthorized is told only where
// the registry refuses whom the other places know; any other ends the operation.
using LoginLookup =
    std::function<Result<std::optional<RegistryLogin>>(const std::string& registry, const std::string& repository)>;

// Where things are found is decided by the caller (cmd/common reads flags, environment and configuration); defaults are
// safe.
struct RegistryOptions {
  std::chrono::milliseconds timeout = std::chrono::seconds(30);  // over all requests of one operation
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
  std::vector<std::filesystem::path>
      auth_files;  // docker config.json and podman auth.json, first match wins; missing ones are skipped
  std::vector<LoginLookup> login_lookups;  // asked in turn where auth_files know nothing
  std::vector<std::filesystem::path>
      certs_dirs;                            // …/certs.d, containerd's and docker's layout; missing ones are skipped
  std::filesystem::path ca_file;             // --registry-ca, beside the system's
  std::filesystem::path client_certificate;  // --registry-client-cert and its key
  std::filesystem::path client_key;
  bool plain_http = false;                // --plain-http: for hosts that are not loopback
  bool tls = false;                       // --tls: also for loopback hosts
  std::vector<std::string> token_realms;  // realms named by the user: may get credentials wherever they are
  std::string helper_path;                // PATH in which docker-credential-* are looked for; empty: no helpers
  std::map<std::string, std::string> helper_environment;  // what a helper may see (HOME, …)
  // When every helper must have answered, beside `timeout` for each; none: no more than that.
  std::optional<std::chrono::steady_clock::time_point> helper_deadline = {};
  std::filesystem::path lock_dir;  // locks for writers on this machine; empty: none
  ProxyOptions proxy;
  // The system's CAs, when SSL_CERT_DIR (several with ':') and SSL_CERT_FILE say otherwise; both empty: the usual
  // places.
  std::filesystem::path system_ca_dir;
  std::filesystem::path system_ca_file;
  std::string user_agent = "hallmark";
};

class RegistryClient {
 public:
  // Reads the configuration files once. Kind of errors: config.
  [[nodiscard]] static Result<std::unique_ptr<RegistryClient>> create(RegistryOptions options, const Clock& clock);
  ~RegistryClient();

  // No request is made. The store keeps the client's pool in use and must not outlive it. Each call starts an
  // operation: its `timeout` runs from here.
  [[nodiscard]] std::unique_ptr<ContentStore> open(const Repository& repository);

  // GET /v2/ with these credentials, to see whether they are taken. For login.
  [[nodiscard]] Result<void> check_login(const std::string& registry, const std::string& user, const Secret& password);

  struct Statistics {
    std::uint64_t requests = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t connections = 0;
  };
  [[nodiscard]] Statistics statistics() const;

  struct Parts;

 private:
  explicit RegistryClient(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace hallmark
