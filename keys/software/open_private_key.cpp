#include "keys/software/open_private_key.h"

#include <array>
#include <cstdio>

#include "base/encoding.h"
#include "base/shown_reference.h"
#include "base/try.h"
#include "keys/software/encrypted_pkcs8.h"
#include "keys/software/sigstore_key.h"
#include "keys/software/software_signer.h"

namespace hallmark::keys {
namespace {

std::string octal(::mode_t mode) {
  std::array<char, 8> text{};
  (void)std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode));
  return text.data();
}

Result<Secret> ask(const PasswordSource& password, std::string_view name) {
  if (!password)
    return fail(Error(Outcome::key, "is encrypted and no password was given")
                    .because(Cause::no_credentials)
                    .with_hint("give it by --password-file, HALLMARK_PASSWORD or COSIGN_PASSWORD"));
  return password(name);
}

// Both envelopes have `parse` and `open`.
template <class Envelope>
Result<PrivateKey> open_envelope(BytesView bytes, std::string_view name, const PasswordSource& source) {
  HM_TRY(const auto envelope, Envelope::parse(bytes));
  HM_TRY(const auto password, ask(source, name));
  HM_TRY(const auto pkcs8, envelope.open(password));
  return read_pkcs8(pkcs8.view());
}

Error not_a_private_key(std::string_view label) {
  if (label.ends_with("PUBLIC KEY"))
    return Error(Outcome::key, "is a public key, expected a private key")
        .with_hint("\"hallmark key generate\" makes a key pair; the private half ends in .key");
  if (label.ends_with("CERTIFICATE")) return {Outcome::key, "is a certificate, expected a private key"};
  if (label == "OPENSSH PRIVATE KEY")
    return Error(Outcome::key, "is an OpenSSH private key, which is not accepted")
        .with_hint("convert a copy of it with \"ssh-keygen -p -m PKCS8 -f COPY\"");
  return {Outcome::key, "is a PEM block \"" + base::printable(label, 40) + "\", expected a private key"};
}

}  // namespace

Result<void> expect_own_file(const KeyFile& file) {
  if (!file.is_exposed()) return {};
  const auto name = base::shown_reference(file.path);
  return fail(Error(Outcome::key, name + ": others can read or change this private key (mode " + octal(file.mode) + ")")
                  .with_hint("run \"chmod 600 " + name + "\", and think of who may have a copy"));
}

Result<PrivateKey> open_private_block(const crypto::PemBlock& block, std::string_view name,
                                      const PasswordSource& password) {
  const auto bytes = block.bytes.view();
  if (block.label == "PRIVATE KEY") return read_pkcs8(bytes);
  if (block.label == "EC PRIVATE KEY") return read_sec1(bytes);
  if (block.label == "RSA PRIVATE KEY") return read_pkcs1(bytes);
  if (block.label == kEncryptedPkcs8Label) return open_envelope<EncryptedPkcs8>(bytes, name, password);
  if (block.label == kSigstoreLabel || block.label == kCosignLabel)
    return open_envelope<SigstoreKey>(bytes, name, password);
  return fail(not_a_private_key(block.label).because(Cause::wrong_key));
}

Result<PrivateKey> open_private_key(const KeyFile& file, const OpenOptions& options) {
  if (file.is_private()) HM_DO(expect_own_file(file));
  const auto name = base::shown_reference(file.path);
  auto key = open_private_block(file.pem, name, options.password);
  if (!key) return fail(key.error().within(name));
  return key;
}

Result<PrivateKey> open_private_key(std::string_view reference, const OpenOptions& options) {
  HM_TRY(const auto file, read_key_file(reference, options.variable, options.providers));
  return open_private_key(file, options);
}

Result<std::unique_ptr<Signer>> open_signer(std::string_view reference, const OpenOptions& options) {
  if (KeyProvider* provider = provider_of(reference, options)) return provider->open_signer(std::string(reference));
  HM_TRY(auto key, open_private_key(reference, options));
  return std::make_unique<SoftwareSigner>(std::move(key));
}

}  // namespace hallmark::keys
