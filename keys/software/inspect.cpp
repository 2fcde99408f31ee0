#include "base/encoding.h"
#include "base/shown_reference.h"
#include "base/try.h"
#include "crypto/public_key.h"
#include "keys/software/encrypted_pkcs8.h"
#include "keys/software/open_private_key.h"
#include "keys/software/sigstore_key.h"

namespace hallmark::keys {
namespace {

std::string_view format_of(std::string_view label) {
  if (label == "PRIVATE KEY") return "pkcs8";
  if (label == "EC PRIVATE KEY") return "sec1";
  if (label == "RSA PRIVATE KEY" || label == "RSA PUBLIC KEY") return "pkcs1";
  if (label == kEncryptedPkcs8Label) return "encrypted-pkcs8";
  if (label == kSigstoreLabel) return "sigstore";
  return label == kCosignLabel ? "cosign" : "spki";
}

Result<void> describe_encryption(const crypto::PemBlock& block, KeyInfo& info) {
  if (block.label == kEncryptedPkcs8Label) {
    HM_TRY(const auto envelope, EncryptedPkcs8::parse(block.bytes.view()));
    info.encrypted = true;
    info.kdf = describe(envelope.kdf);
    info.cipher = envelope.cipher();
  } else if (block.label == kSigstoreLabel || block.label == kCosignLabel) {
    HM_TRY(const auto envelope, SigstoreKey::parse(block.bytes.view()));
    info.encrypted = true;
    info.kdf = describe(Kdf(envelope.kdf));
    info.cipher = kSigstoreCipher;
  }
  return {};
}

Result<KeyInfo> inspect_file(const KeyFile& file, const std::string& name, const OpenOptions& options) {
  KeyInfo info;
  info.is_private = file.is_private();
  info.format = format_of(file.pem.label);
  info.mode = file.mode;
  info.exposed = info.is_private && file.is_exposed();
  if (!info.is_private) {
    HM_TRY(info.public_key, crypto::public_key_from(file.pem));
    return info;
  }
  HM_DO(describe_encryption(file.pem, info));
  if (info.encrypted && !options.password) return info;
  HM_TRY(const auto key, open_private_block(file.pem, name, options.password));
  info.public_key = key.public_key;
  return info;
}

}  // namespace

Result<KeyInfo> inspect(std::string_view reference, const OpenOptions& options) {
  if (KeyProvider* provider = provider_of(reference, options)) return provider->inspect(std::string(reference));
  HM_TRY(const auto file, read_key_file(reference, options.variable, options.providers));
  const auto name = base::shown_reference(file.path);
  auto info = inspect_file(file, name, options);
  if (!info) return fail(info.error().within(name));
  return info;
}

}  // namespace hallmark::keys
