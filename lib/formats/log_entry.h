// Transparency-log entries as signatures carry them: read, not verified.
#pragma once

#include <vector>

#include "base/json.h"
#include "formats/signature.h"

namespace hallmark::formats {

// cosign's annotation `dev.sigstore.cosign/bundle`: one entry, or none where the annotation is missing or empty.
// Source: cosign specs/SIGNATURE_SPEC.md. Kind of errors: malformed.
[[nodiscard]] Result<std::vector<LogEntry>> log_entries_of_annotations(const Annotations& annotations);

// `verificationMaterial` of a bundle: its tlogEntries, at most limits::log_entries. Zero fields may be left out, as
// proto3-JSON does. Source: protobuf-specs sigstore_rekor.proto. Kind of errors: malformed.
[[nodiscard]] Result<std::vector<LogEntry>> log_entries_of_material(const base::JsonReader& material);

}  // namespace hallmark::formats
