// RegistryClient::Parts: what all stores of one client share.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "hallmark/registry.h"
#include "net/http_client.h"
#include "registry/authorizer.h"
#include "registry/credential_source.h"
#include "registry/endpoint.h"

namespace hallmark {

// Figures that tests turn down. See docs/signing-races.md for the settle time.
struct RegistryTuning {
  std::chrono::milliseconds settle = std::chrono::milliseconds(200);  // at least, between a write and its read-back
  std::chrono::milliseconds pause = std::chrono::milliseconds(100);   // before a failed write is tried again; doubles
  std::uint64_t chunk_bytes = 32u << 20;                              // of an upload; what is smaller goes in one piece
};

struct RegistryClient::Parts {
  Parts(RegistryOptions given, const Clock& time, std::unique_ptr<net::HttpClient> client,
        registry::CredentialSource source, RegistryTuning figures);

  [[nodiscard]] static Result<std::unique_ptr<RegistryClient>> assemble(RegistryOptions options, const Clock& clock,
                                                                        std::unique_ptr<net::HttpClient> http,
                                                                        RegistryTuning tuning = {});

  using Endpoints = std::shared_ptr<const std::vector<registry::Endpoint>>;
  // Read from certs.d once per registry.
  [[nodiscard]] Result<Endpoints> endpoints_for(const std::string& registry);
  [[nodiscard]] net::Deadline deadline() const { return clock.steady() + options.timeout; }

  // Sends with the endpoint's own headers, TLS and credentials, and answers a challenge. What does not go to the
  // endpoint's origin (a Location elsewhere) goes without any of these.
  [[nodiscard]] Result<net::Response> send(const registry::Access& access, net::Request request,
                                           std::string* sent_as = nullptr);

  // Whether this registry refuses a write whose If-Match does not match; nothing: not tried yet.
  [[nodiscard]] std::optional<bool> conditions_of(const std::string& origin) const;
  void note_conditions(const std::string& origin, bool honoured);

  // Whether this registry was seen to lack the referrers API a moment ago (limits::referrers_memory).
  [[nodiscard]] bool lacks_referrers(const std::string& origin) const;
  void note_no_referrers(const std::string& origin);

  const RegistryOptions options;
  const Clock& clock;
  const std::unique_ptr<net::HttpClient> http;
  const registry::CredentialSource credentials;
  const RegistryTuning tuning;
  registry::Authorizer authorizer;

 private:
  [[nodiscard]] Result<net::TlsOptions> token_server_tls(const net::Url& realm);
  [[nodiscard]] Result<net::Response> send_elsewhere(net::Request request);

  mutable std::mutex mutex_;
  std::map<std::string, Endpoints> endpoints_;
  std::map<std::string, bool> conditions_;
  std::map<std::string, std::chrono::steady_clock::time_point> no_referrers_;  // since when
};

}  // namespace hallmark
