// Verdict: the answer to "may this image run", with everything it rests on, as plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hallmark/descriptor.h"
#include "hallmark/format.h"
#include "hallmark/outcome.h"
#include "hallmark/policy.h"

namespace hallmark {

// One fact about one signature.
struct Check {
  enum class State : std::uint8_t { passed, failed, skipped };  // skipped: not looked at, because an earlier one failed
  // "format", "signature" (the cryptography), "type" (a signature, not an attestation), "subject" (the digest), "name",
  // "annotations", "log"; under a policy also "revocation" and "time", of the key
  std::string name;
  State state;
  std::string detail;  // what was seen, in one line; foreign text is made printable
};

// One signature that was looked at.
struct Finding {
  Format format;
  std::string source;  // where it lies: "sha256:… layer 3", "sha256:…"
  std::string key;     // id of the key that made it, where one of ours did; else the hint it carries, else empty
  // verified; untrusted (not by a key given), invalid (broken in itself, for another digest, or it names a trusted key
  // that did not make it), denied (by a trusted key, but without the name or annotations demanded), unsigned (an
  // attestation, which is no signature)
  Outcome outcome;
  std::string reason;       // why not, in one line; empty when verified
  Annotations annotations;  // of the verified claim only
  std::vector<Check> checks;
  std::string predicate_type = {};  // of an attestation that the policy asks for; empty: a signature
};

// What a policy's rule demanded and what of it was met.
struct PolicyExplanation {
  std::string rule;    // its `match`; empty: no rule matched
  std::string place;   // "policy.yaml:7:5"
  bool warns = false;  // `mode: warn`
  PolicyNode tree;     // PolicyNode::proof is an index into Verdict::findings
};

struct Verdict {
  std::string reference;  // what was asked, normalised
  Digest digest;          // what was verified
  Outcome outcome;
  bool admitted = false;
  std::string reason;             // one line; empty when admitted
  std::string hint;               // the next step; may be empty
  std::vector<Finding> findings;  // in the order they were looked at
  // --recursive: every manifest below (the findings here are the index's own). --platform: the one chosen; `digest` is
  // then its digest, `reference` what was asked.
  std::vector<Verdict> children;
  std::optional<Platform> platform;  // of a child
  // False: admitted although `outcome` is no admission, because the rule only warns.
  bool enforced = true;
  std::optional<PolicyExplanation> policy = {};
};

}  // namespace hallmark
