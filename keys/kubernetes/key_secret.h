// KeySecret: the fields of a Kubernetes secret in which cosign keeps a key pair.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "hallmark/key.h"
#include "hallmark/keys.h"
#include "keys/kubernetes/secret_reference.h"
#include "keys/software/private_key.h"

namespace hallmark::keys {

struct KeySecret {
  std::optional<Secret> key;         // cosign.key
  std::optional<Secret> public_key;  // cosign.pub
  std::optional<Secret> password;    // cosign.password
  std::string uid;                   // metadata.uid: of this very object; empty: not told
  bool immutable = false;            // nobody can change it; it can be deleted and made anew

  // An answer of the API: kind Secret of v1, with this namespace and name; its type and its other fields do not
  // matter. Kind of errors: key; cause wrong_answer for another object, malformed_answer for what is no secret.
  [[nodiscard]] static Result<KeySecret> parse(const base::Json& answer, const SecretReference& reference);

  // cosign.pub. Cause: not_found where there is none, wrong_key where it is no public key.
  [[nodiscard]] Result<PublicKey> open_public(const SecretReference& reference) const;
  // cosign.key by cosign.password; `ask` where the secret has no password. Cause: not_found, wrong_pin, wrong_key, or
  // wrong_answer where cosign.pub is that of another key.
  [[nodiscard]] Result<PrivateKey> open_private(const SecretReference& reference, const PasswordSource& ask) const;
};

// What is sent to make one. Immutable, as cosign makes them.
[[nodiscard]] base::Json key_secret_document(const SecretReference& reference, const KeyPair& pair,
                                             const Secret& password);

// Overwrites all texts of a document that held secrets.
void wipe_texts(base::Json& document);

}  // namespace hallmark::keys
