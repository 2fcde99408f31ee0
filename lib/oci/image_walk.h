// Walking an index: the descriptors of a multi-arch image, bounded and without cycles.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "hallmark/content_store.h"

namespace hallmark::oci {

struct WalkOptions {
  // Gets every document that is read, the root first, one call at a time; an error ends the walk.
  std::function<Result<void>(const Content& document)> visit;
  bool sparse = false;  // children that are not there are left out (a layout may hold one platform of many)
};

// The root and, for an index, every manifest below it, parents first, each digest once. Errors: a missing child
// (not_found), depth over limits::index_depth, a child whose bytes, size or media type do not match (malformed).
[[nodiscard]] Result<std::vector<Descriptor>> walk_image(ContentStore& store, const Digest& root,
                                                         const WalkOptions& options = {});

// What --recursive speaks of: the root, whatever its type, and every manifest and index below it, parents first. Never
// empty. What an index lists beside them is covered by its digest. Errors: those of walk_image.
[[nodiscard]] Result<std::vector<Descriptor>> signable(ContentStore& store, const Digest& root);

// The one manifest of an index that serves a platform; an image that is no index must say it in its configuration.
// None (not_found), or two equally good ones (malformed): an error that lists what is there.
[[nodiscard]] Result<Descriptor> select_platform(ContentStore& store, const Digest& root, const Platform& wanted);

// Hashes every blob that the image reaches (config and layers): a changed one is malformed, a missing one not_found.
// Left out: children of an index that are not there, and layers that may not be distributed.
[[nodiscard]] Result<void> check_content(ContentStore& store, const Digest& root);

}  // namespace hallmark::oci
