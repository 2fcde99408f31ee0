// A token's public key: the first byte says of what kind, "c" a certificate, "s" an SPKI, "r", "e" and "d" the two
// attributes of RSA, ECDSA and Ed25519; the next two how long the first of these is. What is taken is a key that reads
// back as itself.
#include <algorithm>
#include <cstdlib>

#include "base/encoding.h"
#include "keys/pkcs11/public_half.h"

namespace {

using namespace hallmark;
using keys::token::PublicParts;

void check(const Error& error) {
  const auto& message = error.message();
  if (error.kind() != Outcome::key || error.cause() == Cause::none) std::abort();
  if (message.empty() || base::printable(message, message.size()) != message) std::abort();
}

void check(const PublicKey& key) {
  const auto again = PublicKey::from_der(key.der());
  if (!again || !(*again == key)) std::abort();
  const auto pss = keys::token::with_padding(key, keys::token::Padding::pss);
  if (!pss || pss->bits() != key.bits()) std::abort();
  const auto back = keys::token::with_padding(*pss, keys::token::Padding::pkcs1);
  if (!back || back->bits() != key.bits()) std::abort();
}

PublicParts parts_of(std::uint8_t kind, Bytes first, Bytes second) {
  switch (kind) {
    case 'r':
      return {.type = CKK_RSA, .modulus = std::move(first), .public_exponent = std::move(second)};
    case 'e':
      return {.type = CKK_EC, .curve = std::move(first), .point = std::move(second)};
    case 'd':
      return {.type = CKK_EC_EDWARDS, .curve = std::move(first), .point = std::move(second)};
    default:
      return {.spki = std::move(first)};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const BytesView rest(data + 3, size - 3);
  if (data[0] == 'c') {
    const auto key = keys::token::public_key_in(rest);
    key ? check(*key) : check(key.error());
    return 0;
  }
  const std::size_t length =
      data[0] == 's' ? rest.size() : std::min<std::size_t>(data[1] * 256U + data[2], rest.size());
  const auto first = rest.first(length);
  const auto second = rest.subspan(length);
  const auto key =
      keys::token::public_key_of(parts_of(data[0], {first.begin(), first.end()}, {second.begin(), second.end()}));
  if (!key) check(key.error());
  if (key && *key) check(**key);
  return 0;
}
