// Challenge: what a vault's 401 says of whom it takes tokens from and for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/http_client.h"

namespace hallmark::keys::azure {

// Source: learn.microsoft.com, "Authentication, requests and responses". Vaults part the parameters by ", ", managed
// HSMs by a space alone, which RFC 9110 does not know.
struct Challenge {
  std::string login_host;  // of "authorization": "login.microsoftonline.com"
  std::string tenant;      // of the same
  std::string resource;    // "https://vault.azure.net"
  std::string error;       // "insufficient_claims": a session that was revoked
};

// Nothing: no Bearer challenge, or one that is not as documented. What it holds is not yet to be trusted.
[[nodiscard]] std::optional<Challenge> read_challenge(const net::Headers& headers);

// Whether a challenge may be believed, as Azure's SDKs decide it: the vault's host lies below the host of the resource,
// and the authority is one of Microsoft's.
[[nodiscard]] bool is_believable(const Challenge& challenge, std::string_view vault_host);

// A tenant's id or domain, fit for a path.
[[nodiscard]] bool is_tenant(std::string_view text);

}  // namespace hallmark::keys::azure
