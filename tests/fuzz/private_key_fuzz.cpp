// PKCS#8, SEC1 and PKCS#1 in DER; the first byte says which. What is taken is written as the same key.
#include <algorithm>
#include <cstdlib>

#include "base/encoding.h"
#include "keys/software/private_key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  if (size == 0) return 0;
  const BytesView der(data + 1, size - 1);
  const auto key = data[0] == '1'   ? keys::read_sec1(der)
                   : data[0] == '2' ? keys::read_pkcs1(der)
                                    : keys::read_pkcs8(der);
  if (!key) {
    const auto& message = key.error().message();
    if (key.error().kind() != Outcome::key || base::printable(message, message.size()) != message) std::abort();
    return 0;
  }
  const auto again = keys::read_pkcs8(key->pkcs8.view());
  if (!again || !(again->public_key == key->public_key) || !std::ranges::equal(again->pkcs8.view(), key->pkcs8.view()))
    std::abort();
  return 0;
}
