// Identity: what a request to an API server carries to say who asks, and how long that is good.
#pragma once

#include <optional>
#include <string>

#include "hallmark/clock.h"

namespace hallmark::keys {

struct Identity {
  std::string token;  // empty: none
  std::string certificate_pem;
  std::string key_pem;

  [[nodiscard]] bool empty() const { return token.empty() && certificate_pem.empty(); }
  friend bool operator==(const Identity&, const Identity&) = default;
};

// When a token that is a JWT (RFC 7519: `exp`) or a client certificate ends. Nothing: it does not say.
[[nodiscard]] std::optional<Time> end_of(const Identity& identity);

}  // namespace hallmark::keys
