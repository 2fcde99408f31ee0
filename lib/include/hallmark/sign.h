// sign: put a signature beside an image.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hallmark/clock.h"
#include "hallmark/content_store.h"
#include "hallmark/format.h"
#include "hallmark/key.h"

namespace hallmark {

struct SignOptions {
  Format format = Format::bundle;
  Annotations annotations = {};           // -a k=v: part of what is signed
  std::string docker_reference = {};      // simple: the repository as critical.identity says it
  bool recursive = false;                 // the index and every manifest below it
  std::optional<Platform> platform = {};  // one manifest of the index
  ContentStore* signatures = nullptr;     // --signature-repository; null: beside the image
};

struct Signed {
  Digest digest;    // the subject
  Digest manifest;  // of the `.sig` manifest or of the referrer
  Format format;
  std::string key;  // id of the key that signed
};

// Every signature (digests × signers) is made and checked with its public key before the first is published; with
// `recursive`, the children's before their index's. Returns once each was read back; an error after the first
// publication names what was published. Signing again: where a key signed the very same simple claim already, nothing
// is added (the answer is the same); a bundle is added each time. A key given twice signs once.
[[nodiscard]] Result<std::vector<Signed>> sign(ContentStore& image, const Digest& digest,
                                               const std::vector<Signer*>& signers, const SignOptions& options,
                                               Time at);

}  // namespace hallmark
