#include "keys/software/sigstore_key.h"

#include <sodium.h>

#include "base/encoding.h"
#include "base/json.h"
#include "base/try.h"
#include "crypto/hash.h"
#include "crypto/scrub.h"

namespace hallmark::keys {
namespace {

using base::Json;
using base::JsonReader;

constexpr std::size_t kSaltLeast = 8;
constexpr std::size_t kSaltMost = 1024;
constexpr std::size_t kSaltWritten = 32;

Result<void> expect_name(const JsonReader& object, std::string_view wanted, std::string_view what) {
  HM_TRY(const auto name, object.string("name"));
  if (name != wanted)
    return fail(Outcome::key, "its " + std::string(what) + " \"" + base::printable(name, 40) +
                                  "\" is not known, only " + std::string(wanted));
  return {};
}

Result<Scrypt> read_scrypt(const JsonReader& kdf) {
  HM_DO(expect_name(kdf, "scrypt", "key derivation"));
  HM_TRY(const auto parameters, kdf.at("params"));
  Scrypt scrypt;
  HM_TRY(scrypt.n, parameters.size("N"));
  HM_TRY(scrypt.r, parameters.size("r"));
  HM_TRY(scrypt.p, parameters.size("p"));
  HM_DO(check(Kdf(scrypt)));
  return scrypt;
}

Result<SigstoreKey> read_key(const JsonReader& document) {
  SigstoreKey key;
  HM_TRY(const auto kdf, document.at("kdf"));
  HM_TRY(key.kdf, read_scrypt(kdf));
  HM_TRY(key.salt, kdf.base64("salt"));
  if (key.salt.size() < kSaltLeast || key.salt.size() > kSaltMost)
    return fail(Outcome::key, "its salt has " + std::to_string(key.salt.size()) + " bytes, expected 8 to 1024");
  HM_TRY(const auto cipher, document.at("cipher"));
  HM_DO(expect_name(cipher, kSigstoreCipher, "cipher"));
  HM_TRY(key.nonce, cipher.base64("nonce"));
  if (key.nonce.size() != crypto_secretbox_NONCEBYTES)
    return fail(Outcome::key, "its nonce has " + std::to_string(key.nonce.size()) + " bytes, expected 24");
  HM_TRY(key.ciphertext, document.base64("ciphertext"));
  if (key.ciphertext.size() <= crypto_secretbox_MACBYTES) return fail(Outcome::key, "its ciphertext is too short");
  return key;
}

}  // namespace

Result<SigstoreKey> SigstoreKey::parse(BytesView json) {
  auto document = Json::parse(json, "encrypted key");
  if (!document) return fail(document.error().as(Outcome::key));
  auto key = read_key(JsonReader(*document, "encrypted key"));
  if (!key) return fail(key.error().as(Outcome::key));
  return key;
}

Result<SigstoreKey> SigstoreKey::seal(BytesView pkcs8, const Secret& password, const Scrypt& kdf) {
  SigstoreKey key;
  key.kdf = kdf;
  key.salt = crypto::random_bytes(kSaltWritten);
  key.nonce = crypto::random_bytes(crypto_secretbox_NONCEBYTES);
  HM_TRY(const auto box_key, derive(key.kdf, password, key.salt, crypto_secretbox_KEYBYTES));
  const crypto::StackWiper wiper;
  key.ciphertext.resize(crypto_secretbox_MACBYTES + pkcs8.size());
  if (crypto_secretbox_easy(key.ciphertext.data(), pkcs8.data(), pkcs8.size(), key.nonce.data(),
                            box_key.view().data()) != 0)
    return fail(Outcome::key, "the key cannot be encrypted");
  return key;
}

std::string SigstoreKey::json() const {
  const auto parameters = Json::object({{"N", static_cast<std::int64_t>(kdf.n)},
                                        {"r", static_cast<std::int64_t>(kdf.r)},
                                        {"p", static_cast<std::int64_t>(kdf.p)}});
  return Json::object(
             {{"kdf", Json::object({{"name", "scrypt"}, {"params", parameters}, {"salt", base::base64_encode(salt)}})},
              {"cipher", Json::object({{"name", kSigstoreCipher}, {"nonce", base::base64_encode(nonce)}})},
              {"ciphertext", base::base64_encode(ciphertext)}})
      .dump();
}

Result<Secret> SigstoreKey::open(const Secret& password) const {
  HM_TRY(const auto box_key, derive(kdf, password, salt, crypto_secretbox_KEYBYTES));
  const crypto::StackWiper wiper;
  Secret pkcs8(ciphertext.size() - crypto_secretbox_MACBYTES);
  if (crypto_secretbox_open_easy(pkcs8.writable().data(), ciphertext.data(), ciphertext.size(), nonce.data(),
                                 box_key.view().data()) != 0)
    return fail(wrong_password());
  return pkcs8;
}

}  // namespace hallmark::keys
