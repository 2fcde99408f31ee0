// DSSE: the envelope around a statement, and what exactly is signed.
#pragma once

#include "base/json.h"
#include "formats/signature.h"
#include "hallmark/bytes.h"
#include "hallmark/result.h"

namespace hallmark::formats {

inline constexpr std::string_view kEnvelopeType = "application/vnd.dsse.envelope.v1+json";

// Source: secure-systems-lab/dsse protocol.md: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body.
[[nodiscard]] Bytes pre_authentication_encoding(std::string_view payload_type, BytesView payload);

struct Envelope {
  std::string payload_type;
  Bytes payload;
  std::vector<Bytes> signatures;  // at least one
  // Standard or URL-safe base64, as envelope.md asks of readers.
  [[nodiscard]] static Result<Envelope> parse(const base::JsonReader& json);
  [[nodiscard]] base::Json to_json() const;
};

// One layer of cosign's `.att` manifest and its blob: an attestation. Any of its signatures makes it its signer's, at
// most limits::envelope_signatures. Errors: malformed.
[[nodiscard]] Result<Signature> read_envelope(const Descriptor& layer, BytesView envelope);

}  // namespace hallmark::formats
