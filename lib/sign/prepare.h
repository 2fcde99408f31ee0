// Preparing: signatures are made, and checked with their own key, before anything is published.
#pragma once

#include <vector>

#include "hallmark/sign.h"

namespace hallmark::signing {

// One signature of one digest by one key, ready to be put beside the image.
struct Prepared {
  const PublicKey* key;
  Descriptor layer;  // bundle: of the bundle; simple: with the signature in its annotation
  Bytes blob;        // what the layer holds
};

// What is to be signed, and by whom.
struct SubjectSignatures {
  Descriptor subject;  // media type, digest and size of the manifest
  std::vector<Prepared> signatures;
};

// Kind of errors: key (a signer that failed, or made what its own public key refuses).
[[nodiscard]] Result<std::vector<Prepared>> prepare(const Descriptor& subject, const std::vector<Signer*>& signers,
                                                    const SignOptions& options);

}  // namespace hallmark::signing
