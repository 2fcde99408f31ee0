#include "verify/search.h"

#include <algorithm>

#include "base/limits.h"
#include "base/parallel.h"
#include "base/try.h"
#include "formats/bundle.h"
#include "formats/dsse.h"
#include "formats/simple_signing.h"
#include "verify/by_policy.h"

namespace hallmark::verification {
namespace {

// What a listing or a manifest names must be there: a missing piece is the store's fault, and no image that is not
// there.
Error missing_piece(const Error& error, std::string_view what, const std::string& source) {
  const Error told = error.kind() == Outcome::not_found ? error.as(Outcome::malformed) : error;
  return told.within("reading " + std::string(what) + " " + source);
}

// The size too: a candidate that lies about it must not spoil the blob for one that does not.
BlobKey key_of(const Descriptor& descriptor) { return {descriptor.digest, descriptor.size}; }

Result<formats::Signature> read_as(const Candidate& candidate, const Bytes& blob) {
  switch (candidate.format) {
    case Format::simple:
      return formats::read_simple_signature(*candidate.layer, blob);
    case Format::bundle:
      return formats::read_bundle(candidate.manifest, blob);
    case Format::dsse:
      return formats::read_envelope(*candidate.layer, blob);
  }
  return fail(Outcome::internal, "a format without a reader");
}

std::size_t at_least_one(std::size_t count) { return std::max<std::size_t>(count, 1); }

}  // namespace

// A candidate whose blob was read: a signature to be examined, or what kept it from being one.
struct Search::Loaded {
  std::optional<formats::Signature> signature;
  std::optional<Finding> finding;
  std::string source;
  bool names_our_key = false;
};

Search::Search(ContentStore& store, const Digest& subject, const VerifyOptions& options)
    : store_(&store),
      subject_(subject),
      options_(options),
      demands_{&subject, &options.keys, &options.annotations, &options.name} {
  if (options.policy == nullptr) return;
  demands_.keys = &options.policy->keys();
  demands_.attestations = types_asked_for(*options.policy);
}

Evidence Search::run() && {
  look();
  if (!evidence_.satisfied && from_mirror_) {
    if (ContentStore* upstream = store_->upstream()) look_again(*upstream);
  }
  return std::move(evidence_);
}

// A mirror may be behind: "no" is for the registry itself to say. Its lists alone count now; what was read under a
// digest is not read again.
void Search::look_again(ContentStore& upstream) {
  store_ = &upstream;
  evidence_ = {};
  for (auto& queue : queues_) queue.clear();
  listed_.clear();
  std::erase_if(blobs_, [](const auto& read) { return !read.second; });
  looked_at_ = bytes_ = failures_in_a_row_ = 0;
  look();
  for (Error& failure : evidence_.failures) {
    failure = failure.within("no signature that a mirror lists suffices; asking the registry itself");
  }
}

void Search::look() {
  const bool attestations = !demands_.attestations.empty();
  if (!options_.format) {
    look_in({.referrers = true, .tag = true, .attestations = attestations});
  } else if (*options_.format == Format::bundle) {
    look_in({.referrers = true, .tag = false});
  } else {
    look_in({.referrers = false, .tag = true, .attestations = attestations});
    // cosign's "oci-1-1" mode attaches simple signatures as referrers: asked for only where the tag did not satisfy.
    if (!evidence_.satisfied) look_in({.referrers = true, .tag = false});
  }
}

void Search::look_in(Schemes schemes) {
  auto found = discover(*store_, subject_, schemes, options_.parallel);
  from_mirror_ = from_mirror_ || found.from_mirror;
  for (auto& failure : found.failures) evidence_.failures.push_back(std::move(failure));
  queue(std::move(found.candidates));
  drain();
}

void Search::queue(std::vector<Candidate> candidates) {
  for (auto& candidate : candidates) {
    // What a listing says of the format is not believed; once the manifest was read, --format rules out the other.
    const bool was_read = candidate.layer || candidate.flaw;
    if (!was_read && !listed_.insert(candidate.manifest.digest).second) continue;  // listed twice, read once
    if (was_read && is_left_out(candidate.format)) continue;
    if (candidate.flaw) {
      evidence_.findings.push_back(unfit(candidate.format, candidate.source, *std::move(candidate.flaw)));
      continue;
    }
    queues_[static_cast<std::size_t>(candidate.rank)].push_back(std::move(candidate));
  }
}

// The `.att` tag is of the same make as the `.sig` tag.
bool Search::is_left_out(Format format) const {
  return options_.format && (format == Format::dsse ? Format::simple : format) != *options_.format;
}

void Search::drain() {
  while (!evidence_.satisfied) {
    if (!may_go_on()) return;
    auto wave = next_wave();
    if (wave.empty()) return;
    if (wave.front().layer) {
      read_signatures(std::move(wave));
    } else {
      read_manifests(wave);
    }
  }
}

// The limits on candidates, bytes and hopeless lookups. Reached before the end, each is a failure of its own.
bool Search::may_go_on() {
  const bool waiting = std::ranges::any_of(queues_, [](const auto& queue) { return !queue.empty(); });
  if (!waiting) return false;
  if (failures_in_a_row_ >= 2 * at_least_one(options_.parallel)) return false;  // the failures are noted already
  std::string limit;
  if (looked_at_ >= limits::signature_candidates) {
    limit = std::to_string(limits::signature_candidates) + " candidates";
  } else if (bytes_ >= limits::candidate_bytes) {
    limit = std::to_string(limits::candidate_bytes >> 20) + " MiB";
  }
  if (limit.empty()) return true;
  note_failure(Error(Outcome::malformed, "looked at " + limit + " attached to " + subject_.text() +
                                             ", the most there may be, and there are more")
                   .with_hint("remove signatures that are not needed, or name the format with --format"));
  for (auto& queue : queues_) queue.clear();
  return false;
}

// The best that wait, all of one rank and so of one kind of reading: as many as need `parallel` requests. Those whose
// blob is read already, or by another of the wave, come for nothing, but the wave stays small: its payloads are held.
std::vector<Candidate> Search::next_wave() {
  std::vector<Candidate> wave;
  const std::size_t parallel = at_least_one(options_.parallel);
  const auto best = std::ranges::find_if(queues_, [](const auto& queue) { return !queue.empty(); });
  if (best == queues_.end()) return wave;
  std::set<BlobKey> requests;
  while (!best->empty() && wave.size() < 2 * parallel && looked_at_ < limits::signature_candidates) {
    const auto& candidate = best->front();
    const BlobKey wanted = key_of(candidate.layer ? *candidate.layer : candidate.manifest);
    if (!blobs_.contains(wanted)) requests.insert(wanted);
    if (requests.size() > parallel) break;
    if (!candidate.layer || candidate.format != Format::bundle) ++looked_at_;  // a bundle's layer was counted before
    wave.push_back(std::move(best->front()));
    best->pop_front();
  }
  return wave;
}

void Search::read_manifests(const std::vector<Candidate>& wave) {
  std::vector<std::optional<Result<Content>>> read(wave.size());
  base::for_each_parallel(wave.size(), options_.parallel, [&](std::size_t i) {
    const auto known = manifests_.find(wave[i].manifest.digest);
    read[i] = known != manifests_.end() ? known->second : store_->manifest(wave[i].manifest.digest);
  });
  for (std::size_t i = 0; i < wave.size(); ++i) {
    const auto& content = *read[i];
    if (!content) {
      note_failure(missing_piece(content.error(), "referrer", wave[i].source));
      continue;
    }
    failures_in_a_row_ = 0;
    bytes_ += content->bytes.size();
    auto candidates = candidates_of_referrer(*content, subject_, !demands_.attestations.empty());
    if (!candidates) {
      note_failure(candidates.error().within("referrer " + wave[i].source));
      continue;
    }
    queue(*std::move(candidates));
    if (!from_mirror_) continue;
    held_ += content->bytes.size();
    manifests_.emplace(content->descriptor.digest, *content);
  }
  forget();
}

void Search::fetch_blobs(const std::vector<Candidate>& wave) {
  std::map<BlobKey, const Descriptor*> wanted;
  for (const auto& candidate : wave) {
    const BlobKey key = key_of(*candidate.layer);
    if (!blobs_.contains(key)) wanted.emplace(key, &*candidate.layer);
  }
  const std::vector<std::pair<BlobKey, const Descriptor*>> list(wanted.begin(), wanted.end());
  std::vector<std::optional<Result<Bytes>>> read(list.size());
  base::for_each_parallel(list.size(), options_.parallel,
                          [&](std::size_t i) { read[i] = store_->blob(*list[i].second, limits::payload_bytes); });
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (*read[i]) {
      bytes_ += (*read[i])->size();
      held_ += (*read[i])->size();
      failures_in_a_row_ = 0;
    } else {
      note_failure(missing_piece(read[i]->error(), "signature blob", list[i].second->digest.text()));
    }
    blobs_.emplace(list[i].first, *std::move(read[i]));
  }
}

