#include "verify/checks.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/encoding.h"
#include "base/try.h"
#include "formats/simple_signing.h"
#include "formats/statement.h"
#include "hallmark/reference.h"

namespace hallmark::verification {
namespace {

using formats::Claim;
using formats::Signature;
using formats::VerifiedPayload;
using State = Check::State;

// In this order; what follows a failed one is skipped. "log" stands last: nothing rests on it yet.
constexpr std::array<std::string_view, 7> kOrder = {"format", "signature",   "type", "subject",
                                                    "name",   "annotations", "log"};

Check passed(std::string_view name, std::string detail) {
  return {std::string(name), State::passed, std::move(detail)};
}
Check failed(std::string_view name, std::string detail) {
  return {std::string(name), State::failed, std::move(detail)};
}
Check skipped(std::string_view name, std::string detail) {
  return {std::string(name), State::skipped, std::move(detail)};
}

// The key among ours that made it, and the payload that it vouches for.
struct Opened {
  const PublicKey* key;
  VerifiedPayload payload;
};

// A bundle's hint goes first; it cannot rule the others out, for nobody signed it.
std::optional<Opened> open_with_any(const Signature& signature, const std::vector<PublicKey>& keys) {
  const auto* named = key_named_by(signature, keys);
  if (named != nullptr) {
    if (auto payload = VerifiedPayload::open(signature, *named)) return Opened{named, *std::move(payload)};
  }
  for (const auto& key : keys) {
    if (&key == named) continue;
    if (auto payload = VerifiedPayload::open(signature, key)) return Opened{&key, *std::move(payload)};
  }
  return std::nullopt;
}

// "signature": whether one of the keys made it.
Check made_by_a_trusted_key(const Signature& signature, const std::optional<Opened>& opened,
                            const std::vector<PublicKey>& keys) {
  if (opened) return passed("signature", "made by key " + opened->key->id());
  if (const auto* named = key_named_by(signature, keys)) {
    return failed("signature", "it names key " + named->id() + ", which did not make it over these bytes: altered");
  }
  if (!signature.certificate.empty()) return failed("signature", "made with a certificate, by none of the keys given");
  if (!signature.key_hint.empty()) {
    return failed("signature", "made by another key, it names " + base::printable(signature.key_hint, 80));
  }
  return failed("signature", "made by another key, or altered");
}

Result<Claim> claim_of(const VerifiedPayload& payload, const Digest& subject) {
  if (payload.format() == Format::simple) return formats::claim_of_simple_signing(payload.bytes());
  if (payload.payload_type() != formats::kInTotoPayloadType) {
    return fail(Outcome::invalid, "the payload type is \"" + base::printable(payload.payload_type()) + "\", expected " +
                                      std::string(formats::kInTotoPayloadType));
  }
  return formats::claim_of_statement(payload.bytes(), subject);
}

// What an unverified bundle says it is: only to tell an attestation by others from a signature by others.
std::string predicate_said(const Signature& signature, const Digest& subject) {
  if (signature.format == Format::simple || signature.payload_type != formats::kInTotoPayloadType) return {};
  const auto claim = formats::claim_of_statement(signature.payload, subject);
  return claim ? claim->predicate_type : std::string();
}

std::string not_a_signature(std::string_view predicate_type) {
  return "an attestation (" + base::printable(predicate_type) + "), not a signature";
}

// "type": a signature of an image, and not any attestation by the same key.
Check is_a_signature(Format format, const Claim& claim) {
  if (format == Format::simple) return passed("type", "cosign container image signature");
  if (claim.predicate_type != kCosignSignPredicate) return failed("type", not_a_signature(claim.predicate_type));
  return passed("type", claim.predicate_type);
}

// Or an attestation, of a type that is asked for.
bool is_wanted(const Demands& demands, Format format, const Claim& claim) {
  return format != Format::simple &&
         std::ranges::find(demands.attestations, claim.predicate_type) != demands.attestations.end();
}

// "subject": the digest asked for, its algorithm included.
Check names_the_subject(const Claim& claim, const Digest& subject) {
  if (std::ranges::find(claim.subjects, subject) != claim.subjects.end()) return passed("subject", subject.text());
  if (claim.subjects.empty()) return failed("subject", "it signs no digest of a known algorithm");
  return failed("subject", "it signs " + claim.subjects.front().text() + ", not " + subject.text());
}

// cosign writes the repository, containers/image "repo:tag": what counts is the repository.
bool same_repository(std::string_view said, std::string_view wanted) {
  const auto theirs = Reference::parse(said);
  const auto ours = Reference::parse(wanted);
  return theirs && ours && theirs->repository() == ours->repository();
}

// "name": --check-name. A bundle's statement names no repository.
Check carries_the_name(Format format, const Claim& claim, const std::optional<std::string>& wanted) {
  if (!wanted) return skipped("name", "not asked for");
  if (format == Format::bundle) return failed("name", "a bundle carries no name, only simple signatures do");
  if (claim.docker_reference.empty()) return failed("name", "the signature carries no name");
  const std::string said = base::printable(claim.docker_reference);
  if (!same_repository(claim.docker_reference, *wanted)) {
    return failed("name", "it was made for " + said + ", not for " + base::printable(*wanted));
  }
  return passed("name", said);
}

// "annotations": each one demanded stands in the signed claim with this very value.
Check carries_annotations(const Claim& claim, const Annotations& wanted) {
  for (const auto& [key, value] : wanted) {
    const auto said = claim.annotations.find(key);
    if (said == claim.annotations.end())
      return failed("annotations", "annotation " + base::printable(key) + " is missing");
    if (said->second != value) {
      return failed("annotations", "annotation " + base::printable(key) + " is \"" + base::printable(said->second) +
                                       "\", not \"" + base::printable(value) + "\"");
    }
  }
  if (wanted.empty()) return skipped("annotations", "none demanded");
  return passed("annotations", std::to_string(wanted.size()) + " of " + std::to_string(wanted.size()) + " found");
}

// "log": shown, not counted: an entry proves nothing until its proof is verified.
Check log_entries_shown(const Signature& signature) {
  if (signature.log_entries.empty()) return skipped("log", "no entry");
  const auto& first = signature.log_entries.front();
  std::string detail = "present, not verified: entry " + std::to_string(first.log_index);
  if (!first.log_id.empty()) detail += " of log " + base::printable(first.log_id, 64);
  if (signature.log_entries.size() > 1) {
    detail += " and " + std::to_string(signature.log_entries.size() - 1) + " more";
  }
  return skipped("log", std::move(detail));
}

// Adds a check; false when it failed.
bool add(Finding& finding, Check check) {
  finding.checks.push_back(std::move(check));
  return finding.checks.back().state != State::failed;
}

// Closes a finding whose last check failed: the others are named as skipped.
Finding closed(Finding finding, Outcome outcome) {
  const Check last = finding.checks.back();
  finding.outcome = outcome;
  finding.reason = last.detail;
  const auto* at = std::ranges::find(kOrder, std::string_view(last.name));
  for (const auto* rest = at == kOrder.end() ? at : at + 1; rest != kOrder.end(); ++rest) {
    finding.checks.push_back(skipped(*rest, "not looked at, \"" + last.name + "\" failed"));
  }
  return finding;
}

// Not by our keys: altered where it names one of them; an attestation is no signature at all, whoever made it.
Finding closed_foreign(Finding finding, const Signature& signature, const Demands& demands) {
  if (key_named_by(signature, *demands.keys) != nullptr) return closed(std::move(finding), Outcome::invalid);
  const std::string predicate = predicate_said(signature, *demands.subject);
  if (predicate.empty() || predicate == kCosignSignPredicate) return closed(std::move(finding), Outcome::untrusted);
  finding.checks.back().state = State::skipped;
  add(finding, failed("type", not_a_signature(predicate)));
  return closed(std::move(finding), Outcome::unsigned_);
}

}  // namespace

const PublicKey* key_named_by(const Signature& signature, const std::vector<PublicKey>& keys) {
  if (signature.key_hint.empty()) return nullptr;
  const auto at = std::ranges::find_if(
      keys, [&](const PublicKey& key) { return signature.key_hint == key.hint() || signature.key_hint == key.id(); });
  return at == keys.end() ? nullptr : &*at;
}

Finding unfit(Format format, const std::string& source, Check flaw) {
  Finding finding{format, source, {}, Outcome::invalid, {}, {}, {}};
  if (flaw.name != "format") {
    finding.checks.push_back(passed("format", "the manifest of a signature"));
  }
  finding.checks.push_back(std::move(flaw));
  return closed(std::move(finding), Outcome::invalid);
}

Finding examine(const Signature& signature, const std::string& source, const Demands& demands) {
  Finding finding{signature.format, source, base::printable(signature.key_hint, 80), Outcome::verified, {}, {}, {}};
  add(finding, passed("format", std::string(name(signature.format))));
  const auto opened = open_with_any(signature, *demands.keys);
  if (!add(finding, made_by_a_trusted_key(signature, opened, *demands.keys))) {
    return closed_foreign(std::move(finding), signature, demands);
  }
  finding.key = opened->key->id();
  const auto claim = claim_of(opened->payload, *demands.subject);
  if (!claim) {
    add(finding, failed("type", claim.error().message()));
    return closed(std::move(finding), Outcome::invalid);
  }
  const bool attests = is_wanted(demands, signature.format, *claim);
  if (!add(finding, attests ? passed("type", base::printable(claim->predicate_type))
                            : is_a_signature(signature.format, *claim))) {
    return closed(std::move(finding), Outcome::unsigned_);
  }
  if (!add(finding, names_the_subject(*claim, *demands.subject))) return closed(std::move(finding), Outcome::invalid);
  // A sound signature that does not say what was demanded: whoever asks says no, not the evidence.
  static const std::optional<std::string> kNoName;
  static const Annotations kNoAnnotations;
  if (!add(finding, carries_the_name(signature.format, *claim, attests ? kNoName : *demands.name)) ||
      !add(finding, carries_annotations(*claim, attests ? kNoAnnotations : *demands.annotations))) {
    return closed(std::move(finding), Outcome::denied);
  }
  if (attests) finding.predicate_type = claim->predicate_type;
  add(finding, log_entries_shown(signature));
  finding.annotations = claim->annotations;
  return finding;
}

}  // namespace hallmark::verification
