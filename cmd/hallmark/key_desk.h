// KeyDesk: opens what a key reference names: a file, a variable, a descriptor, or a key that lives elsewhere.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cmd/common/password.h"
#include "cmd/hallmark/options.h"
#include "cmd/hallmark/settings.h"
#include "hallmark/key_provider.h"

namespace hallmark::cmd {

struct KeyDeskOptions {
  const RegistryFlags& network;    // must outlive the desk
  std::string password_file = {};  // --password-file
  std::string trust_file = {};     // --trust
  bool offline = false;            // no key service is asked, only pins are looked at
};

// Signers that it opened must not outlive it. Providers are made, and pins read, when the first reference needs them:
// no other command pays for them.
class KeyDesk {
 public:
  KeyDesk(Context& context, KeyDeskOptions options)
      : context_(context),
        options_(std::move(options)),
        passwords_(options_.password_file, context.environment, context.output) {}
  KeyDesk(const KeyDesk&) = delete;
  KeyDesk& operator=(const KeyDesk&) = delete;

  // Kind of all errors: key; usage and config where flags or settings are wrong. A key that is pinned and has become
  // another one is an error that names both.
  [[nodiscard]] Result<std::unique_ptr<Signer>> signer(const std::string& reference);
  // What is pinned is not asked for.
  [[nodiscard]] Result<PublicKey> public_key(const std::string& reference);
  // As it is now, also of a private key.
  [[nodiscard]] Result<PublicKey> public_half(const std::string& reference);
  // As it is now, whatever is pinned.
  [[nodiscard]] Result<PublicKey> ask(const std::string& reference);
  [[nodiscard]] Result<keys::KeyInfo> inspect(const std::string& reference);
  // Whether a PIN or password for a token's or TPM's key is at hand, so that nobody would be asked for one. An empty
  // variable is a password of a TPM's key, and no PIN.
  [[nodiscard]] bool has_secret_for(const std::string& reference) const;
  // A new key in the place that the reference names.
  [[nodiscard]] Result<PublicKey> create(const std::string& reference, const keys::KeyType& type);

  // Null: not pinned.
  [[nodiscard]] Result<const Pin*> pin(const std::string& reference);

 private:
  [[nodiscard]] Result<keys::OpenOptions> options_for(const std::string& reference);
  [[nodiscard]] Result<void> make_providers();
  [[nodiscard]] Result<void> expect_no_other(const std::string& reference, const PublicKey& answered);

  Context& context_;
  KeyDeskOptions options_;
  Passwords passwords_;
  std::optional<Pins> pins_;
  std::optional<keys::KeyProviders> providers_;
};

// --trust FILE.
void add_trust_flag(Command& command, std::string& trust_file);

}  // namespace hallmark::cmd
