#include "cmd/common/environment.h"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace hallmark::cmd {

namespace {

// What opens something by itself, and is no name or place. docs/kms.md has who reads which.
constexpr std::array kSecrets = {
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_PASSWORD",
    "IDENTITY_HEADER",
    "MSI_SECRET",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "VAULT_TOKEN",
    "VAULT_SECRET_ID",
    "VAULT_JWT",
    "BAO_TOKEN",
    "BAO_SECRET_ID",
    "BAO_JWT",
    "HALLMARK_PIN",
    "HALLMARK_TPM_PASSWORD",
    "HALLMARK_TPM_OWNER_PASSWORD",
    "HALLMARK_VAULT_JWT",
    "COSIGN_PKCS11_PIN",
};

// Moves a variable's value out of the process's own environment block, which would otherwise keep it readable.
std::optional<Secret> take(const char* name) {
  char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  const std::size_t size = std::strlen(value);
  Secret secret = Secret::copy_of(std::string_view(value, size));
  wipe({reinterpret_cast<std::uint8_t*>(value), size});
  ::unsetenv(name);
  return secret;
}

}  // namespace

Environment Environment::of_process() {
  std::optional<Secret> cosign = take("COSIGN_PASSWORD");
  std::optional<Secret> own = take("HALLMARK_PASSWORD");
  std::vector<std::pair<std::string, Secret>> secrets;
  for (const char* name : kSecrets) {
    if (auto value = take(name)) secrets.emplace_back(name, *std::move(value));
  }
  std::map<std::string, std::string, std::less<>> variables;
  std::vector<std::string> with_keys;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = text.substr(0, equals);
    if (text.find("PRIVATE KEY-----", equals) != std::string_view::npos)
      with_keys.emplace_back(name);
    else
      variables.emplace(name, text.substr(equals + 1));
  }
  Environment environment(std::move(variables));
  environment.password_ = own ? std::move(own) : std::move(cosign);
  for (const std::string& name : with_keys) {
    if (auto key = take(name.c_str())) environment.secrets_.emplace(name, *std::move(key));
  }
  for (auto& [name, value] : secrets) environment.secrets_.emplace(name, std::move(value));
  return environment;
}

const std::string* Environment::find(std::string_view name) const {
  const auto found = variables_.find(name);
  return found == variables_.end() ? nullptr : &found->second;
}

std::string Environment::get(std::string_view name) const {
  const std::string* value = find(name);
  return value == nullptr ? std::string() : *value;
}

std::string Environment::first_of(std::initializer_list<std::string_view> names) const {
  for (const std::string_view name : names)
    if (const std::string* value = find(name); value != nullptr && !value->empty()) return *value;
  return {};
}

std::optional<Secret> Environment::password() const {
  if (!password_) return std::nullopt;
  return Secret::copy_of(password_->view());
}

std::optional<Secret> Environment::secret(const std::string& name) const {
  if (const auto key = secrets_.find(name); key != secrets_.end()) return Secret::copy_of(key->second.view());
  const std::string* value = find(name);
  return value == nullptr ? std::nullopt : std::optional(Secret::copy_of(std::string_view(*value)));
}

}  // namespace hallmark::cmd
