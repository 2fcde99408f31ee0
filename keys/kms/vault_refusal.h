// How Vault is asked, and what its refusals mean.
#pragma once

#include <string>
#include <string_view>

#include "keys/kms/vault_settings.h"
#include "keys/provider/rest.h"

namespace hallmark::keys {

// A question about an API path, without a token.
[[nodiscard]] Question vault_question(const VaultSettings& settings, std::string_view method, std::string_view path,
                                      net::Deadline deadline);
// As `ask`; a redirect says what to do about it.
[[nodiscard]] Result<Reply> ask_vault(net::HttpClient& http, const Question& question);

struct VaultAction {
  std::string doing;       // "signing with hashivault://release"
  std::string path;        // "transit/sign/release/sha2-256"
  std::string capability;  // of a policy: "update"
};

// What an answer that is no 2xx means (api-docs: HTTP status codes; errors of secret/transit). Of a 403 it is taken
// that the token is good.
[[nodiscard]] Error vault_refusal(const Reply& reply, const VaultAction& action, const VaultSettings& settings);
// The same of a login; `from` names it.
[[nodiscard]] Error vault_login_refusal(const Reply& reply, std::string_view from, const VaultSettings& settings,
                                        const Clock& clock);
// Whether a 403 says itself that there is no such token.
[[nodiscard]] bool vault_knows_no_token(const Reply& reply);
[[nodiscard]] Error vault_token_ended(std::string_view from, const VaultAction& action);

}  // namespace hallmark::keys
