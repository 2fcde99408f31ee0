// log_in: an application proves to Microsoft Entra ID who it is, and gets a token for a vault.
#pragma once

#include <string>
#include <string_view>

#include "keys/kms/azure_token.h"
#include "keys/provider/rest.h"
#include "keys/provider/services.h"

namespace hallmark::keys::azure {

struct Application {
  std::string authority;  // "https://login.microsoftonline.com"
  std::string tenant;
  std::string client;  // AZURE_CLIENT_ID

  // Where it logs in; also whom an assertion is for.
  [[nodiscard]] std::string token_url() const { return authority + "/" + tenant + "/oauth2/v2.0/token"; }
};

struct Proof {
  enum class Kind : std::uint8_t { secret, certificate, federated_token } kind;
  Secret value;  // the client secret, or an assertion (JWT)
};

struct LoginQuestion {
  const Application& application;
  const Proof& proof;
  std::string_view resource;  // "https://vault.azure.net"
  net::Deadline deadline;
};

// The client credentials grant: learn.microsoft.com, "OAuth 2.0 client credentials flow"; RFC 6749 section 4.4,
// RFC 7523 section 2.2. Causes: refused_credentials, expired_credentials, clock_skew, access_denied, and those of
// `ask`. What the service writes as text is not repeated: it may hold what we sent.
[[nodiscard]] Result<Token> log_in(const Services& services, const LoginQuestion& login);

// As `ask`, and again, a few times and within the deadline, while `temporary` says that the answer may soon be another.
[[nodiscard]] Result<Reply> ask_patiently(net::HttpClient& http, const Question& question, const Clock& clock,
                                          bool (*temporary)(const Reply&));

}  // namespace hallmark::keys::azure
