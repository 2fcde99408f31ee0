// Login: what a request to the API server carries to say who asks, renewed when it ends or is refused.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "keys/kubernetes/cluster.h"
#include "keys/kubernetes/exec_plugin.h"
#include "keys/kubernetes/identity.h"

namespace hallmark::keys {

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
