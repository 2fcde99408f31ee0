// Search: goes through what is attached to one digest until a signature satisfies, within limits.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "hallmark/verify.h"
#include "verify/checks.h"
#include "verify/discover.h"

namespace hallmark::verification {

// Everything that one digest's verdict rests on.
struct Evidence {
  std::vector<Finding> findings;  // in the order they were looked at
  std::vector<Error> failures;    // lookups that failed, or a limit reached: what is missing could have admitted
  bool satisfied = false;
};

using BlobKey = std::pair<Digest, std::uint64_t>;  // digest and size

// Candidates wait in queues by rank. A step takes the best of one rank, reads what each needs next (its manifest, or
// its blob) in parallel, and turns it into further candidates or a finding. So a good signature among junk costs little
// where the words of listings are honest, and is found all the same where they lie.
class Search {
 public:
  Search(ContentStore& store, const Digest& subject, const VerifyOptions& options);
  [[nodiscard]] Evidence run() &&;

 private:
  struct Loaded;
  void look();
  void look_again(ContentStore& upstream);
  void look_in(Schemes schemes);
  void queue(std::vector<Candidate> candidates);
  void drain();
  [[nodiscard]] bool may_go_on();
  [[nodiscard]] std::vector<Candidate> next_wave();
  void read_manifests(const std::vector<Candidate>& wave);
  void read_signatures(std::vector<Candidate> wave);
  void fetch_blobs(const std::vector<Candidate>& wave);
  void forget();
  void load(const Candidate& candidate, Loaded& into) const;
  void judge(std::vector<Loaded>& loaded);
  void note_failure(Error error);
  [[nodiscard]] bool is_left_out(Format format) const;

  ContentStore* store_;
  const Digest& subject_;
  const VerifyOptions& options_;
  Demands demands_;
  Evidence evidence_;
  std::array<std::deque<Candidate>, kRanks> queues_;
  std::set<Digest> listed_;
  std::map<Digest, Content> manifests_;     // of what a mirror lists: the registry may list it, too
  std::map<BlobKey, Result<Bytes>> blobs_;  // many keys sign the same simple payload: it is fetched once
  bool from_mirror_ = false;                // some of what was looked at was found by a mirror's word
  std::size_t looked_at_ = 0;               // candidates taken from discovery
  std::size_t bytes_ = 0;                   // fetched
  std::size_t held_ = 0;                    // bytes of manifests_ and blobs_
  std::size_t failures_in_a_row_ = 0;
};

}  // namespace hallmark::verification
