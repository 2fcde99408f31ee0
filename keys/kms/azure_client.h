// VaultClient: the four questions that hallmark asks a vault.
#pragma once

#include "keys/kms/azure_credentials.h"
#include "keys/kms/azure_error.h"
#include "keys/kms/azure_key.h"

namespace hallmark::keys::azure {

// REST, api-version 7.4: learn.microsoft.com, "Key Vault REST API reference". Causes of all errors: those of
// vault_error, Credentials and `ask`.
class VaultClient {
 public:
  explicit VaultClient(const Services& services) : services_(services), credentials_(services) {}

  // "Get Key". One that was deleted and can be recovered is pending_deletion.
  [[nodiscard]] Result<VaultKey> get(const KeyReference& key, net::Deadline deadline);
  // "Sign", of a digest by this very version. `algorithm` as JOSE has it: "ES256". The bytes are as the vault made
  // them.
  [[nodiscard]] Result<Bytes> sign(const KeyReference& reference, const VaultKey& key, std::string_view algorithm,
                                   BytesView digest);
  // "Create Key", of a name that nothing has yet.
  [[nodiscard]] Result<VaultKey> create(const KeyReference& key, const base::Json& parameters, net::Deadline deadline);

 private:
  // `path` from the vault's root on; a null body is a GET.
  [[nodiscard]] Result<Reply> ask_vault(const Attempt& attempt, const std::string& path, const base::Json& body,
                                        net::Deadline deadline);
  [[nodiscard]] Error gone_or_missing(const Reply& reply, const Attempt& attempt, net::Deadline deadline);

  const Services& services_;
  Credentials credentials_;
};

}  // namespace hallmark::keys::azure
