// sign: put a signature beside an image.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hallmark/clock.h"
#include "hallmark/content_store.h"
#include "hallmark/format.h"
#include "hallmark/key.h"

namespace hallmark {

struct Signed {
  // What is known of it: `stored`: its manifest is there, but nothing that was seen lists it; `unknown`: the answer to
  // its upload was lost, and whether it is there could not be asked.
  enum class State : std::uint8_t { published, stored, unknown };

  Digest digest;    // the subject
  Digest manifest;  // of the `.sig` manifest or of the referrer
  Format format;
  std::string key;  // id of the key that signed
  State state = State::published;
};

struct SignOptions {
  Format format = Format::bundle;
  Annotations annotations = {};                          // -a k=v: part of what is signed
  std::string docker_reference = {};                     // simple: the repository as critical.identity says it
  bool recursive = false;                                // the index and every manifest below it
  std::optional<Platform> platform = {};                 // one manifest of the index
  ContentStore* signatures = nullptr;                    // --signature-repository; null: beside the image
  std::map<std::string, std::string> key_names = {};     // by id, as the user knows them: errors name them, too
  std::function<void(const Signed&)> on_published = {};  // called for each as soon as it is, or may be, there
};

// Every signature (digests × signers) is made and checked with its public key before the first is published; with
// `recursive`, the children's before their index's. Returns once each was read back; an error after the first
// publication names what was published. Where the answer to an upload was lost, it is looked whether the signature is
// there: one that is there and listed counts as published. What is or may be there when it ends in an error,
// `on_published` has heard of. Signing again: where a key signed the very same simple claim already, nothing
// is added (the answer is the same); a bundle is added each time. A key given twice signs once.
[[nodiscard]] Result<std::vector<Signed>> sign(ContentStore& image, const Digest& digest,
                                               const std::vector<Signer*>& signers, const SignOptions& options,
                                               Time at);

}  // namespace hallmark
