// TokenSource: bearer tokens from a registry's token server, kept until they expire.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hallmark/clock.h"
#include "hallmark/result.h"
#include "net/http_client.h"
#include "registry/credential.h"

namespace hallmark::registry {

using Scopes = std::vector<std::string>;  // "repository:shop/api:pull,push"

struct TokenRequest {
  std::string registry;  // origin: a token is for who named the realm, and for nobody else
  std::string realm;
  std::string service;
  Scopes scopes;
  const Credential* credential = nullptr;  // none: an anonymous token
  net::TlsOptions tls;
  net::Deadline deadline;

  [[nodiscard]] std::string key() const;  // all that makes one token differ from another
};

struct Token {
  std::string value;
  bool fresh = false;  // fetched just now, not taken from what is kept
};

// Source: distribution docs, "Token Authentication Specification" (GET) and "Oauth2 Token Authentication" (POST, with
// an identity token). Thread-safe; who asks for a token that is being fetched waits for it.
class TokenSource {
 public:
  TokenSource(net::HttpClient& http, const Clock& clock) : http_(http), clock_(clock) {}

  // Kind of errors: unauthorized when the server says no, malformed when its answer is no token, and those of send.
  [[nodiscard]] Result<Token> get(const TokenRequest& request);
  // Drops a token that the registry did not take, unless it was replaced meanwhile.
  void forget(const std::string& key, const std::string& value);

 private:
  struct Slot {
    std::mutex mutex;
    std::atomic<std::uint64_t> attempts = 0;
    std::string value;
    std::chrono::steady_clock::time_point good_until;
    std::optional<Error> failure;  // of the last attempt: who waited for it does not try again
  };
  [[nodiscard]] std::shared_ptr<Slot> slot_of(const std::string& key);
  [[nodiscard]] Result<void> fetch(const TokenRequest& request, Slot& slot);

  net::HttpClient& http_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Slot>> slots_;
};

}  // namespace hallmark::registry
