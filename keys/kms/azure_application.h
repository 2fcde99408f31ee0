// How an application logs in: by a secret or a certificate from the environment, or by a workload's federated token.
#pragma once

#include <optional>

#include "keys/kms/azure_managed_identity.h"
#include "keys/kms/azure_reference.h"

namespace hallmark::keys::azure {

struct ApplicationLogin {
  const Services& services;
  const KeyReference& vault;
  net::Deadline deadline;
};

// AZURE_CLIENT_ID with AZURE_CLIENT_SECRET, or AZURE_CLIENT_CERTIFICATE_PATH and perhaps
// AZURE_CLIENT_CERTIFICATE_PASSWORD and AZURE_CLIENT_SEND_CERTIFICATE_CHAIN. Without AZURE_TENANT_ID the vault is asked
// for its tenant. Nothing: it is not configured, and `looked` says what is missing.
[[nodiscard]] Result<std::optional<Token>> from_environment(const ApplicationLogin& login, Looked& looked);

// AZURE_FEDERATED_TOKEN_FILE, AZURE_CLIENT_ID and AZURE_TENANT_ID, as the webhook of Azure Workload Identity sets them.
// The file is read anew for each login: it is renewed while we run.
[[nodiscard]] Result<std::optional<Token>> from_workload_identity(const ApplicationLogin& login, Looked& looked);

// AZURE_AUTHORITY_HOST, which must be https, else the login of the vault's cloud. Without a slash at its end.
[[nodiscard]] Result<std::string> authority_of(const Services& services, const Cloud& cloud);

}  // namespace hallmark::keys::azure
