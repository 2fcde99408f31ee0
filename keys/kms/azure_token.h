// Token: what lets us into a vault for an hour, as Microsoft Entra ID and the metadata services answer it.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "hallmark/clock.h"
#include "hallmark/result.h"
#include "hallmark/secret.h"

namespace hallmark::keys::azure {

struct Token {
  Secret bearer;
  Time ends;
  std::string tenant = {};  // empty: a metadata service does not say
};

// {"token_type":"Bearer","expires_in":3599,"access_token":"…"} of Entra ID (RFC 6749 section 5.1); of metadata services
// with numbers as text, perhaps "expires_on" (seconds since 1970) instead, and the resource, which must be the one
// asked for. `service` opens the message. Cause: malformed_answer, or wrong_answer for another resource.
[[nodiscard]] Result<Token> read_token(const base::Json& answer, std::string_view service, std::string_view resource,
                                       Time now);

}  // namespace hallmark::keys::azure
