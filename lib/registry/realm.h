// Realm: whether a token server that a registry names may be asked, and with what.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hallmark/result.h"
#include "net/url.h"

namespace hallmark::registry {

enum class RealmTrust : std::uint8_t {
  credentials,  // the registry's own host or site, or named by the user
  anonymous,    // another site, over https: may be asked for an anonymous token, never gets a credential
};

// Whether two DNS names have the same registrable domain by the public suffix list. Addresses and names without one
// are only ever the same as themselves.
[[nodiscard]] bool same_site(std::string_view host, std::string_view other);

// `registry` is the URL that answered 401. Refused (kind: unauthorized): http where the registry is https, a realm on a
// loopback, private or otherwise bare address that is not the registry's own, URLs of any other scheme.
[[nodiscard]] Result<RealmTrust> judge_realm(const net::Url& realm, const net::Url& registry,
                                             const std::vector<std::string>& named_by_user);

}  // namespace hallmark::registry
