// SPKI as PEM or DER: what is taken has one text, and verifies nothing that it did not sign.
#include <cstdlib>

#include "base/encoding.h"
#include "hallmark/key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  const BytesView input(data, size);
  const auto key = size > 0 && data[0] == '-' ? PublicKey::from_pem(as_text(input)) : PublicKey::from_der(input);
  if (!key) {
    const auto& message = key.error().message();
    if (key.error().kind() != Outcome::key || message.empty() || base::printable(message, message.size()) != message)
      std::abort();
    return 0;
  }
  const auto again = PublicKey::from_pem(key->pem());
  if (!again || !(*again == *key) || again->der() != key->der()) std::abort();
  if (describe(key->algorithm(), key->bits()).empty() || key->hint().empty()) std::abort();
  if (key->verify(input, input)) std::abort();
  const Bytes of_its_length(key->bits() / 8, 0x01);
  (void)key->verify(input, of_its_length);
  (void)key->verify(input, Bytes(64));
  return 0;
}
