// Environment: the variables of the process, read once; the passwords and private keys among them are taken out and
// wiped.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "hallmark/secret.h"

namespace hallmark::cmd {

class Environment {
 public:
  // HALLMARK_PASSWORD, COSIGN_PASSWORD, what key services are asked with (AWS_SECRET_ACCESS_KEY, VAULT_TOKEN …) and
  // whatever holds a private key in PEM move into wiped memory; where they stood is overwritten, so that neither
  // /proc/PID/environ nor a child process shows them. To be called once, before threads start.
  [[nodiscard]] static Environment of_process();
  explicit Environment(std::map<std::string, std::string, std::less<>> variables) : variables_(std::move(variables)) {}

  // nullptr when unset; set but empty counts as set.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  [[nodiscard]] std::string get(std::string_view name) const;  // empty when unset
  // The first of the names that is set and not empty.
  [[nodiscard]] std::string first_of(std::initializer_list<std::string_view> names) const;
  [[nodiscard]] const auto& variables() const { return variables_; }

  // HALLMARK_PASSWORD, else COSIGN_PASSWORD. An empty one is a password too, as it is for cosign.
  [[nodiscard]] std::optional<Secret> password() const;
  void set_password(Secret password) { password_ = std::move(password); }
  // Any variable, also one that was taken out because it is a secret; nothing when it is not set.
  [[nodiscard]] std::optional<Secret> secret(const std::string& name) const;
  // Those that were taken out, by name.
  [[nodiscard]] const auto& secrets() const { return secrets_; }

 private:
  std::map<std::string, std::string, std::less<>> variables_;
  std::optional<Secret> password_;
  std::map<std::string, Secret, std::less<>> secrets_;
};

}  // namespace hallmark::cmd
