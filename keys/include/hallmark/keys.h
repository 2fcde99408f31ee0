// Key references: what a user names with --key becomes a Signer or a PublicKey.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "hallmark/key.h"
#include "hallmark/result.h"
#include "hallmark/secret.h"

namespace hallmark::keys {

// Asked for the password of an encrypted key, once per key; `what` names the key ("release.key").
using PasswordSource = std::function<Result<Secret>(std::string_view what)>;

struct OpenOptions {
  PasswordSource password;  // none: an encrypted key is an error that says how to give one
};

// KEY: a file. PEM: PKCS#8, encrypted PKCS#8, SEC1, PKCS#1, "ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE
// KEY". Kind of errors: key. A file that others can read is refused.
[[nodiscard]] Result<std::unique_ptr<Signer>> open_signer(std::string_view reference, const OpenOptions& options);

// A public key in PEM. A private key where a public one is needed is an error that says how to get it ("hallmark key
// public").
[[nodiscard]] Result<PublicKey> open_public_key(std::string_view reference);

}  // namespace hallmark::keys
