// Api: the four questions that are asked of an API server, and its refusals in the words of the user.
#pragma once

#include <string>

#include "keys/kubernetes/cluster.h"
#include "keys/kubernetes/login.h"
#include "keys/kubernetes/secret_reference.h"
#include "keys/provider/rest.h"

namespace hallmark::keys {

// What was asked, as RBAC names it.
struct Asked {
  std::string verb;  // "get", "create"
  const SecretReference& reference;
};

// The error of an answer that is no 2xx: a Status (kubernetes.io, "Response status reasons"), or what a proxy says. The
// identity that was shown is in none of its words. Kind: key.
[[nodiscard]] Error refusal(const Reply& reply, const Asked& asked, const Identity& identity, const Cluster& cluster,
                            const Clock& clock);

class Api {
 public:
  // All outlive it.
  Api(const Cluster& cluster, Login& login, const Services& services)
      : cluster_(cluster), login_(login), services_(services) {}

  // The object; not yet looked at. Kind of errors: key.
  [[nodiscard]] Result<base::Json> get_secret(const SecretReference& reference, net::Deadline deadline);
  [[nodiscard]] Result<base::Json> create_secret(const SecretReference& reference, std::string document,
                                                 net::Deadline deadline);
  // SelfSubjectAccessReview, which changes nothing. Whatever goes wrong is `unknown`.
  [[nodiscard]] Known may(const std::string& verb, const SecretReference& reference, net::Deadline deadline);

 private:
  struct Call {
    std::string method;
    std::string path;
    std::string body = {};
  };
  [[nodiscard]] Result<Reply> send(const Call& call, const Asked& asked, net::Deadline deadline);
  [[nodiscard]] Result<Reply> send_as(const Call& call, const Identity& identity, net::Deadline deadline);

  const Cluster& cluster_;
  Login& login_;
  const Services& services_;
};

}  // namespace hallmark::keys
