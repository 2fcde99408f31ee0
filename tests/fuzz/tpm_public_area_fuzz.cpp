// TPM2B_PUBLIC, as a TPM answers with it and a key file holds it, and signatures: what is taken has one form and one
// name.
#include <algorithm>
#include <cstdlib>

#include "base/encoding.h"
#include "keys/tpm/public_area.h"

using namespace hallmark;
using namespace hallmark::keys;

namespace {

void expect_told(const Error& error) {
  const auto& message = error.message();
  if (error.kind() != Outcome::key || error.cause() == Cause::none) std::abort();
  if (base::printable(message, message.size()) != message) std::abort();
}

// r and s, or the whole, from what the area holds: none of it verifies.
void try_signatures(const TPMT_PUBLIC& area, const PublicKey& key, TPMT_SIG_SCHEME scheme) {
  TPMT_SIGNATURE signature{};
  signature.sigAlg = scheme.scheme;
  signature.signature.any.hashAlg = scheme.details.any.hashAlg;
  if (area.type == TPM2_ALG_ECC) {
    signature.signature.ecdsa.signatureR = area.unique.ecc.x;
    signature.signature.ecdsa.signatureS = area.unique.ecc.y;
  } else {
    signature.signature.rsassa.sig = area.unique.rsa;
  }
  const auto encoded = signature_of(signature, scheme, key, "fuzz");
  if (!encoded) return expect_told(encoded.error());
  if (key.verify(as_bytes(std::string_view("message")), *encoded)) std::abort();
  signature.sigAlg ^= 1;
  if (signature_of(signature, scheme, key, "fuzz")) std::abort();
  signature.sigAlg ^= 1;
  signature.signature.any.hashAlg ^= 1;
  if (signature_of(signature, scheme, key, "fuzz")) std::abort();
}

void try_private(const Tss& tss, BytesView input) {
  const auto area = unmarshal_private(tss, input, "fuzz");
  if (!area) return expect_told(area.error());
  if (!std::ranges::equal(marshal_private(tss, *area), input)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input(data, size);
  static const auto loaded = Tss::available();
  if (!loaded) std::abort();
  const Tss& tss = **loaded;
  try_private(tss, input);
  const auto area = unmarshal_public(tss, input, "fuzz");
  if (!area) {
    expect_told(area.error());
    return 0;
  }
  const auto name = name_of(tss, *area, "fuzz");
  if (!name) expect_told(name.error());
  const auto key = public_key_of(area->publicArea, "fuzz");
  if (!key) {
    expect_told(key.error());
    return 0;
  }
  const auto scheme = signing_scheme(area->publicArea, *key, "fuzz");
  if (scheme)
    try_signatures(area->publicArea, *key, *scheme);
  else
    expect_told(scheme.error());
  return 0;
}
