// Policy: which images may run, and what each must show for it. docs/policy.md has the language and its semantics.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/clock.h"
#include "hallmark/digest.h"
#include "hallmark/key.h"
#include "hallmark/reference.h"
#include "hallmark/result.h"

namespace hallmark {

// A file that the caller has read, YAML or JSON; one whose name ends in .json must be strict JSON as well.
struct PolicySource {
  std::string file;  // as messages name it; what it refers to is relative to its folder
  std::string text;
};

// Whether a file in a folder of policies is one, by its name: *.yaml, *.yml, *.json, not hidden, not a policy's
// signature.
[[nodiscard]] bool is_policy_file(std::string_view name);

// Where something stands: an index into Policy::files(), line and column from 1.
struct PolicyPlace {
  std::uint32_t file = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct PolicyProblem {
  bool warning = false;  // an anchor that nobody uses, a rule that is never the one
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string key;  // "rules[2].require.at-least"; empty for the file as a whole
  std::string message;
  [[nodiscard]] std::string text() const;  // "policy.yaml:7:5: rules[2].require.at-least: …"
};

// A key as the policy names it; the caller opens it.
struct PolicyKey {
  enum class Kind : std::uint8_t {
    reference,  // any KEY of --key: a path (relative to the file's folder), env://NAME, …
    pem,        // the key itself
    id,         // revoked keys only: the id that hallmark shows, 64 hex digits
  };
  Kind kind = Kind::reference;
  std::string text;
  PolicyPlace place;
};

// Whom a policy trusts, and when.
struct PolicyAnchor {
  std::string name;
  std::vector<PolicyKey> keys;  // a signature by any of them is the anchor's
  std::optional<Time> from;     // both inclusive, compared with the trusted signing time, else with now
  std::optional<Time> until;
  PolicyPlace place;
};

// A tree with anchors as leaves. `any` needs one, `all` needs all, `at-least: k` needs k of them: by different anchors
// and different public keys in the whole tree.
struct PolicyRequirement {
  enum class Word : std::uint8_t { anchor, any, all, at_least };
  Word word = Word::anchor;
  std::string name = {};                   // of the anchor
  std::size_t anchor = 0;                  // index into Policy::anchors()
  std::size_t needed = 1;                  // of `of`
  std::vector<PolicyRequirement> of = {};  // not empty, but for an anchor
  PolicyPlace place = {};
};

struct PolicyAttestation {
  std::string type;            // as written: "slsaprovenance1", or a URI
  std::string predicate_type;  // the URI
  PolicyRequirement by;
  PolicyPlace place;
};

// Break glass: this digest runs until then, whoever signed it.
struct PolicyAccept {
  Digest digest;
  Time until;
  std::string reason;
  PolicyPlace place;
};

struct PolicyRule {
  std::string match;    // as written
  bool enforce = true;  // false: `mode: warn`
  std::optional<PolicyRequirement> require = {};
  std::vector<PolicyAttestation> attestations = {};
  std::optional<std::chrono::seconds> max_age = {};  // of the trusted signing time
  std::vector<PolicyAccept> accept = {};
  std::optional<std::string> reject = {};     // the reason
  std::optional<Repository> signatures = {};  // where signatures lie, if not beside the image
  PolicyPlace place = {};
};

struct PolicyCache {
  std::chrono::seconds admit = std::chrono::hours(24);
  std::chrono::seconds deny = std::chrono::minutes(1);
};

class Policy {
 public:
  // Files add up: anchors, revocations and rules of all of them are one policy, in whatever order they come. Errors:
  // the first problem, kind config, with file, line, column and key; `check` finds them all.
  [[nodiscard]] static Result<Policy> load(const std::vector<PolicySource>& sources);
  // Errors and warnings, in the order of files and lines.
  [[nodiscard]] static std::vector<PolicyProblem> check(const std::vector<PolicySource>& sources);

  [[nodiscard]] const std::vector<std::string>& files() const;
  [[nodiscard]] const std::vector<PolicyAnchor>& anchors() const;
  [[nodiscard]] const std::vector<PolicyRule>& rules() const;
  [[nodiscard]] const std::set<Digest>& revoked_digests() const;
  [[nodiscard]] const std::vector<PolicyKey>& revoked_keys() const;
  [[nodiscard]] const PolicyCache& cache() const;
  // `serial` of each file, in the order of files(); 0 where there is none.
  [[nodiscard]] const std::vector<std::uint64_t>& serials() const;

