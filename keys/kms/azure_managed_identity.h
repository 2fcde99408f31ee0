// managed_identity: the token of the machine or app that this runs on, from its metadata service.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keys/kms/azure_token.h"
#include "keys/provider/services.h"

namespace hallmark::keys::azure {

// Where credentials were looked for, in order, and why there were none.
using Looked = std::vector<std::string>;

// App Service, Functions and Container Apps (IDENTITY_ENDPOINT and IDENTITY_HEADER, only to loopback and link-local
// addresses), else the instance metadata service at 169.254.169.254; AZURE_CLIENT_ID names a user-assigned identity.
// Never through a proxy. Sources: learn.microsoft.com, "How to use managed identities for App Service" (REST endpoint)
// and "How to use managed identities … to acquire an access token". Nothing: there is none, and `looked` says why.
// Cause: refused_credentials, unsupported (Azure Arc, Service Fabric, Cloud Shell, Azure ML), and those of `ask`.
[[nodiscard]] Result<std::optional<Token>> managed_identity(const Services& services, std::string_view resource,
                                                            net::Deadline deadline, Looked& looked);

}  // namespace hallmark::keys::azure
