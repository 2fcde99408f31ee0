// Credentials: tokens for vaults, found as azidentity's DefaultAzureCredential finds them and kept until they end.
#pragma once

#include <map>
#include <string>

#include "keys/kms/azure_reference.h"
#include "keys/kms/azure_token.h"
#include "keys/provider/services.h"

namespace hallmark::keys::azure {

// In this order, and the first that is configured decides: the environment (AZURE_TENANT_ID, AZURE_CLIENT_ID and
// AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH), a workload identity (AZURE_FEDERATED_TOKEN_FILE), a managed
// identity. AZURE_TOKEN_CREDENTIALS chooses among them as in azidentity, AZURE_AUTH_METHOD as in sigstore.
class Credentials {
 public:
  explicit Credentials(const Services& services) : services_(services) {}

  // In memory until limits::login_margin before its end. Stays valid until the next call. Causes: no_credentials (with
  // every place that was looked at), and those of log_in and managed_identity.
  [[nodiscard]] Result<const Token*> token_for(const KeyReference& vault, net::Deadline deadline);
  // A vault has refused the token: it is not to be tried again.
  void forget(const KeyReference& vault);

 private:
  [[nodiscard]] std::string kept_for(const KeyReference& vault) const;

  const Services& services_;
  std::map<std::string, Token> tokens_;
};

}  // namespace hallmark::keys::azure
