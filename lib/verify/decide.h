// The decision: evidence of one digest, or verdicts of several, become one answer.
#pragma once

#include <string>
#include <vector>

#include "hallmark/content_store.h"
#include "verify/search.h"

namespace hallmark::verification {

// Where an image lies and what is attached to it (the same store unless --signature-repository says otherwise), and
// what was looked for.
struct Searched {
  ContentStore& image;
  ContentStore& signatures;
  std::optional<Format> format = {};  // only this one
};

// Admitted if what was read suffices. Otherwise a failed lookup (an Error), else the "no" that comes first. Only where
// nothing at all was found is the store asked whether the image is there, `not-found` or `unsigned`, and whether
// cosign's `.att` tag holds attestations, which the reason then tells apart from signatures.
[[nodiscard]] Result<Verdict> decide(const Searched& searched, const Digest& digest, Evidence evidence);

// Several images: all must be admitted. The outcome is the first by precedence, an Error before any verdict.
[[nodiscard]] Result<Verdict> decide_all(Verdict parent, std::vector<Result<Verdict>> children);

}  // namespace hallmark::verification
