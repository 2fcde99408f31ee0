// VaultClient: the four things that hallmark asks of a Transit engine.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keys/kms/vault_answer.h"
#include "keys/kms/vault_login.h"
#include "keys/kms/vault_reference.h"
#include "keys/kms/vault_refusal.h"

namespace hallmark::keys {

// Kind of all errors: key. Settings are read when the first question is asked.
class VaultClient {
 public:
  explicit VaultClient(const Services& services) : services_(services), login_(services) {}

  // The key of that very name. Cause of errors: not_found and the like; wrong_answer for a key of another name.
  [[nodiscard]] Result<VaultKey> read_key(const VaultReference& reference, net::Deadline deadline);
  // One request. `input` is the digest, or of Ed25519 the message. The signature is of that version.
  [[nodiscard]] Result<Bytes> sign(const VaultReference& reference, std::uint64_t version, KeyAlgorithm algorithm,
                                   BytesView input, net::Deadline deadline);
  // An error where a key of that name is there; cause unsupported.
  [[nodiscard]] Result<void> create(const VaultReference& reference, std::string_view type, net::Deadline deadline);
  // Of the caller's token; nothing where Vault does not tell.
  [[nodiscard]] std::optional<VaultCapabilities> capabilities(const std::vector<std::string>& paths,
                                                              net::Deadline deadline);

  // "transit/sign/release/sha2-256", as cosign asks: policies are written for that.
  [[nodiscard]] std::string sign_path(const VaultReference& reference, KeyAlgorithm algorithm) const;
  [[nodiscard]] std::string path(std::string_view what, const VaultReference& reference) const;
  [[nodiscard]] Result<const VaultSettings*> settings();

 private:
  [[nodiscard]] Result<Reply> send(Question question, const VaultAction& action);
  [[nodiscard]] Result<Reply> question(std::string_view method, const VaultAction& action, const base::Json& body,
                                       net::Deadline deadline);
  [[nodiscard]] Error denied(const Reply& reply, const VaultAction& action, const VaultToken* token,
                             net::Deadline deadline);

  const Services& services_;
  VaultLogin login_;
  std::optional<VaultSettings> settings_;
};

}  // namespace hallmark::keys