// A list has eight searches at once, and each may be sent candidate_bytes.
void Search::forget() {
  if (held_ <= limits::held_bytes) return;
  manifests_.clear();
  blobs_.clear();
  held_ = 0;
}

void Search::load(const Candidate& candidate, Loaded& into) const {
  const auto& blob = blobs_.at(key_of(*candidate.layer));
  auto signature = read_as(candidate, *blob);
  into.source = candidate.source;
  if (!signature) {
    into.finding =
        unfit(candidate.format, candidate.source, {"format", Check::State::failed, signature.error().message()});
    return;
  }
  into.names_our_key = key_named_by(*signature, *demands_.keys) != nullptr;
  into.signature = *std::move(signature);
}

void Search::read_signatures(std::vector<Candidate> wave) {
  fetch_blobs(wave);
  std::erase_if(wave, [&](const Candidate& candidate) { return !blobs_.at(key_of(*candidate.layer)); });
  std::vector<Loaded> loaded(wave.size());
  for (std::size_t i = 0; i < wave.size(); ++i) load(wave[i], loaded[i]);
  forget();
  std::ranges::partition(loaded, [](const Loaded& one) { return one.names_our_key; });
  judge(loaded);
}

// The cryptography, `parallel` at once, until one satisfies.
void Search::judge(std::vector<Loaded>& loaded) {
  const std::size_t step = at_least_one(options_.parallel);
  for (std::size_t from = 0; from < loaded.size() && !evidence_.satisfied; from += step) {
    const std::size_t count = std::min(step, loaded.size() - from);
    base::for_each_parallel(count, options_.parallel, [&](std::size_t i) {
      auto& one = loaded[from + i];
      if (one.signature) one.finding = examine(*one.signature, one.source, demands_);
    });
    bool news = false;
    for (std::size_t i = from; i < from + count; ++i) {
      news = news || loaded[i].finding->outcome == Outcome::verified;
      evidence_.findings.push_back(*std::move(loaded[i].finding));
    }
    if (news) evidence_.satisfied = suffices(evidence_.findings, options_);
  }
}

void Search::note_failure(Error error) {
  // Only what says that the store is out of reach: broken candidates must not end the search for a good one.
  if (error.kind() == Outcome::unreachable || error.kind() == Outcome::throttled) ++failures_in_a_row_;
  evidence_.failures.push_back(std::move(error));
}

}  // namespace hallmark::verification
