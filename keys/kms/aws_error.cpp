#include "keys/kms/aws_error.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/encoding.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::aws {
namespace {

struct Known {
  std::string_view code;
  Cause cause;
  std::string_view problem;  // "{action}" and "{object}" are put in
  std::string_view hint = {};
};

constexpr std::string_view kStale = "renew the credentials, or log in again";
constexpr std::string_view kWrong =
    "the access key is of another partition, was deleted, or its secret is another one's; \"aws sts "
    "get-caller-identity\" tells";
constexpr std::string_view kLater = "try again later, or ask AWS for a higher request quota";

// docs.aws.amazon.com: KMS API Reference, "Common Errors" and each action's own; STS the same.
constexpr std::array kKnown = std::to_array<Known>({
    {"ExpiredTokenException", Cause::expired_credentials, "the credentials have ended", kStale},
    {"ExpiredToken", Cause::expired_credentials, "the credentials have ended", kStale},
    {"UnrecognizedClientException", Cause::refused_credentials, "the credentials are not known", kWrong},
    {"InvalidClientTokenId", Cause::refused_credentials, "the credentials are not known", kWrong},
    {"InvalidSignatureException", Cause::refused_credentials, "the signature of the request is wrong", kWrong},
    {"SignatureDoesNotMatch", Cause::refused_credentials, "the signature of the request is wrong", kWrong},
    {"IncompleteSignature", Cause::refused_credentials, "the request is not signed as it wants", kWrong},
    {"IncompleteSignatureException", Cause::refused_credentials, "the request is not signed as it wants", kWrong},
    {"MissingAuthenticationToken", Cause::refused_credentials, "the request came without credentials", kWrong},
    {"MissingAuthenticationTokenException", Cause::refused_credentials, "the request came without credentials", kWrong},
    {"RequestExpired", Cause::clock_skew, "the request is too old for it", "set this machine's clock"},
    {"InvalidIdentityToken", Cause::refused_credentials, "the web identity token is not accepted",
     "its issuer must be an identity provider in IAM, with the token's audience"},
    {"InvalidIdentityTokenException", Cause::refused_credentials, "the web identity token is not accepted",
     "its issuer must be an identity provider in IAM, with the token's audience"},
    {"IDPRejectedClaim", Cause::refused_credentials, "the identity provider refuses the web identity token"},
    {"IDPCommunicationError", Cause::unreachable, "it cannot reach the identity provider of the web identity token"},
    {"RegionDisabledException", Cause::wrong_region, "STS is not switched on in this region for the account",
     "set AWS_REGION to another, or switch this one on in the account's settings"},
    {"OptInRequired", Cause::wrong_region, "the account has not switched this region on",
     "set AWS_REGION to another, or switch this one on in the account's settings"},
    {"AccessDeniedException", Cause::access_denied, "these credentials may not {action} with {object}",
     "the smallest policy is in docs/kms/aws.md; the key's own policy has to let IAM decide, or name the identity"},
    {"AccessDenied", Cause::access_denied, "these credentials may not {action} on {object}",
     "look at the role's trust policy and at the policies of who assumes it"},
    {"NotFoundException", Cause::not_found, "there is no {object}",
     "keys and aliases live in one region: set AWS_REGION, or name the key by its ARN"},
    {"InvalidArnException", Cause::not_found, "there is no {object}", "look at the ARN's spelling"},
    {"DisabledException", Cause::disabled, "{object} is disabled", "\"aws kms enable-key\" switches it on"},
    {"KMSInvalidStateException", Cause::disabled, "{object} is in a state in which it cannot be used",
     "\"aws kms describe-key\" shows its KeyState"},
    {"InvalidKeyUsageException", Cause::wrong_key, "{object} is not for signing, or not with this algorithm",
     "its KeyUsage must be SIGN_VERIFY"},
    {"UnsupportedOperationException", Cause::wrong_key, "{object} cannot do that",
     "it must be an asymmetric key for signing"},
    {"AlreadyExistsException", Cause::exists, "{object} exists already", "choose another name"},
    {"InvalidAliasNameException", Cause::unsupported, "{object} is no name that an alias may have"},
    {"LimitExceededException", Cause::throttled, "a quota of the account is used up", kLater},
    {"ThrottlingException", Cause::throttled, "too many requests", kLater},
    {"Throttling", Cause::throttled, "too many requests", kLater},
    {"TooManyRequestsException", Cause::throttled, "too many requests", kLater},
    {"RequestLimitExceeded", Cause::throttled, "too many requests", kLater},
    {"KeyUnavailableException", Cause::unreachable, "{object} is not available just now"},
    {"KMSInternalException", Cause::unreachable, "it fails in itself"},
    {"InternalFailure", Cause::unreachable, "it fails in itself"},
    {"InternalError", Cause::unreachable, "it fails in itself"},
    {"ServiceUnavailable", Cause::unreachable, "it is not available just now"},
    {"ServiceUnavailableException", Cause::unreachable, "it is not available just now"},
    {"DependencyTimeoutException", Cause::unreachable, "it ran out of time in itself"},
    {"CloudHsmClusterNotActiveException", Cause::unreachable, "the CloudHSM cluster of {object} is not active"},
    {"CustomKeyStoreInvalidStateException", Cause::unreachable, "the key store of {object} is not connected"},
});

const Known* find(std::string_view code) {
  const auto found = std::ranges::find(kKnown, code, &Known::code);
  return found == kKnown.end() ? nullptr : &*found;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string filled(std::string_view form, const Attempt& attempt) {
  std::string out(form);
  for (const auto& [mark, text] : {std::pair("{action}", attempt.action), std::pair("{object}", attempt.object)}) {
    if (const auto at = out.find(mark); at != std::string::npos) out.replace(at, std::string_view(mark).size(), text);
  }
  return out;
}

// Its own words behind ours: they name the caller, and what is missing.
std::string quoted(const std::string& message) {
  return message.empty() ? std::string() : " (\"" + base::printable(message, 400) + "\")";
}

Error known_error(const Known& known, const ErrorAnswer& answer, const Attempt& attempt) {
  Cause cause = known.cause;
  std::string problem = filled(known.problem, attempt);
  std::string hint(known.hint);
  if (known.code == "KMSInvalidStateException" && has(answer.message, "pending") && has(answer.message, "deletion")) {
    cause = Cause::pending_deletion;
    problem = attempt.object + " is to be deleted";
    hint = "\"aws kms cancel-key-deletion\" keeps it, as long as its waiting period lasts";
  } else if (cause == Cause::not_found && has(answer.message, "Invalid arn") && !attempt.region.empty()) {
    cause = Cause::wrong_region;
    problem = attempt.object + " is not a key of the region that was asked, " + attempt.region;
  } else if (cause == Cause::refused_credentials &&
             (has(answer.message, "Signature expired") || has(answer.message, "Signature not yet current"))) {
    cause = Cause::clock_skew;
    problem = "the request is too old or too new for it";
    hint = "set this machine's clock";
  }
  return service_error(attempt.service, problem + quoted(answer.message), cause).with_hint(hint);
}

// Not in the words of the service: a gateway's or a proxy's answer, or one that is not documented.
Error unknown_error(const ErrorAnswer& answer, const Attempt& attempt) {
  const std::string said = answer.code.empty() ? "without saying why" : base::printable(answer.code, 80);
  Cause cause = Cause::malformed_answer;
  if (answer.status >= 500) cause = Cause::unreachable;
  if (answer.status == 429) cause = Cause::throttled;
  if (answer.status == 401 || answer.status == 403) cause = Cause::access_denied;
  return service_error(
      attempt.service,
      attempt.action + " is answered with " + std::to_string(answer.status) + ", " + said + quoted(answer.message),
      cause);
}

}  // namespace

bool is_temporary(const ErrorAnswer& answer) {
  const Known* known = find(answer.code);
  if (answer.code == "LimitExceededException") return false;  // a quota does not grow by waiting
  return known != nullptr && (known->cause == Cause::throttled || known->cause == Cause::unreachable);
}

Error explain(const ErrorAnswer& answer, const Attempt& attempt, std::optional<std::chrono::seconds> skew) {
  const Known* known = find(answer.code);
  if (known == nullptr) return unknown_error(answer, attempt);
  const bool login = known->cause == Cause::refused_credentials || known->cause == Cause::clock_skew ||
                     known->cause == Cause::expired_credentials;
  if (login && skew) return skew_error(attempt.service, *skew);
  return known_error(*known, answer, attempt);
}

}  // namespace hallmark::keys::aws
