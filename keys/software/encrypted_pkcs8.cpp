#include "keys/software/encrypted_pkcs8.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/encoding.h"
#include "base/try.h"
#include "crypto/der.h"
#include "crypto/hash.h"
#include "crypto/openssl.h"
#include "crypto/scrub.h"

namespace hallmark::keys {
namespace {

using namespace std::string_view_literals;
namespace tag = crypto::tag;
using crypto::DerReader;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, crypto::Freed<EVP_CIPHER_CTX_free>>;

constexpr auto kWhat = "encrypted key"sv;
constexpr std::size_t kBlock = 16;
constexpr std::size_t kSaltMost = 1024;
constexpr std::size_t kSaltWritten = 16;

// Contents octets of the object identifiers.
constexpr auto kPbes2 = "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"sv;   // 1.2.840.113549.1.5.13
constexpr auto kPbkdf2 = "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"sv;  // 1.2.840.113549.1.5.12
constexpr auto kScrypt = "\x2b\x06\x01\x04\x01\xda\x47\x04\x0b"sv;  // 1.3.6.1.4.1.11591.4.11
constexpr auto kHmacSha256 = "\x2a\x86\x48\x86\xf7\x0d\x02\x09"sv;  // 1.2.840.113549.2.9
constexpr auto kAes256 = "\x60\x86\x48\x01\x65\x03\x04\x01\x2a"sv;  // 2.16.840.1.101.3.4.1.42

struct PrfRow {
  std::string_view oid;
  Prf prf;
};
constexpr std::array<PrfRow, 4> kPrfs{{
    {"\x2a\x86\x48\x86\xf7\x0d\x02\x07"sv, Prf::hmac_sha1},
    {kHmacSha256, Prf::hmac_sha256},
    {"\x2a\x86\x48\x86\xf7\x0d\x02\x0a"sv, Prf::hmac_sha384},
    {"\x2a\x86\x48\x86\xf7\x0d\x02\x0b"sv, Prf::hmac_sha512},
}};

struct CipherRow {
  std::string_view oid;
  unsigned bits;
};
constexpr std::array<CipherRow, 3> kCiphers{{
    {"\x60\x86\x48\x01\x65\x03\x04\x01\x02"sv, 128},
    {"\x60\x86\x48\x01\x65\x03\x04\x01\x16"sv, 192},
    {kAes256, 256},
}};

const EVP_CIPHER* cipher_of(unsigned bits) {
  if (bits == 128) return EVP_aes_128_cbc();
  return bits == 192 ? EVP_aes_192_cbc() : EVP_aes_256_cbc();
}

struct ReadKdf {
  Kdf kdf;
  Bytes salt;
  std::optional<std::uint64_t> key_length;
};

Bytes copy(BytesView view) { return {view.begin(), view.end()}; }

Error not_accepted(std::string_view what) {
  return Error(Outcome::key, "its encryption (" + std::string(what) + ") is not accepted, only PBES2 with AES-CBC")
      .with_hint("encrypt it anew with \"openssl pkcs8 -topk8 -v2 aes-256-cbc\"");
}

// PBKDF2-params, RFC 8018 appendix A.2.
Result<ReadKdf> read_pbkdf2(DerReader& from) {
  Pbkdf2 pbkdf2{.iterations = 0, .prf = Prf::hmac_sha1};  // the PRF's default
  HM_TRY(const auto salt, from.take(tag::octet_string));
  HM_TRY(pbkdf2.iterations, from.small_integer());
  ReadKdf read{pbkdf2, copy(salt), std::nullopt};
  if (from.next_is(tag::integer)) {
    HM_TRY(read.key_length, from.small_integer());
  }
  if (from.next_is(tag::sequence)) {
    HM_TRY(auto identifier, from.enter(tag::sequence));
    HM_TRY(const auto oid, identifier.take(tag::oid));
    const auto* row = std::ranges::find(kPrfs, as_text(oid), &PrfRow::oid);
    if (row == kPrfs.end()) return fail(not_accepted("an unknown PRF"));
    if (identifier.next_is(tag::null)) HM_DO(identifier.take(tag::null));
    HM_DO(identifier.end());
    pbkdf2.prf = row->prf;
  }
  read.kdf = pbkdf2;
  return read;
}

// scrypt-params, RFC 7914 section 7.1.
Result<ReadKdf> read_scrypt(DerReader& from) {
  Scrypt scrypt;
  HM_TRY(const auto salt, from.take(tag::octet_string));
  HM_TRY(scrypt.n, from.small_integer());
  HM_TRY(scrypt.r, from.small_integer());
  HM_TRY(scrypt.p, from.small_integer());
  ReadKdf read{scrypt, copy(salt), std::nullopt};
  if (from.next_is(tag::integer)) {
    HM_TRY(read.key_length, from.small_integer());
  }
  return read;
}

Result<ReadKdf> read_kdf(DerReader from) {
  HM_TRY(const auto oid, from.take(tag::oid));
  if (as_text(oid) != kPbkdf2 && as_text(oid) != kScrypt) return fail(not_accepted("an unknown key derivation"));
  HM_TRY(auto parameters, from.enter(tag::sequence));
  HM_DO(from.end());
  HM_TRY(auto read, as_text(oid) == kScrypt ? read_scrypt(parameters) : read_pbkdf2(parameters));
  HM_DO(parameters.end());
  HM_DO(check(read.kdf));
  if (read.salt.empty() || read.salt.size() > kSaltMost)
    return fail(Outcome::key, "its salt has " + std::to_string(read.salt.size()) + " bytes, expected 1 to 1024");
  return read;
}

Result<EncryptedPkcs8> read_pbes2(DerReader parameters) {
  HM_TRY(const auto kdf_identifier, parameters.enter(tag::sequence));
  HM_TRY(auto scheme, parameters.enter(tag::sequence));
  HM_DO(parameters.end());
  HM_TRY(const auto oid, scheme.take(tag::oid));
  const auto* row = std::ranges::find(kCiphers, as_text(oid), &CipherRow::oid);
  if (row == kCiphers.end()) return fail(not_accepted("another cipher"));
  HM_TRY(const auto iv, scheme.take(tag::octet_string));
  HM_DO(scheme.end());
  if (iv.size() != kBlock) return fail(Outcome::key, "its initial vector is not 16 bytes");
  HM_TRY(auto derivation, read_kdf(kdf_identifier));
  if (derivation.key_length && *derivation.key_length != row->bits / 8)
    return fail(Outcome::key, "its key length is not that of its cipher");
  return EncryptedPkcs8{derivation.kdf, std::move(derivation.salt), row->bits, copy(iv), {}};
}

Result<EncryptedPkcs8> read_encrypted(BytesView der) {
  DerReader outer(der, kWhat);
  HM_TRY(auto reader, outer.enter(tag::sequence));
  HM_DO(outer.end());
  HM_TRY(auto identifier, reader.enter(tag::sequence));
  HM_TRY(const auto ciphertext, reader.take(tag::octet_string));
  HM_DO(reader.end());
  HM_TRY(const auto oid, identifier.take(tag::oid));
  if (as_text(oid) != kPbes2) return fail(not_accepted("PBES1 or unknown"));
  HM_TRY(auto parameters, identifier.enter(tag::sequence));
  HM_DO(identifier.end());
  HM_TRY(auto key, read_pbes2(parameters));
  if (ciphertext.empty() || ciphertext.size() % kBlock != 0)
    return fail(Outcome::key, "its ciphertext is not whole blocks");
  key.ciphertext = copy(ciphertext);
  return key;
}

// CBC has no integrity of its own: one wrong password in 256 gives sound padding, but no DER.
bool looks_like_pkcs8(BytesView plain) {
  DerReader outer(plain, kWhat);
  auto inside = outer.enter(tag::sequence);
  return inside && outer.empty() && inside->small_integer().value_or(2) <= 1 && inside->next_is(tag::sequence);
}

// Into `into`, which has room for a block more; the size, or nothing.
std::optional<std::size_t> run_cipher(const EncryptedPkcs8& key, const Secret& cipher_key, BytesView input,
                                      std::span<std::uint8_t> into, bool encrypt) {
  const CipherContext context(EVP_CIPHER_CTX_new());
  int first = 0;
  int last = 0;
  const bool done =
      context &&
      EVP_CipherInit_ex2(context.get(), cipher_of(key.cipher_bits), cipher_key.view().data(), key.iv.data(),
                         encrypt ? 1 : 0, nullptr) == 1 &&
      EVP_CipherUpdate(context.get(), into.data(), &first, input.data(), static_cast<int>(input.size())) == 1 &&
      EVP_CipherFinal_ex(context.get(), into.data() + first, &last) == 1;
  ERR_clear_error();
  if (!done) return std::nullopt;
  return static_cast<std::size_t>(first) + static_cast<std::size_t>(last);
}

Bytes number(std::uint64_t value) {
  Bytes bytes(sizeof value);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(value >> (8 * (bytes.size() - 1 - i)));
  return crypto::der_integer(bytes);
}

// With HMAC-SHA256, whatever `pbkdf2` was read with: it is of what `seal` made.
Bytes pbkdf2_identifier(const Pbkdf2& pbkdf2, BytesView salt) {
  using crypto::der;
  const auto prf = der(tag::sequence, {der(tag::oid, {as_bytes(kHmacSha256)}), der(tag::null, {})});
  return der(tag::sequence, {der(tag::oid, {as_bytes(kPbkdf2)}),
                             der(tag::sequence, {der(tag::octet_string, {salt}), number(pbkdf2.iterations), prf})});
}

Bytes scrypt_identifier(const Scrypt& scrypt, BytesView salt) {
  using crypto::der;
  return der(tag::sequence,
             {der(tag::oid, {as_bytes(kScrypt)}), der(tag::sequence, {der(tag::octet_string, {salt}), number(scrypt.n),
                                                                      number(scrypt.r), number(scrypt.p)})});
}

}  // namespace

Result<EncryptedPkcs8> EncryptedPkcs8::parse(BytesView der) {
  auto key = read_encrypted(der);
  if (!key) return fail(key.error().as(Outcome::key));
  return key;
}

Result<EncryptedPkcs8> EncryptedPkcs8::seal(BytesView pkcs8, const Secret& password, const Kdf& kdf) {
  EncryptedPkcs8 key{kdf, crypto::random_bytes(kSaltWritten), 256, crypto::random_bytes(kBlock), {}};
  HM_TRY(const auto cipher_key, derive(kdf, password, key.salt, key.cipher_bits / 8));
  const crypto::StackWiper wiper;
  key.ciphertext.resize(pkcs8.size() + kBlock);
  const auto size = run_cipher(key, cipher_key, pkcs8, key.ciphertext, true);
  if (!size) return fail(Outcome::key, "the key cannot be encrypted");
  key.ciphertext.resize(*size);
  return key;
}

Bytes EncryptedPkcs8::der() const {
  using crypto::der;
  const auto* scrypt = std::get_if<Scrypt>(&kdf);
  const auto derivation =
      scrypt != nullptr ? scrypt_identifier(*scrypt, salt) : pbkdf2_identifier(std::get<Pbkdf2>(kdf), salt);
  const auto scheme = der(tag::sequence, {der(tag::oid, {as_bytes(kAes256)}), der(tag::octet_string, {iv})});
  const auto identifier =
      der(tag::sequence, {der(tag::oid, {as_bytes(kPbes2)}), der(tag::sequence, {derivation, scheme})});
  return der(tag::sequence, {identifier, der(tag::octet_string, {ciphertext})});
}

Result<Secret> EncryptedPkcs8::open(const Secret& password) const {
  HM_TRY(const auto cipher_key, derive(kdf, password, salt, cipher_bits / 8));
  const crypto::StackWiper wiper;
  Secret pkcs8(ciphertext.size() + kBlock);
  const auto size = run_cipher(*this, cipher_key, ciphertext, pkcs8.writable(), false);
  if (size) pkcs8.shrink(*size);
  if (!size || !looks_like_pkcs8(pkcs8.view())) return fail(wrong_password());
  return pkcs8;
}

}  // namespace hallmark::keys
