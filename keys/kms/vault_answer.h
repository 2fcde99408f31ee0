// What Vault answers with (developer.hashicorp.com/vault/api-docs: secret/transit, auth/token, system): read strictly.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "hallmark/key.h"
#include "hallmark/secret.h"

namespace hallmark::keys {

// GET MOUNT/keys/KEY: a key is a row of versions.
struct VaultKey {
  std::string name;
  std::string type;  // "ecdsa-p256", "rsa-3072", "aes256-gcm96"
  std::uint64_t latest = 0;
  std::uint64_t min_available = 0;   // older versions were trimmed away; 0: none were
  std::uint64_t min_decryption = 0;  // older ones are switched off for all uses
  std::uint64_t min_encryption = 0;  // older ones do not sign; 0: as min_decryption
  bool derived = false;              // each use needs a context, from which its own key is made
  bool exportable = false;
  bool plaintext_backup = false;
  bool soft_deleted = false;                   // OpenBao's
  std::map<std::string, std::string> publics;  // by version: PEM, or base64 of Ed25519's 32 bytes; may be ""

  // Whether hallmark can sign with keys of this type.
  [[nodiscard]] bool signs() const;
};
// Kind of errors of all of these: malformed.
[[nodiscard]] Result<VaultKey> vault_key(const base::Json& answer);

// The public key of a version, of the very algorithm that the key's type says.
[[nodiscard]] Result<PublicKey> vault_public_key(const VaultKey& key, std::uint64_t version);

// POST MOUNT/sign/KEY: "vault:v3:BASE64".
struct VaultSignature {
  std::uint64_t version = 0;
  Bytes bytes;
};
[[nodiscard]] Result<VaultSignature> vault_signature(const base::Json& answer);

// POST auth/…/login.
struct VaultLease {
  Secret token;
  std::chrono::seconds lasts{0};  // 0: it does not end
};
[[nodiscard]] Result<VaultLease> vault_lease(const base::Json& answer);

// POST sys/capabilities-self: per path "read", "update", "delete", "root", "deny", …
using VaultCapabilities = std::map<std::string, std::vector<std::string>>;
[[nodiscard]] Result<VaultCapabilities> vault_capabilities(const base::Json& answer,
                                                           const std::vector<std::string>& paths);

// {"errors": ["…"]} on one line of at most `most` bytes, fit for messages; "" where there is none.
[[nodiscard]] std::string vault_errors(const base::Json& answer, std::size_t most = 400);
// {"warnings": […]}: whether one of them says this.
[[nodiscard]] bool vault_warns(const base::Json& answer, std::string_view words);

}  // namespace hallmark::keys
