// Publishing: prepared signatures become visible beside the image.
#pragma once

#include <vector>

#include "sign/prepare.h"

namespace hallmark::signing {

// cosign's `.sig` tag of the subject gets a layer for each; all in one edit, losing nobody's. A key that already signed
// the very same claim there is left as it is: its new signature would say nothing new. Answers the digest of the tag's
// manifest.
[[nodiscard]] Result<Digest> publish_simple(ContentStore& store, const SubjectSignatures& signatures);

// A referrer of its own; signing again adds another. Answers its digest.
[[nodiscard]] Result<Digest> publish_bundle(ContentStore& store, const Descriptor& subject, const Prepared& signature,
                                            Time created);

}  // namespace hallmark::signing
