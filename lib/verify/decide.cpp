#include "verify/decide.h"

#include <algorithm>

#include "base/try.h"
#include "hallmark/reference.h"
#include "oci/manifest.h"
#include "policy/precedence.h"

namespace hallmark::verification {
namespace {

std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

const Error& first_of(const std::vector<Error>& failures) {
  return *std::ranges::min_element(failures, {}, [](const Error& error) { return policy::precedence(error.kind()); });
}

// A lookup that failed could have admitted: not a "no", whatever the rest says.
Error undecided(const std::vector<Error>& failures) {
  const Error& first = first_of(failures);
  std::string message = first.message();
  if (failures.size() > 1) message += " (and " + counted(failures.size() - 1, "other failed lookup") + ")";
  Error error(first.kind(), std::move(message));
  return first.hint().empty() ? error : error.with_hint(first.hint());
}

const Finding& deciding(const std::vector<Finding>& findings) {
  return *std::ranges::min_element(findings, {},
                                   [](const Finding& finding) { return policy::precedence(finding.outcome); });
}

std::string seen(const std::vector<Finding>& findings) {
  const auto attestations =
      static_cast<std::size_t>(std::ranges::count(findings, Outcome::unsigned_, &Finding::outcome));
  const std::size_t signatures = findings.size() - attestations;
  std::string text = counted(signatures, "signature");
  if (attestations > 0) text += " and " + counted(attestations, "attestation");
  return text;
}

// What cosign's `.att` tag holds. Nothing rests on it: where it cannot be read, the verdict is the same.
std::size_t legacy_attestations(ContentStore& store, const Digest& subject) {
  const std::string tag = subject.tag() + ".att";
  if (!is_tag(tag)) return 0;
  const auto content = store.manifest(tag);
  const auto manifest = content ? oci::Manifest::parse(*content) : fail(content.error());
  return manifest ? manifest->layers.size() : 0;
}

void explain_unsigned(Verdict& verdict, std::size_t attestations) {
  verdict.reason = "nothing signed this digest";
  if (attestations > 0) {
    verdict.reason =
        "no signature: " + counted(attestations, "attestation") + " attached, and an attestation is not a signature";
  }
  verdict.hint = "sign it with \"hallmark sign --key KEY " + verdict.reference + "\"";
}

// What another format holds was not looked at, so nothing may be said of it.
void explain_format(Verdict& verdict, Format format) {
  verdict.reason += "; only the format " + std::string(name(format)) + " was looked for";
  verdict.hint = "leave out --format to look for all of them";
}

void explain_refusal(Verdict& verdict) {
  const Finding& finding = deciding(verdict.findings);
  // All that is sound are attestations that a policy asks for: nothing is signed.
  verdict.outcome = finding.outcome == Outcome::verified ? Outcome::unsigned_ : finding.outcome;
  if (verdict.outcome == Outcome::unsigned_) return explain_unsigned(verdict, verdict.findings.size());
  const std::string which = finding.source + ": " + finding.reason;
  const std::string among = verdict.findings.size() > 1 ? " among " + seen(verdict.findings) : std::string();
  if (verdict.outcome == Outcome::untrusted) {
    verdict.reason = "no signature by a trusted key" + among + ": " + which;
  } else if (verdict.outcome == Outcome::denied) {
    verdict.reason = "signed by a trusted key, but not as demanded: " + which;
  } else {
    verdict.reason = "no sound signature" + among + ": " + which;
  }
  verdict.hint = "\"hallmark inspect " + verdict.reference + "\" shows what is attached";
}

}  // namespace

Result<Verdict> decide(const Searched& searched, const Digest& digest, Evidence evidence) {
  Verdict verdict{searched.image.name() + "@" + digest.text(), digest, Outcome::unsigned_, false, {}, {}, {}, {}, {}};
  verdict.findings = std::move(evidence.findings);
  if (evidence.satisfied) {
    verdict.outcome = Outcome::verified;
    verdict.admitted = true;
    return verdict;
  }
  if (!evidence.failures.empty()) return fail(undecided(evidence.failures).within(verdict.reference));
  if (verdict.findings.empty()) {
    HM_TRY(const bool there, searched.image.has_manifest(digest));
    if (!there) return fail(Outcome::not_found, verdict.reference + ": no such image");
    explain_unsigned(verdict, legacy_attestations(searched.signatures, digest));
    if (searched.format) explain_format(verdict, *searched.format);
    return verdict;
  }
  explain_refusal(verdict);
  return verdict;
}

Result<Verdict> decide_all(Verdict parent, std::vector<Result<Verdict>> children) {
  const Error* failure = nullptr;
  for (const auto& child : children) {
    if (child) continue;
    if (failure == nullptr || policy::outranks(child.error().kind(), failure->kind())) failure = &child.error();
  }
  if (failure != nullptr) return fail(*failure);
  for (auto& child : children) {
    if (policy::outranks(child->outcome, parent.outcome)) {
      parent.outcome = child->outcome;
      parent.reason =
          child->digest.text() + (child->platform ? " (" + child->platform->text() + ")" : "") + ": " + child->reason;
      parent.hint = child->hint;
    }
    parent.admitted = parent.admitted && child->admitted;
    parent.enforced = parent.enforced && child->enforced;
    parent.children.push_back(*std::move(child));
  }
  return parent;
}

}  // namespace hallmark::verification
