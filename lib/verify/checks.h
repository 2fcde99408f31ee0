// The checks of one signature: one function per fact, each answers with a named Check.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/signature.h"
#include "hallmark/verdict.h"

namespace hallmark::verification {

// What a signature is held against.
struct Demands {
  const Digest* subject = nullptr;
  const std::vector<PublicKey>* keys = nullptr;
  const Annotations* annotations = nullptr;
  const std::optional<std::string>* name = nullptr;
  std::vector<std::string> attestations = {};  // predicate types that are asked for beside signatures
};

// A signature's own claim to a key, for ordering and for telling "altered" from "by another key".
[[nodiscard]] const PublicKey* key_named_by(const formats::Signature& signature, const std::vector<PublicKey>& keys);

// Runs the checks in the order of the specification until one fails; those after it are `skipped`.
[[nodiscard]] Finding examine(const formats::Signature& signature, const std::string& source, const Demands& demands);

// The finding for evidence that could not even be read as a signature.
[[nodiscard]] Finding unfit(Format format, const std::string& source, Check flaw);

}  // namespace hallmark::verification
