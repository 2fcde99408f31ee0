// Authorizer: answers a registry's challenges, and remembers what it wants.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "registry/challenge.h"
#include "registry/credential_source.h"
#include "registry/endpoint.h"
#include "registry/realm.h"
#include "registry/token.h"

namespace hallmark::registry {

// What a request was sent with.
struct Authorization {
  std::string value;      // of the header; empty: none
  std::string whose;      // "alice from /home/alice/.docker/config.json"; empty: anonymous
  bool fresh = false;     // a token fetched for this very request: another would be refused as well
  std::string token_key;  // which token it is; empty: none
  std::string token_value;
  Scopes scopes;
};

// For whom a request is authorised.
struct Access {
  const Endpoint* endpoint = nullptr;
  std::string repository;  // as the user names it, without the endpoint's prefix; empty for /v2/
  std::vector<std::pair<std::string, std::string>> rights;  // repository → "pull" or "pull,push"
  const Credential* credential = nullptr;                   // instead of what is kept: for check_login
  net::Deadline deadline;
};

class Authorizer {
 public:
  // `tls_of` knows how a token server that is not the registry itself is to be spoken to.
  Authorizer(net::HttpClient& http, const Clock& clock, const CredentialSource& credentials,
             std::vector<std::string> named_realms, std::function<Result<net::TlsOptions>(const net::Url&)> tls_of)
      : tokens_(http, clock),
        credentials_(credentials),
        named_realms_(std::move(named_realms)),
        tls_of_(std::move(tls_of)) {}

  // For the first try. Nothing, unless this registry has challenged us before: then a 401 is spared.
  [[nodiscard]] Result<Authorization> before(const Access& access);
  // After a 401 to what was `sent`. Nothing (an empty optional) when there is no better answer than what was sent.
  [[nodiscard]] Result<std::optional<Authorization>> after(const Access& access, const net::Response& response,
                                                           const Authorization& sent);

 private:
  struct Demand {
    bool bearer = false;
    std::string realm;
    std::string service;
    std::string scope;  // of the challenge that was just read; not remembered
  };
  [[nodiscard]] Result<Authorization> basic(const Access& access) const;
  [[nodiscard]] Result<Authorization> bearer(const Access& access, const Demand& demand);
  [[nodiscard]] Result<std::optional<Credential>> credential_for(const Access& access) const;
  [[nodiscard]] Result<net::TlsOptions> tls_for(const net::Url& realm, const Endpoint& endpoint,
                                                RealmTrust trust) const;

  TokenSource tokens_;
  const CredentialSource& credentials_;
  std::vector<std::string> named_realms_;
  std::function<Result<net::TlsOptions>(const net::Url&)> tls_of_;
  std::mutex mutex_;
  std::map<std::string, Demand> demands_;  // by origin
};

}  // namespace hallmark::registry
