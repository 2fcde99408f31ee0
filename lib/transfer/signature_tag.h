// Cosign's tags sha256-<hex>.sig, .att and .sbom: one manifest to which each signer adds a layer.
#pragma once

#include "hallmark/content_store.h"

namespace hallmark::transfer {

// What the tag at the destination shall hold when `source` is brought to what it holds now: every layer of both, those
// of the destination first. Nothing when the destination has them all. Puts a new configuration into `to` where both
// sides had layers of their own.
[[nodiscard]] Result<std::optional<TagEdit>> merge_signatures(const Content& source,
                                                              const std::optional<Content>& current, ContentStore& to);

}  // namespace hallmark::transfer
