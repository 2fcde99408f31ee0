// VaultKey: one version of a key, as a vault describes it.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "hallmark/clock.h"
#include "hallmark/keys.h"
#include "keys/kms/azure_reference.h"

namespace hallmark::keys::azure {

struct VaultKey {
  std::string id;  // "https://acme.vault.azure.net/keys/release/78deebed173b48e48f55abf87ed4cf71"
  std::string version;
  PublicKey public_key;
  bool in_hsm;
  bool may_sign;  // "sign" is among its key_ops
  bool enabled;
  std::optional<Time> not_before;
  std::optional<Time> expires;
  Known exportable;
  std::string recovery_level;  // "Recoverable+Purgeable"; empty: not said
};

// A KeyBundle: learn.microsoft.com, REST "Get Key" (7.4); the key in it is a JWK (RFC 7517, RFC 7518 section 6) of kty
// EC, EC-HSM, RSA or RSA-HSM. Its "kid" must be of the vault, the name and, where one was asked for, the version of
// `asked`. Causes: wrong_answer (another key), wrong_key (no key that hallmark signs with), malformed_answer.
[[nodiscard]] Result<VaultKey> read_key(const base::Json& answer, const KeyReference& asked);

// {"kid":"…","value":"…"} of "sign": the bytes, if they are by this very version. Causes: wrong_answer,
// malformed_answer.
[[nodiscard]] Result<Bytes> read_signature(const base::Json& answer, const VaultKey& key);

// Strict RFC 4648 section 5, without padding. Kind of errors: malformed.
[[nodiscard]] Result<Bytes> from_base64url(const base::JsonReader& from, std::string_view key);

}  // namespace hallmark::keys::azure
