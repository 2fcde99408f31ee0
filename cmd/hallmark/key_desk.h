// KeyDesk: opens what a key reference names: a file, a variable, a descriptor, or a key that lives elsewhere.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cmd/common/password.h"
#include "cmd/hallmark/options.h"
#include "hallmark/key_provider.h"

namespace hallmark::cmd {

// Signers that it opened must not outlive it. The providers are made when the first reference needs one: no other
// command pays for them.
class KeyDesk {
 public:
  // `flags`: the network's. Both must outlive the desk.
  KeyDesk(Context& context, const RegistryFlags& flags, std::string password_file = {})
      : context_(context), flags_(flags), passwords_(std::move(password_file), context.environment, context.output) {}
  KeyDesk(const KeyDesk&) = delete;
  KeyDesk& operator=(const KeyDesk&) = delete;

  // Kind of all errors: key; usage and config where flags or settings are wrong.
  [[nodiscard]] Result<std::unique_ptr<Signer>> signer(const std::string& reference);
  [[nodiscard]] Result<PublicKey> public_key(const std::string& reference);
  // Also of a private key.
  [[nodiscard]] Result<PublicKey> public_half(const std::string& reference);
  // For the functions of keys.h: with the providers, if this reference needs one.
  [[nodiscard]] Result<keys::OpenOptions> options_for(const std::string& reference);

 private:
  [[nodiscard]] Result<void> make_providers();

  Context& context_;
  const RegistryFlags& flags_;
  Passwords passwords_;
  std::optional<keys::KeyProviders> providers_;
};

}  // namespace hallmark::cmd
