#include "keys/software/encode_key.h"

#include "base/try.h"
#include "crypto/pem.h"
#include "keys/software/encrypted_pkcs8.h"
#include "keys/software/sigstore_key.h"

namespace hallmark::keys {
namespace {

Result<Secret> ask_new(const EncodeOptions& options, std::string_view name) {
  if (!options.password)
    return fail(Error(Outcome::key, "a password for the new key " + std::string(name) + " is missing")
                    .because(Cause::no_credentials)
                    .with_hint("give it by --password-file, HALLMARK_PASSWORD or COSIGN_PASSWORD"));
  return options.password(name);
}

}  // namespace

Result<Secret> encode_key(const PrivateKey& key, std::string_view name, const EncodeOptions& options,
                          std::string_view label) {
  if (options.format == KeyFormat::pkcs8) return crypto::write_pem("PRIVATE KEY", key.pkcs8.view());
  HM_TRY(const auto password, ask_new(options, name));
  if (options.format == KeyFormat::encrypted_pkcs8) {
    // OpenSSL gives scrypt 32 MiB at most when it reads a key; N=16384 needs 16, and is what it writes itself.
    const Kdf kdf = options.derivation == KeyDerivation::scrypt ? Kdf(Scrypt{.n = 16'384}) : Kdf(Pbkdf2());
    HM_TRY(const auto sealed, EncryptedPkcs8::seal(key.pkcs8.view(), password, kdf));
    return crypto::write_pem(kEncryptedPkcs8Label, sealed.der());
  }
  HM_TRY(const auto sealed, SigstoreKey::seal(key.pkcs8.view(), password));
  return crypto::write_pem(label.empty() ? kSigstoreLabel : label, as_bytes(sealed.json()));
}

}  // namespace hallmark::keys
