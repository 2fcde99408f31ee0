// cosign's JSON (it begins with a brace) and encrypted PKCS#8 (anything else). Only key derivations that take
// microseconds are run; all others are only read.
#include <cstdlib>

#include "base/encoding.h"
#include "keys/software/encrypted_pkcs8.h"
#include "keys/software/sigstore_key.h"

namespace {

using namespace hallmark;
using namespace hallmark::keys;

constexpr std::uint64_t kMostScrypt = 4096;  // N·r·p
constexpr std::uint64_t kMostIterations = 64;

bool is_quick(const Kdf& kdf) {
  if (const auto* scrypt = std::get_if<Scrypt>(&kdf)) return scrypt->n * scrypt->r * scrypt->p <= kMostScrypt;
  return std::get<Pbkdf2>(kdf).iterations <= kMostIterations;
}

void expect_printable(const Error& error) {
  if (error.kind() != Outcome::key || base::printable(error.message(), error.message().size()) != error.message())
    std::abort();
}

void check_sigstore(BytesView input, const Secret& password) {
  const auto key = SigstoreKey::parse(input);
  if (!key) return expect_printable(key.error());
  const auto json = key->json();
  const auto again = SigstoreKey::parse(as_bytes(json));
  if (!again || again->json() != json) std::abort();
  if (is_quick(key->kdf)) (void)key->open(password);
}

void check_pkcs8(BytesView input, const Secret& password) {
  const auto key = EncryptedPkcs8::parse(input);
  if (!key) return expect_printable(key.error());
  if (describe(key->kdf).empty() || key->cipher().empty()) std::abort();
  if (is_quick(key->kdf)) (void)key->open(password);
}

// What we write ourselves is read, too.
void check_written(BytesView plain, const Secret& password) {
  const auto pkcs8 = EncryptedPkcs8::seal(plain, password, keys::Pbkdf2{.iterations = 1});
  const auto sigstore = SigstoreKey::seal(plain, password, {.n = 2, .r = 1, .p = 1});
  if (!pkcs8 || !sigstore || !EncryptedPkcs8::parse(pkcs8->der())) std::abort();
  const auto opened = sigstore->open(password);
  if (!opened || as_text(opened->view()) != as_text(plain)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Secret password = Secret::copy_of("open sesame");
  if (size == 0) return 0;
  if (size < 64) check_written({data, size}, password);
  if (data[0] == '{') {
    check_sigstore({data, size}, password);
  } else {
    check_pkcs8({data, size}, password);
  }
  return 0;
}
