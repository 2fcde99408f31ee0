// Login: what a request to the API server carries to say who asks, renewed when it ends or is refused.
#pragma once

#include <optional>
#include <string>

#include "hallmark/clock.h"
#include "keys/kubernetes/cluster.h"
#include "keys/kubernetes/exec_plugin.h"

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

class Login {
 public:
  // All outlive the login.
  Login(const Cluster& cluster, const Services& services, const std::map<std::string, std::string>& plugin_environment)
      : cluster_(cluster), services_(services), plugin_environment_(plugin_environment) {}

  // Files are read each time: kubelet renews tokens in place. An exec plugin is run once, and again when what it gave
  // ends within limits::login_margin. Kind of errors: key.
  [[nodiscard]] Result<Identity> identity(net::Deadline deadline);
  // After a 401: forgets what a plugin gave.
  void forget() { given_.reset(); }

 private:
  [[nodiscard]] Result<std::string> token() const;
  [[nodiscard]] Result<void> add_certificate(Identity& identity) const;
  [[nodiscard]] Result<void> add_given(Identity& identity, net::Deadline deadline);

  const Cluster& cluster_;
  const Services& services_;
  const std::map<std::string, std::string>& plugin_environment_;
  std::optional<ExecCredential> given_;  // by the plugin
};

}  // namespace hallmark::keys
