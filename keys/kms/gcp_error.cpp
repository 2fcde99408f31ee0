#include "keys/kms/gcp_error.h"

#include "base/encoding.h"

namespace hallmark::keys {
namespace {

std::string text_of(const base::Json& from, std::string_view key) {
  const base::Json* member = from.find(key);
  const std::string* text = member == nullptr ? nullptr : member->as_string();
  return text == nullptr ? std::string() : *text;
}

bool holds(std::string_view text, std::string_view words) { return text.find(words) != std::string_view::npos; }

void read_detail(const base::Json& detail, GcpStatus& status) {
  const std::string type = text_of(detail, "@type");
  if (type.ends_with("google.rpc.ErrorInfo")) {
    status.reason = text_of(detail, "reason");
    if (const base::Json* metadata = detail.find("metadata")) status.permission = text_of(*metadata, "permission");
  } else if (type.ends_with("google.rpc.PreconditionFailure")) {
    const base::Json* violations = detail.find("violations");
    const auto* list = violations == nullptr ? nullptr : violations->as_array();
    if (list != nullptr && !list->empty()) status.violation = text_of(list->front(), "type");
  }
}

// The state that a refusal names: in its details, or else in its words, "… is not enabled, current state is:
// DESTROYED."
std::string state_of(const GcpStatus& status) {
  if (status.violation.starts_with("KEY_")) return status.violation.substr(4);
  static constexpr std::string_view kWords = "current state is: ";
  const std::size_t at = status.message.find(kWords);
  if (at == std::string::npos) return {};
  const std::string_view rest = std::string_view(status.message).substr(at + kWords.size());
  return std::string(rest.substr(0, rest.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_")));
}

Error not_in_state(const GcpStatus& status, const GcpAction& action) {
  const std::string state = state_of(status);
  if (state.starts_with("DESTROY"))
    return gcp_error(action.resource + (state == "DESTROYED" ? " is destroyed" : " is scheduled for destruction"),
                     Cause::pending_deletion)
        .with_hint(state == "DESTROYED" ? "its key is gone for good: sign with another version"
                                        : "\"gcloud kms keys versions restore\" takes it back, disabled");
  if (state == "DISABLED")
    return gcp_error(action.resource + " is disabled", Cause::disabled)
        .with_hint("\"gcloud kms keys versions enable\" switches it on");
  if (!state.empty())
    return gcp_error(action.resource + " is not yet usable (" + base::printable(state, 40) + ")", Cause::disabled);
  return gcp_error(action.resource + " cannot be used as it is" + said(status.message), Cause::disabled);
}

Error not_enabled(const GcpStatus& status, const GcpAction& action) {
  return service_error(action.service,
                       "the API is not enabled in the project that pays for the request" + said(status.message),
                       Cause::access_denied)
      .with_hint(
          "\"gcloud services enable cloudkms.googleapis.com\" in that project; iamcredentials.googleapis.com "
          "for impersonation, sts.googleapis.com for workload identity federation");
}

std::string by(const GcpAction& action) {
  return action.caller.empty() ? std::string() : " to " + base::printable(action.caller, 120);
}

Error denied(const GcpStatus& status, const GcpAction& action) {
  if (status.reason == "SERVICE_DISABLED" || holds(status.message, "has not been used in "))
    return not_enabled(status, action);
  if (status.reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
    return service_error(action.service, "the token's scopes do not reach it" + by(action), Cause::access_denied)
        .with_hint(
            "give the machine the scope https://www.googleapis.com/auth/cloud-platform, or "
            "https://www.googleapis.com/auth/cloudkms; roles then decide");
  if (status.reason == "USER_PROJECT_DENIED")
    return service_error(action.service,
                         "access denied" + by(action) + ": serviceusage.services.use on the quota project",
                         Cause::access_denied)
        .with_hint(
            "grant roles/serviceusage.serviceUsageConsumer there, or take quota_project_id out of the "
            "credentials and GOOGLE_CLOUD_QUOTA_PROJECT out of the environment");
  const std::string permission = status.permission.empty() ? action.permission : base::printable(status.permission, 80);
  return service_error(
             action.service,
             "access denied" + by(action) + ": " + permission + " on " + action.resource + said(status.message),
             Cause::access_denied)
      .with_hint("grant " + action.role + " on it; Google answers the same where it does not exist");
}

Error unauthenticated(const Reply& reply, const GcpStatus& status, const GcpAction& action, const Clock& clock) {
  if (const auto skew = clock_skew(reply.headers, clock)) return skew_error(action.service, *skew);
  const bool expired = status.reason == "ACCESS_TOKEN_EXPIRED" || holds(status.message, "expired");
  return service_error(action.service,
                       std::string(expired ? "the access token has expired" : "the access token is refused") +
                           said(status.message),
                       expired ? Cause::expired_credentials : Cause::refused_credentials)
      .with_hint("log in again, or see that the credentials file is the current one");
}

// "The request concerns location 'x' but was sent to location 'global'", "Location x could not be found".
bool is_about_location(std::string_view message) {
  return holds(message, "concerns location") || holds(message, "Location ") || holds(message, "location is not ");
}

Error not_found(const GcpStatus& status, const GcpAction& action) {
  if (is_about_location(status.message))
    return gcp_error("the location in " + action.resource + " is none that serves this key" + said(status.message),
                     Cause::wrong_region)
        .with_hint("\"gcloud kms locations list\" shows the locations; that of a key never changes");
  return service_error(action.service, action.resource + " does not exist" + said(status.message), Cause::not_found);
}

bool is_skewed_jwt(std::string_view description) {
  return holds(description, "short-lived token") || holds(description, "iat and exp");
}

bool is_expired(std::string_view description) {
  return holds(description, "expired") || holds(description, "stale") || holds(description, "revoked") ||
         holds(description, "reauth");
}

}  // namespace

Error gcp_error(std::string_view problem, Cause cause) { return service_error(kGcpService, problem, cause); }

std::string said(std::string_view text) {
  return text.empty() ? std::string() : " (\"" + base::printable(text, 300) + "\")";
}

GcpStatus GcpStatus::parse(const base::Json& answer) {
  GcpStatus status;
  const base::Json* error = answer.find("error");
  if (error == nullptr || !error->is_object()) return status;
  status.status = text_of(*error, "status");
  status.message = text_of(*error, "message");
  const base::Json* details = error->find("details");
  if (const auto* list = details == nullptr ? nullptr : details->as_array())
    for (const base::Json& detail : *list) read_detail(detail, status);
  return status;
}

Error refused_by_google(const Reply& reply, const GcpAction& action, const Clock& clock) {
  const GcpStatus status = GcpStatus::parse(reply.json);
  const std::string_view name = status.status;
  if (reply.status == 401 || name == "UNAUTHENTICATED") return unauthenticated(reply, status, action, clock);
  if (reply.status == 403 || name == "PERMISSION_DENIED") return denied(status, action);
  if (reply.status == 404 || name == "NOT_FOUND") return not_found(status, action);
  if (name == "FAILED_PRECONDITION")
    return holds(status.message, "has not been used in ") ? not_enabled(status, action) : not_in_state(status, action);
  if (name == "ALREADY_EXISTS")
    return service_error(action.service, "a key of this name exists already in " + action.resource, Cause::exists)
        .with_hint("choose another name: a key's name can never be used again, not even after its destruction");
  if (name == "RESOURCE_EXHAUSTED")
    return service_error(action.service, "too many requests" + said(status.message), Cause::throttled);
  if (name == "UNIMPLEMENTED")
    return service_error(action.service, "it cannot do that" + said(status.message), Cause::unsupported);
  if (name == "INVALID_ARGUMENT" || reply.status == 400) {
    if (is_about_location(status.message)) return not_found(status, action);
    return service_error(action.service,
                         action.permission + " on " + action.resource + " is refused" + said(status.message),
                         Cause::wrong_key);
  }
  if (reply.status >= 500)
    return service_error(action.service, "it fails with status " + std::to_string(reply.status) + said(status.message),
                         Cause::unreachable);
  return service_error(action.service, "it answers with status " + std::to_string(reply.status) + said(status.message),
                       Cause::malformed_answer);
}

Error refused_by_oauth(const Reply& reply, std::string_view service, std::string_view what, const Clock& clock) {
  const std::string code = text_of(reply.json, "error");
  const std::string description = text_of(reply.json, "error_description");
  const std::string words = said(description.empty() ? code : code + ": " + description);
  if (reply.status >= 500 || code == "internal_failure" || code == "temporarily_unavailable")
    return service_error(service, "it fails with status " + std::to_string(reply.status) + words, Cause::unreachable);
  const bool skewed = is_skewed_jwt(description);
  if (code == "invalid_grant")
    if (const auto skew = clock_skew(reply.headers, clock)) return skew_error(service, *skew);
  if (skewed)
    return service_error(service, "this machine's clock and the service's differ" + words, Cause::clock_skew)
        .with_hint("set the clock, as with \"timedatectl set-ntp true\", and try again");
  if (code.empty())
    return service_error(
        service, "it answers with status " + std::to_string(reply.status) + words,
        reply.status == 401 || reply.status == 403 ? Cause::refused_credentials : Cause::malformed_answer);
  if (code == "invalid_grant" && (is_expired(description) || !text_of(reply.json, "error_subtype").empty()))
    return service_error(service, std::string(what) + " has expired or was revoked" + words, Cause::expired_credentials)
        .with_hint("log in again, as with \"gcloud auth application-default login\", or fetch a new token");
  return service_error(service, std::string(what) + " is refused" + words, Cause::refused_credentials);
}

}  // namespace hallmark::keys
