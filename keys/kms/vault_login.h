// VaultLogin: a token for Vault, from where its clients keep one, or by logging in.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "keys/kms/vault_settings.h"

namespace hallmark::keys {

struct VaultToken {
  Secret text;
  std::string from;  // "VAULT_TOKEN", "the AppRole login at auth/approle": never the token
};

// Looks, in this order, and takes the first that gives one: the method that HALLMARK_VAULT_AUTH names; VAULT_TOKEN,
// BAO_TOKEN; ~/.vault-token, where `vault login` leaves it; an AppRole, where VAULT_ROLE_ID is set.
class VaultLogin {
 public:
  // The services outlive it.
  explicit VaultLogin(const Services& services) : services_(services) {}

  // A login is kept until it ends within limits::login_margin. Null: there is none, and an agent adds its own. Kind of
  // errors: key.
  [[nodiscard]] Result<const VaultToken*> token(const VaultSettings& settings, net::Deadline deadline);
  // Vault does not know the token any more: the next question asks anew.
  void forget() { kept_.reset(); }

 private:
  struct Kept {
    VaultToken token;
    std::optional<net::Deadline> ends;  // on Clock::steady; none: it does not
  };
  struct Method;

  [[nodiscard]] Result<void> find(const VaultSettings& settings, net::Deadline deadline);
  [[nodiscard]] Result<void> log_in(const Method& method, const VaultSettings& settings, net::Deadline deadline);
  [[nodiscard]] Result<Method> chosen_method(std::string_view name) const;
  [[nodiscard]] Result<Method> approle() const;
  [[nodiscard]] Result<Method> by_jwt(std::string_view name) const;
  void take_variable(std::vector<std::string>& looked);
  void take_file(std::vector<std::string>& looked);

  const Services& services_;
  std::optional<Kept> kept_;
};

}  // namespace hallmark::keys
