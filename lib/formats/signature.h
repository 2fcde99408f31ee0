// Signature: what was found attached to an image: claims and evidence, nothing trusted yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hallmark/descriptor.h"
#include "hallmark/format.h"
#include "hallmark/key.h"

namespace hallmark::formats {

// A transparency-log entry as carried along; shown, verified by lib/tlog (a later issue).
struct LogEntry {
  std::uint64_t log_index = 0;
  std::string log_id;                // lower-case hex
  std::int64_t integrated_time = 0;  // seconds, 0 where absent; unproven
  std::string kind;                  // "hashedrekord", "dsse", "intoto"; empty where unknown
};

struct Signature {
  Format format;
  Descriptor source;              // simple: the layer; bundle: the manifest that carries it
  Bytes signed_bytes;             // exactly what the signature is over: the payload blob, or DSSE's PAE
  Bytes payload;                  // the claim: simple-signing JSON, or the in-toto statement
  std::string payload_type;       // DSSE payloadType; for simple the layer's media type
  std::vector<Bytes> signatures;  // simple and bundle have exactly one
  std::string key_hint;           // bundle: publicKey.hint; empty where there is none
  Bytes certificate;              // leaf, DER; empty where a key signed. Trusted by nobody yet
  std::vector<LogEntry> log_entries;
};

// The claim after its signature was checked: made by `open` and by nothing else.
class VerifiedPayload {
 public:
  // Nothing when `key` did not make (one of) the signature(s) over these bytes.
  [[nodiscard]] static std::optional<VerifiedPayload> open(const Signature& signature, const PublicKey& key);
  [[nodiscard]] BytesView bytes() const { return payload_; }
  [[nodiscard]] const std::string& payload_type() const { return payload_type_; }
  [[nodiscard]] Format format() const { return format_; }

 private:
  VerifiedPayload(Format format, Bytes payload, std::string type)
      : format_(format), payload_(std::move(payload)), payload_type_(std::move(type)) {}
  Format format_;
  Bytes payload_;
  std::string payload_type_;
};

// What a verified payload says, in the same words for every format.
struct Claim {
  std::vector<Digest> subjects;  // simple: one; statement: each subject's digests
  std::string predicate_type;    // statement: its predicateType; simple: empty
  std::string docker_reference;  // simple: critical.identity.docker-reference; statement: empty
  Annotations annotations;       // simple: optional{} (its strings); statement: the matching subject's annotations
};

}  // namespace hallmark::formats
