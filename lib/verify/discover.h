// Candidates: what is attached to a digest and may be a signature of it, from every scheme.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hallmark/content_store.h"
#include "hallmark/format.h"
#include "hallmark/verdict.h"

namespace hallmark::verification {

// What is looked at first. Listings and annotations are words that nobody signed: they order, they never discard.
enum class Rank : std::uint8_t {
  signature,           // a layer of simple signing, or of a bundle that says it holds a signature
  listed_signature,    // a referrer listed as either
  listed_bundle,       // a referrer listed as a bundle, of what it does not say
  bundle,              // the layer of such a bundle
  listed_other,        // a referrer listed as anything: go-containerregistry and cosign 2 list bundles as empty configs
  listed_attestation,  // a referrer listed as a bundle of another predicate
  attestation,         // the layer of one that says so
};
inline constexpr std::size_t kRanks = 7;

struct Candidate {
  Rank rank;
  Format format = Format::bundle;        // set once the manifest was read
  Descriptor manifest;                   // the referrer, or what the `.sig` or `.att` tag holds
  std::optional<Descriptor> layer = {};  // the blob to read; nothing while the manifest was not read
  std::string source = {};               // "sha256:… layer 3", "sha256:…"
  std::optional<Check> flaw = {};        // what makes the manifest itself unfit as a signature
};

// What the lookups gave. A lookup that failed is kept: its answer could have admitted.
struct Discovery {
  std::vector<Candidate> candidates;
  std::vector<Error> failures;
  bool from_mirror = false;  // any of it: the registry itself may know more
};

struct Schemes {
  bool referrers = true;      // the referrers API, or its tag
  bool tag = true;            // cosign's `.sig` tag
  bool attestations = false;  // and its `.att` tag
};
// Asks for all chosen schemes, at once where `parallel` is more than 1. A `.sig` tag that is not there is an answer: no
// candidates.
[[nodiscard]] Discovery discover(ContentStore& store, const Digest& subject, Schemes schemes, std::size_t parallel);

// The candidates in a referrer that was read: none when it is no signature of any format (an SBOM, say).
// `attestations`: those that cosign attaches as DSSE envelopes count, too.
[[nodiscard]] Result<std::vector<Candidate>> candidates_of_referrer(const Content& referrer, const Digest& subject,
                                                                    bool attestations = false);

}  // namespace hallmark::verification
