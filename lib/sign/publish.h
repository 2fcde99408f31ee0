// Publishing: prepared signatures become visible beside the image.
#pragma once

#include <optional>
#include <vector>

#include "sign/prepare.h"

namespace hallmark::signing {

// What became of an upload.
struct Upload {
  Digest manifest;
  Signed::State state = Signed::State::published;
  std::optional<Error> failure = {};  // unless it is published
};

// Both: an error where nothing became visible, nor may have. After any failure of writing a manifest it is asked for:
// the answer may have been lost, or what failed came after it (the listing).

// cosign's `.sig` tag of the subject gets a layer for each; all in one edit, losing nobody's. A key that already signed
// the very same claim there is left as it is: its new signature would say nothing new. Names the tag's manifest.
[[nodiscard]] Result<Upload> publish_simple(ContentStore& store, const SubjectSignatures& signatures);

// A referrer of its own; signing again adds another.
[[nodiscard]] Result<Upload> publish_bundle(ContentStore& store, const Descriptor& subject, const Prepared& signature,
                                            Time created);

}  // namespace hallmark::signing
