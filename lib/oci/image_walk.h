// Walking an index: the descriptors of a multi-arch image, bounded and without cycles.
#pragma once

#include <optional>
#include <vector>

#include "hallmark/content_store.h"

namespace hallmark::oci {

// The root and, for an index, every manifest below it, parents first, each digest once. Errors: a missing child
// (not_found), depth over limits::index_depth, a child whose bytes do not match (malformed).
[[nodiscard]] Result<std::vector<Descriptor>> walk_image(ContentStore& store, const Digest& root);

// The one manifest of an index that serves a platform. None, or two equally good ones: an error that lists what is
// there.
[[nodiscard]] Result<Descriptor> select_platform(ContentStore& store, const Digest& root, const Platform& wanted);

// Hashes every blob that the image reaches (config and layers): a changed one is malformed.
[[nodiscard]] Result<void> check_content(ContentStore& store, const Digest& root);

}  // namespace hallmark::oci
