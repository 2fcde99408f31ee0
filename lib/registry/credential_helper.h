// CredentialHelper: docker-credential-NAME, a program that keeps credentials.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "hallmark/result.h"
#include "hallmark/secret.h"
#include "registry/credential.h"

namespace hallmark::registry {

struct HelperOptions {
  std::string path;                                // as PATH: folders with colons between
  std::map<std::string, std::string> environment;  // all that the helper sees, beside PATH
  std::chrono::milliseconds patience = std::chrono::seconds(30);
  std::optional<std::chrono::steady_clock::time_point> deadline = {};
};

// Source: docker-credential-helpers, "Development". Kind of errors: config for a helper that is not there or is called
// what no program may be called, unauthorized for one that fails, answers too late, too much or not as JSON.
class CredentialHelper {
 public:
  [[nodiscard]] static Result<CredentialHelper> find(std::string_view name, const HelperOptions& options);
  [[nodiscard]] const std::string& program() const { return program_; }  // "docker-credential-pass"

  [[nodiscard]] Result<std::optional<Credential>> get(std::string_view server) const;  // nothing: it knows none
  [[nodiscard]] Result<void> store(std::string_view server, std::string_view user, const Secret& password) const;
  [[nodiscard]] Result<bool> erase(std::string_view server) const;  // false: it knew none

  // How a helper calls a host: Docker Hub by its old URL, the others by host[:port].
  [[nodiscard]] static std::string server_of(std::string_view host);

 private:
  CredentialHelper(std::string program, std::string file, HelperOptions options)
      : program_(std::move(program)), file_(std::move(file)), options_(std::move(options)) {}
  [[nodiscard]] Error failed(std::string_view verb, std::string_view why) const;

  std::string program_;
  std::string file_;
  HelperOptions options_;
};

}  // namespace hallmark::registry
