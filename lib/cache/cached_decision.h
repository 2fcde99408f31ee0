// CachedDecision: a decision as it is kept, and the name it is kept by.
#pragma once

#include <optional>

#include "hallmark/bytes.h"
#include "hallmark/decision_cache.h"

namespace hallmark::cache {

struct CachedDecision {
  Decision decision;
  Time decided;
  Time expires;
};

// SHA-256 over every field, each with its length: no two keys have one name.
[[nodiscard]] Bytes name_of(const DecisionKey& key);

// Big-endian: decided and expires (8 bytes each, seconds since 1970), outcome, admitted, enforced (1 byte each), reason
// and hint (4 bytes of length, then UTF-8); then SHA-256 over the name and all of this.
[[nodiscard]] Bytes encode(const CachedDecision& cached, BytesView name);
// Nothing for what encode() did not write for this name.
[[nodiscard]] std::optional<CachedDecision> decode(BytesView bytes, BytesView name);

}  // namespace hallmark::cache
