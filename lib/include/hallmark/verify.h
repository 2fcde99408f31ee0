// verify: who signed this digest, and is that enough?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hallmark/content_store.h"
#include "hallmark/key.h"
#include "hallmark/verdict.h"

namespace hallmark {

struct VerifyOptions {
  std::vector<PublicKey> keys = {};       // a sound signature by any of them suffices
  Annotations annotations = {};           // each must stand in the signed claim
  std::optional<Format> format = {};      // only this one is looked for
  std::optional<std::string> name = {};   // --check-name: the claim's docker-reference must be this repository
  bool recursive = false;                 // the index and every manifest below it
  std::optional<Platform> platform = {};  // the one manifest of an index that serves it
  bool content = false;                   // hash every blob the image reaches, too
  std::size_t parallel = 8;               // requests at once
  ContentStore* signatures = nullptr;     // --signature-repository; null: beside the image
  // In place of `keys`: the rule of this demand decides, at this instant. It must outlive the call.
  const PolicyDemand* policy = nullptr;
  Time now = {};
};

// "No" is a Verdict; "could not decide" is an Error, and so is an image that is not there. Never touches the clock or a
// key file. The digest is the subject: nothing else is resolved. Under a policy, what the rule says without looking at
// signatures (a revoked digest, accept, reject, no rule) is answered without a request; where it only warns, a lookup
// that failed is a Verdict that admits, with that outcome.
[[nodiscard]] Result<Verdict> verify(ContentStore& image, const Digest& digest, const VerifyOptions& options);

}  // namespace hallmark
