#include <filesystem>

#include "base/encoding.h"
#include "base/file.h"
#include "base/shown_reference.h"
#include "base/try.h"
#include "keys/software/encode_key.h"
#include "keys/software/encrypted_pkcs8.h"
#include "keys/software/open_private_key.h"
#include "keys/software/sigstore_key.h"

namespace hallmark::keys {
namespace {

namespace fs = std::filesystem;

// What the file is; how its password was stretched stays, unless something else is asked for.
Result<void> keep_form(const crypto::PemBlock& block, EncodeOptions& options) {
  if (block.label == kSigstoreLabel || block.label == kCosignLabel) {
    options.format = KeyFormat::sigstore;
    if (options.derivation == KeyDerivation::pbkdf2)
      return fail(Outcome::usage, "sigstore keys have scrypt, never pbkdf2");
    return {};
  }
  if (block.label != kEncryptedPkcs8Label)
    return fail(Error(Outcome::key, "is not encrypted, so it has no password")
                    .because(Cause::wrong_key)
                    .with_hint("\"hallmark key import\" writes it anew under a password"));
  HM_TRY(const auto envelope, EncryptedPkcs8::parse(block.bytes.view()));
  options.format = KeyFormat::encrypted_pkcs8;
  if (!options.derivation)
    options.derivation = std::holds_alternative<Scrypt>(envelope.kdf) ? KeyDerivation::scrypt : KeyDerivation::pbkdf2;
  return {};
}

// What is written must open with the new password, and be the same key.
Result<void> check_rotated(const Secret& pem, const PublicKey& before, const std::string& name,
                           const PasswordSource& password) {
  HM_TRY(const auto block, crypto::read_pem(pem.text()));
  HM_TRY(const auto key, open_private_block(block, name, password));
  if (key.public_key == before) return {};
  return fail(Outcome::internal, "the key would have become another one");
}

Result<PublicKey> rotate(const KeyFile& file, const std::string& name, const OpenOptions& open, EncodeOptions encode) {
  if (!file.is_private()) return fail(Error(Outcome::key, "is no private key").because(Cause::wrong_key));
  HM_DO(keep_form(file.pem, encode));
  HM_TRY(const auto key, open_private_block(file.pem, name, open.password));
  if (!encode.password) return fail(Outcome::key, "a new password is missing");
  HM_TRY(const Secret fresh, encode.password(name));
  const PasswordSource same = [&](std::string_view) -> Result<Secret> { return Secret::copy_of(fresh.view()); };
  encode.password = same;
  HM_TRY(const Secret pem, encode_key(key, name, encode, file.pem.label));
  HM_DO(check_rotated(pem, key.public_key, name, same));
  std::error_code problem;
  const fs::path place = fs::canonical(file.path, problem);  // the file itself, not a link to it
  if (problem) return fail(Outcome::key, problem.message());
  HM_DO(base::write_file(place, pem.view(), {.mode = file.mode & 0700u}));
  return key.public_key;
}

}  // namespace

Result<PublicKey> rotate_password(const std::string& path, const OpenOptions& open, const EncodeOptions& encode) {
  if (const auto scheme = scheme_of(path); !scheme.empty())
    return fail(Error(Outcome::key, "key \"" + base::shown_reference(path) + "\" is no file")
                    .because(Cause::unsupported)
                    .with_hint("only key files have a password of hallmark's: elsewhere, the place's own tools "
                               "change a PIN or a password"));
  HM_TRY(const auto file, read_key_file(path, open.variable));
  const auto name = base::shown_reference(path);
  if (file.is_private()) HM_DO(expect_own_file(file));
  auto rotated = rotate(file, name, open, encode);
  if (!rotated) return fail(rotated.error().within(name));
  return rotated;
}

}  // namespace hallmark::keys
