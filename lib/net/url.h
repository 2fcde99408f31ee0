// Url: what of a URL decides whom we talk to.
#pragma once

#include <string>
#include <string_view>

#include "hallmark/result.h"

namespace hallmark::net {

struct Url {
  std::string text;    // absolute, normalised, without fragment
  std::string scheme;  // "http", "https"
  std::string host;    // lower case; an IPv6 address without its brackets
  std::string port;    // "443"

  [[nodiscard]] bool tls() const { return scheme == "https"; }
  [[nodiscard]] std::string authority() const;  // "host:port", "[v6]:port"
  [[nodiscard]] std::string origin() const { return scheme + "://" + authority(); }

  // Kind of errors: malformed. http and https only; user info, zone ids, white space, control and non-ASCII bytes are
  // refused: what a server sends as a Location must not smuggle any.
  [[nodiscard]] static Result<Url> parse(std::string_view text);
  // The same, seen from here: RFC 3986 section 5.
  [[nodiscard]] Result<Url> resolve(std::string_view reference) const;
};

}  // namespace hallmark::net