  // The most specific rule that matches; nullptr: none, and that is a denial.
  [[nodiscard]] const PolicyRule* rule_for(const Repository& repository) const;
  // All that match, the most specific first.
  [[nodiscard]] std::vector<const PolicyRule*> rules_matching(const Repository& repository) const;
  // SHA-256 over the SHA-256 of every file's bytes, sorted: neither order nor names count, every byte does. Keys that
  // stand in other files are not in it: see PolicyDemand::trust_hash.
  [[nodiscard]] const Digest& hash() const;
  // "policy.yaml:7:5"
  [[nodiscard]] std::string where(const PolicyPlace& place) const;

  struct Parts;

 private:
  explicit Policy(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
  std::shared_ptr<const Parts> parts_;
};

// Opens a key; called for references and PEM, never for ids. Kind of errors: key.
using PolicyKeyOpener = std::function<Result<PublicKey>(const Policy& policy, const PolicyKey& key)>;

// What one image is held against: its rule, and the keys behind the anchors that the rule names.
class PolicyDemand {
 public:
  // No rule (nullptr) is a demand nobody can meet. Keys are opened only where the rule looks at signatures. Errors:
  // those of the opener, with the place in the policy; config where a nested requirement shares keys among too many
  // anchors.
  [[nodiscard]] static Result<PolicyDemand> of(const Policy& policy, const PolicyRule* rule,
                                               const PolicyKeyOpener& open);

  [[nodiscard]] const Policy& policy() const { return policy_; }
  [[nodiscard]] const PolicyRule* rule() const { return rule_; }
  // Of the anchor with this index, none if the rule does not name it.
  [[nodiscard]] const std::vector<PublicKey>& keys_of(std::size_t anchor) const { return keys_of_[anchor]; }
  // Every key of the rule once: what a signature is tried with.
  [[nodiscard]] const std::vector<PublicKey>& keys() const { return keys_; }
  [[nodiscard]] const std::set<std::string>& revoked_keys() const { return revoked_keys_; }  // ids
  // SHA-256 over the ids of the rule's keys by anchor, and the revoked ones: with Policy::hash and the repository, all
  // that a decision rests on beside the image, its signatures and the time.
  [[nodiscard]] const Digest& trust_hash() const { return trust_hash_; }

 private:
  explicit PolicyDemand(Policy policy, const PolicyRule* rule, Digest trust_hash)
      : policy_(std::move(policy)), rule_(rule), trust_hash_(std::move(trust_hash)) {}
  [[nodiscard]] Result<void> open_anchors(const PolicyRequirement& requirement, const PolicyKeyOpener& open);
  [[nodiscard]] Result<void> open_revoked(const PolicyKeyOpener& open);
  void note_trust();

  Policy policy_;
  const PolicyRule* rule_;
  std::vector<std::vector<PublicKey>> keys_of_;
  std::vector<PublicKey> keys_;
  std::set<std::string> revoked_keys_;
  Digest trust_hash_;
};

// What a sound signature or attestation contributes: only what was verified with one of the demand's keys, and only
// what is about this very image.
struct PolicyProof {
  std::string key;                     // id
  std::string predicate_type = {};     // of an attestation; empty: a signature
  std::optional<Time> signed_at = {};  // trusted; nothing: now
};

// A node of the explanation: the requirement, what met it, what is missing. `met` is exactly "at least `needed` of `of`
// are met", or for a leaf that a proof was counted for it.
struct PolicyNode {
  std::string text;  // "2 of", "all of", "release", "attestation slsaprovenance1 by"
  bool met = false;
  std::size_t needed = 0;                 // 0: a leaf
  std::string detail = {};                // of a leaf: "key 9c1e…", "no signature", "outside its time: until …"
  std::optional<std::size_t> proof = {};  // of a leaf: index into the proofs
  std::vector<PolicyNode> of = {};
};

enum class PolicyStanding : std::uint8_t { counts, revoked, expired, not_asked_for };

struct PolicyAnswer {
  bool met = false;
  // verified, accepted, revoked, expired, denied; nothing where no proof came near: then what is wrong with the
  // evidence itself says it (untrusted, invalid, unsigned).
  std::optional<Outcome> outcome = {};
  std::string reason = {};  // one line; empty when met
  std::string hint = {};
  PolicyNode tree = {};
  std::vector<PolicyStanding> standing = {};  // of each proof
};

// What the policy says of a digest whatever is attached to it: a revoked digest, no rule, an accept rule that covers
// it, a reject rule. Nothing: signatures decide. `digest` is nothing where it is not known yet (a tag): then only what
// holds for every digest is said.
[[nodiscard]] std::optional<PolicyAnswer> answer_without_lookup(const PolicyDemand& demand,
                                                                const std::optional<Digest>& digest, Time now);

// The pure evaluation: one demand, the proofs, one instant. The order of proofs does not matter.
[[nodiscard]] PolicyAnswer weigh(const PolicyDemand& demand, const std::vector<PolicyProof>& proofs, Time now);

}  // namespace hallmark
