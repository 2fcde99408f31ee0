// What Google's services say when they refuse, as errors with a cause.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "hallmark/clock.h"
#include "keys/provider/rest.h"

namespace hallmark::keys {

inline constexpr std::string_view kGcpService = "Google Cloud KMS";

// "Google Cloud KMS: <problem>".
[[nodiscard]] Error gcp_error(std::string_view problem, Cause cause);

// google.rpc.Status as JSON (cloud.google.com/apis/design/errors): {"error": {"code", "message", "status", "details"}}.
struct GcpStatus {
  std::string status;      // "PERMISSION_DENIED"; empty: it was none
  std::string message;     // as sent: not yet fit to print
  std::string reason;      // of a google.rpc.ErrorInfo: "SERVICE_DISABLED"
  std::string permission;  // of the same, where it names one
  std::string violation;   // the first type of a google.rpc.PreconditionFailure: "KEY_DISABLED"

  // What is not as documented stays empty: an error is no reason for another one.
  [[nodiscard]] static GcpStatus parse(const base::Json& answer);
};

// What was being done when a service refused.
struct GcpAction {
  std::string_view service = kGcpService;
  std::string permission;   // that it takes: "cloudkms.cryptoKeyVersions.useToSign"
  std::string role;         // that has it: "roles/cloudkms.signer"
  std::string resource;     // on which
  std::string caller = {};  // who we are, where that is known
};

// Of an answer that is not ok.
[[nodiscard]] Error refused_by_google(const Reply& reply, const GcpAction& action, const Clock& clock);

// OAuth 2.0 (RFC 6749 section 5.2): {"error": "invalid_grant", "error_description": "…"}. `what` says what was
// presented: "the key of the service account ci@…".
[[nodiscard]] Error refused_by_oauth(const Reply& reply, std::string_view service, std::string_view what,
                                     const Clock& clock);

// What a server said, fit to print, in brackets and with a space before. Empty where it said nothing.
[[nodiscard]] std::string said(std::string_view text);

}  // namespace hallmark::keys
