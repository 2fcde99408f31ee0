// The credential_source of an external account: where the token of another identity provider lies, and how to get it.
#pragma once

#include "base/json.h"
#include "keys/kms/gcp_credentials_file.h"
#include "keys/provider/services.h"

namespace hallmark::keys {

// Kind of errors: malformed, or with cause unsupported for X.509 certificates and versions of AWS's.
[[nodiscard]] Result<GcpSubjectSource> read_subject_source(const base::JsonReader& source);
// A member that is a secret: it must be a string that is not empty, and no error shows any of it.
[[nodiscard]] Result<Secret> secret_field(const base::JsonReader& from, std::string_view key);

struct GcpSubject {
  Secret token;
  std::vector<std::string> secrets;  // in the token, for Question::secrets
};

// The token itself. A URL is https, or of a metadata service near by, which is never asked through a proxy. A program
// is run only where GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES is 1. Kind of errors: key.
[[nodiscard]] Result<GcpSubject> subject_token(const GcpExternalAccount& account, const GcpImpersonation& impersonation,
                                               const Services& services, net::Deadline deadline);

// What a file or a URL holds, to the token in it. Kind of errors: malformed.
[[nodiscard]] Result<Secret> token_in(BytesView held, const std::string& field);
// What an executable prints (google.aip.dev/auth/4117): {"version": 1, "success": true, "token_type": …, "id_token": …
// or "saml_response": …, "expiration_time": …}. Kind of errors: malformed; a failure is one, too, with its code, and
// cause expired_credentials where the token has expired.
[[nodiscard]] Result<Secret> token_of_executable(BytesView printed, bool with_expiration, Time now);

}  // namespace hallmark::keys
