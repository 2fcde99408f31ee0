// GcpSession: application default credentials, found once, and the token they give, renewed before it ends.
#pragma once

#include <optional>

#include "keys/kms/gcp_token.h"

namespace hallmark::keys {

// cloud.google.com/docs/authentication/application-default-credentials: the file that GOOGLE_APPLICATION_CREDENTIALS
// names; else the one that gcloud writes; else the metadata server. A file that is there and wrong is an error: nothing
// is looked for behind it. Kind of errors: key; where nothing was found (cause no_credentials) they say where.
class GcpSession {
 public:
  explicit GcpSession(const Services& services) : services_(services) {}

  // What a question to an API of Google needs.
  struct Access {
    std::string origin;    // "https://cloudkms.googleapis.com"
    net::Headers headers;  // Authorization, X-Goog-User-Project
    std::string_view token;
    std::string caller;  // for messages
  };
  [[nodiscard]] Result<Access> access(net::Deadline deadline);
  // The service does not take this token any more: the next access logs in anew.
  void forget() { token_.reset(); }

 private:
  [[nodiscard]] Result<void> find();
  [[nodiscard]] Result<void> renew(net::Deadline deadline);
  [[nodiscard]] Result<std::string> origin() const;

  const Services& services_;
  std::optional<GcpCredentials> credentials_;
  std::string looked_at_;  // where nothing was, for the message
  std::optional<GcpToken> token_;
  bool known_ = false;  // the credentials gave a token once
};

}  // namespace hallmark::keys
