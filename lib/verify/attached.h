// Attached: one thing that refers to an image, read as far as it can be, for showing.
#pragma once

#include <string>
#include <vector>

#include "hallmark/inspect.h"

namespace hallmark::verification {

// A referrer as listed: its manifest is read, and a bundle's blob. Several where its manifest holds several simple
// signatures. What cannot be read stays in the list with its problem.
[[nodiscard]] std::vector<Attached> read_referrer(ContentStore& store, const Descriptor& listed, const Digest& subject);

// What one of cosign's tags holds: `.sig`, `.att`, `.sbom`; a layer each.
[[nodiscard]] std::vector<Attached> read_tagged(ContentStore& store, const Content& tagged, std::string_view suffix,
                                                const Digest& subject);

}  // namespace hallmark::verification
