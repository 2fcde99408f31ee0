#include "base/try.h"
#include "crypto/pem.h"
#include "keys/kubernetes/key_secret.h"
#include "keys/provider/rest.h"
#include "keys/software/open_private_key.h"

namespace hallmark::keys {
namespace {

constexpr std::string_view kService = "Kubernetes";
constexpr std::string_view kKey = "cosign.key";
constexpr std::string_view kPublicKey = "cosign.pub";
constexpr std::string_view kPassword = "cosign.password";

std::string named(const SecretReference& reference) { return "the secret " + reference.path(); }

Error missing(const SecretReference& reference, std::string_view field) {
  return service_error(kService, named(reference) + " has no field " + std::string(field), Cause::not_found);
}

// cosign.password as a source, or the caller's.
PasswordSource password_of(const KeySecret& secret, const PasswordSource& ask) {
  if (!secret.password) return ask;
  return [&secret](std::string_view) -> Result<Secret> { return Secret::copy_of(secret.password->view()); };
}

// Everything that can go wrong with an encrypted block whose password is at hand is the password, or the bytes.
Cause cause_of(const Error& error, const crypto::PemBlock& block) {
  if (error.cause() != Cause::none) return error.cause();
  const bool encrypted = block.label.starts_with("ENCRYPTED ");
  return encrypted && error.message().find("password") != std::string::npos ? Cause::wrong_pin : Cause::wrong_key;
}

}  // namespace

Result<PublicKey> KeySecret::open_public(const SecretReference& reference) const {
  if (!public_key)
    return fail(missing(reference, kPublicKey)
                    .with_hint("\"hallmark key generate --kms\" and \"cosign generate-key-pair\" write it"));
  auto opened = PublicKey::from_pem(public_key->text());
  if (!opened)
    return fail(opened.error()
                    .within("Kubernetes: " + std::string(kPublicKey) + " of " + named(reference))
                    .because(Cause::wrong_key));
  return opened;
}

Result<PrivateKey> KeySecret::open_private(const SecretReference& reference, const PasswordSource& ask) const {
  if (!key)
    return fail(missing(reference, kKey)
                    .with_hint(public_key ? "it has a public key only: it can verify, not sign" : std::string()));
  const std::string what = "Kubernetes: " + std::string(kKey) + " of " + named(reference);
  const auto block = crypto::read_pem(key->text());
  if (!block) return fail(block.error().within(what).because(Cause::wrong_key));
  auto opened = open_private_block(*block, "k8s://" + reference.path(), password_of(*this, ask));
  if (!opened) {
    Error error = opened.error().within(what).because(cause_of(opened.error(), *block));
    if (password && error.cause() == Cause::wrong_pin)
      error = error.with_hint("the password is the field " + std::string(kPassword) + " of the same secret");
    return fail(error);
  }
  if (!public_key) return opened;
  HM_TRY(const PublicKey told, open_public(reference));
  if (told == opened->public_key) return opened;
  return fail(service_error(kService,
                            std::string(kPublicKey) + " of " + named(reference) + " is the key " +
                                told.id().substr(0, 12) + ", but " + std::string(kKey) + " is " +
                                opened->public_key.id().substr(0, 12) + ": nothing was signed",
                            Cause::wrong_answer)
                  .with_hint("one of the two was exchanged: who trusts this secret would trust another key"));
}

}  // namespace hallmark::keys
