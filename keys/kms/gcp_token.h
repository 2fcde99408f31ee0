// GcpToken: an access token of Google, and how each kind of credentials gets one.
#pragma once

#include "base/json.h"
#include "keys/kms/gcp_credentials_file.h"
#include "keys/provider/rest.h"

namespace hallmark::keys {

struct GcpToken {
  Secret value;
  Time expires;
};

// The token that the credentials stand for, impersonation included. Each step is one request. Kind of errors: key.
[[nodiscard]] Result<GcpToken> log_in(const GcpCredentials& credentials, const Services& services,
                                      net::Deadline deadline);

// The steps of it.
[[nodiscard]] Result<GcpToken> token_of(const GcpServiceAccount& account, const GcpCredentials& credentials,
                                        const Services& services, net::Deadline deadline);
[[nodiscard]] Result<GcpToken> token_of(const GcpUser& user, const GcpCredentials& credentials,
                                        const Services& services, net::Deadline deadline);
[[nodiscard]] Result<GcpToken> token_of(const GcpExternalAccount& account, const GcpCredentials& credentials,
                                        const Services& services, net::Deadline deadline);
[[nodiscard]] Result<GcpToken> token_of(const GcpMetadataServer& server, const GcpCredentials& credentials,
                                        const Services& services, net::Deadline deadline);
[[nodiscard]] Result<GcpToken> impersonated(const GcpCredentials& credentials, const GcpToken& as,
                                            const Services& services, net::Deadline deadline);

// What a login reaches: the scope of what comes of it. Impersonation needs the wider one.
[[nodiscard]] std::string_view scope_of(const GcpCredentials& credentials);

// RFC 6749 section 5.1: {"access_token", "expires_in", "token_type"}. Kind of errors: malformed.
[[nodiscard]] Result<GcpToken> parse_oauth_token(const base::Json& answer, Time now);
// iamcredentials' generateAccessToken: {"accessToken", "expireTime"}. Kind of errors: malformed.
[[nodiscard]] Result<GcpToken> parse_generated_token(const base::Json& answer, Time now);

}  // namespace hallmark::keys
