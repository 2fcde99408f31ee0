// vault_error: what a vault's refusal means, and what to do about it.
#pragma once

#include "keys/kms/azure_reference.h"
#include "keys/kms/azure_token.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::azure {

// What was asked of a vault, by whom.
struct Attempt {
  enum class Action : std::uint8_t { get, sign, create } action;
  const KeyReference& key;
  const Token& token;
};

// {"error":{"code":"Forbidden","message":"…","innererror":{"code":"ForbiddenByRbac"}}} and its status:
// learn.microsoft.com, "Azure Key Vault REST API error codes". The message is shown, bounded. Causes:
// refused_credentials, expired_credentials, clock_skew, access_denied, not_found, disabled, pending_deletion,
// wrong_key, unsupported, unreachable, malformed_answer.
[[nodiscard]] Error vault_error(const Reply& reply, const Attempt& attempt, const Clock& clock);

// "keys/sign on release of acme.vault.azure.net": an action as access policies name it.
[[nodiscard]] std::string described(Attempt::Action action);
// The same as a role names it: "Microsoft.KeyVault/vaults/keys/sign/action".
[[nodiscard]] std::string data_action(Attempt::Action action, const Cloud& cloud);

}  // namespace hallmark::keys::azure
