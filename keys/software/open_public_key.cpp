#include "base/encoding.h"
#include "base/shown_reference.h"
#include "base/try.h"
#include "crypto/public_key.h"
#include "hallmark/keys.h"
#include "keys/software/open_private_key.h"

namespace hallmark::keys {

namespace {

Result<PublicKey> public_key_in(const KeyFile& file) {
  auto key = crypto::public_key_from(file.pem);
  if (!key) return fail(key.error().within(base::shown_reference(file.path)));
  return key;
}

}  // namespace

Result<PublicKey> open_public_key(std::string_view reference, const OpenOptions& options) {
  if (KeyProvider* provider = provider_of(reference, options)) return provider->public_key(std::string(reference));
  HM_TRY(const auto file, read_key_file(reference, options.variable, options.providers));
  return public_key_in(file);
}

Result<PublicKey> public_half(std::string_view reference, const OpenOptions& options) {
  if (KeyProvider* provider = provider_of(reference, options)) return provider->public_key(std::string(reference));
  HM_TRY(const auto file, read_key_file(reference, options.variable, options.providers));
  if (!file.is_private()) return public_key_in(file);
  HM_TRY(auto key, open_private_key(file, options));
  return std::move(key.public_key);
}

}  // namespace hallmark::keys
