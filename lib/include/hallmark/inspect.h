// inspect: everything attached to a digest, good or not.
#pragma once

#include <string>
#include <vector>

#include "hallmark/content_store.h"
#include "hallmark/format.h"

namespace hallmark {

struct Attached {
  std::string kind;       // "signature", "attestation", "sbom", "other"
  std::string format;     // "simple", "bundle"; else the artifact type
  Descriptor descriptor;  // of the manifest (bundle) or layer (simple)
  std::string found_by;   // "referrers API", "referrers tag", ".sig tag", ".att tag", ".sbom tag"
  std::string predicate_type;
  std::string key_hint;  // hex id where the bundle has one
  std::vector<std::string> log_entries;
  std::string problem;  // why it could not be read; empty when it could
};

struct Inspection {
  std::string reference;
  Descriptor image;
  std::vector<Attached> attached;
  std::vector<Inspection> children;   // of an index
  std::vector<std::string> problems;  // lookups that failed: the list may lack something
};

[[nodiscard]] Result<Inspection> inspect(ContentStore& image, const Digest& digest, ContentStore* signatures = nullptr);

}  // namespace hallmark
