// The Authorization field for a user and password (RFC 7617), and words for messages.
#pragma once

#include <string>

#include "registry/credential.h"

namespace hallmark::registry {

[[nodiscard]] std::string basic_authorization(const Credential& credential);
// "alice from /home/alice/.docker/config.json"
[[nodiscard]] std::string describe(const Credential& credential);

}  // namespace hallmark::registry
