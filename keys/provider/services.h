// Services: what of the world outside a provider may use, handed in, so that each can be tested without any of it.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "hallmark/clock.h"
#include "hallmark/key_provider.h"
#include "net/http_client.h"

namespace hallmark::keys {

struct Services {
  const Clock& clock;
  net::HttpClient& http;      // through proxies, as the user has set them
  net::HttpClient& metadata;  // never through a proxy: for metadata services
  VariableSource variable = {};
  PasswordSource password = {};
  std::filesystem::path home = {};
  std::chrono::milliseconds timeout = std::chrono::seconds(30);  // over all requests of one call

  // A variable that is set and not empty; of secrets the caller takes the Secret itself.
  [[nodiscard]] std::optional<std::string> setting(const std::string& name) const;
  [[nodiscard]] std::optional<Secret> secret(const std::string& name) const;
  // The first of the names that is set and not empty.
  [[nodiscard]] std::optional<std::string> first_setting(std::initializer_list<const char*> names) const;
  [[nodiscard]] net::Deadline deadline() const { return clock.steady() + timeout; }
};

}  // namespace hallmark::keys
