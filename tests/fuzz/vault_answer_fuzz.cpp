// Vault's answers: keys, signatures, logins, capabilities and errors, whatever a server writes into them.
#include <cstdint>
#include <cstdlib>

#include "base/limits.h"
#include "hallmark/bytes.h"
#include "keys/kms/vault_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  const auto json = base::Json::parse(BytesView(data, size), "answer");
  if (!json) return 0;
  if (const auto key = keys::vault_key(*json)) {
    for (const auto& [version, text] : key->publics) {
      const std::uint64_t number = std::strtoull(version.c_str(), nullptr, 10);
      if (const auto found = keys::vault_public_key(*key, number); found && !key->signs()) std::abort();
    }
  }
  if (const auto signature = keys::vault_signature(*json);
      signature && (signature->bytes.empty() || signature->bytes.size() > limits::signature_bytes))
    std::abort();
  if (const auto lease = keys::vault_lease(*json); lease && lease->token.empty()) std::abort();
  (void)keys::vault_capabilities(*json, {"transit/keys/release", "transit/sign/release/sha2-256"});
  (void)keys::vault_warns(*json, "already existed");
  if (keys::vault_errors(*json).find('\n') != std::string::npos) std::abort();
  return 0;
}
