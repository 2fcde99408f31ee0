// inspect: everything attached to a digest, good or not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hallmark/content_store.h"
#include "hallmark/format.h"

namespace hallmark {

struct Attached {
  std::string kind;       // "signature", "attestation", "sbom", "other"
  std::string format;     // "simple", "bundle"; else the artifact type
  Descriptor descriptor;  // of the manifest (bundle) or layer (simple)
  std::string found_by;   // "referrers" (the API or its tag), ".sig tag", ".att tag", ".sbom tag"
  std::string predicate_type;
  std::string key_hint;  // hex id where the bundle has one
  std::vector<std::string> log_entries;
  std::optional<Error> problem = {};  // why it could not be read, or that it speaks of another image
  Annotations annotations = {};       // of the claim, which nobody verified here
  std::string docker_reference = {};  // simple: the name it was made for
};

struct Inspection {
  std::string reference;
  Descriptor image;
  std::vector<Attached> attached;
  std::vector<Inspection> children;  // of an index
  std::vector<Error> problems;       // lookups that failed, or a limit reached: the list may lack something
};

// Nothing is verified and nothing hidden by one failure: what cannot be read stands in the list with its problem. An
// Error only where the image itself cannot be read. Foreign text is made printable. At most
// limits::signature_candidates referrers are read of each manifest; more is a problem in the list.
[[nodiscard]] Result<Inspection> inspect(ContentStore& image, const Digest& digest, ContentStore* signatures = nullptr);

// The gravest of what kept the whole from being seen, children and all: every problem of an Inspection, and attachments
// that the store did not give. One that it gave and that is broken was seen, and a platform may be left out. Nothing:
// the inspection is complete.
[[nodiscard]] std::optional<Error> incompleteness(const Inspection& inspection);

}  // namespace hallmark
