// Credential: who we are to one registry, and where that was found.
#pragma once

#include <string>

#include "hallmark/secret.h"

namespace hallmark::registry {

struct Credential {
  std::string user;
  Secret password;
  Secret identity_token;  // a refresh token; then user and password do not count
  std::string source;     // "~/.docker/config.json", "docker-credential-pass": for messages

  [[nodiscard]] Credential copy() const {
    return {user, Secret::copy_of(password.view()), Secret::copy_of(identity_token.view()), source};
  }
};

}  // namespace hallmark::registry
