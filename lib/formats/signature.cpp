#include "formats/signature.h"

namespace hallmark::formats {

std::optional<VerifiedPayload> VerifiedPayload::open(const Signature& signature, const PublicKey& key) {
  for (const auto& candidate : signature.signatures) {
    if (key.verify(signature.signed_bytes, candidate)) {
      return VerifiedPayload(signature.format, signature.payload, signature.payload_type);
    }
  }
  return std::nullopt;
}

}  // namespace hallmark::formats
