// AWS as the other identity provider of an external account: a signed GetCallerIdentity is the token, which Google
// sends to AWS to learn who signed it (google.aip.dev/auth/4117).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "keys/kms/gcp_aws_signature.h"
#include "keys/kms/gcp_credentials_file.h"
#include "keys/kms/gcp_subject_source.h"
#include "keys/provider/services.h"

namespace hallmark::keys {

// "environment_id": "aws1". URLs of the metadata service stay near; what Google is to ask is GetCallerIdentity of AWS
// STS and nothing else. Kind of errors: malformed, or with cause unsupported for another version.
[[nodiscard]] Result<GcpAwsSource> read_aws_source(const base::JsonReader& source);

// The access key of AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or else of the machine's role; the
// region of AWS_REGION or AWS_DEFAULT_REGION, or else that of the machine. Kind of errors: key.
[[nodiscard]] Result<GcpSubject> aws_subject(const GcpExternalAccount& account, const Services& services,
                                             net::Deadline deadline);

// What the metadata service says of a role: {"Code": "Success", "AccessKeyId", "SecretAccessKey", "Token",
// "Expiration"}. Kind of errors: malformed, with cause refused_credentials for another code, and expired_credentials.
[[nodiscard]] Result<GcpAwsKey> read_aws_key(const base::Json& answer, Time now);
// Nothing: the three texts are no access key.
[[nodiscard]] std::optional<GcpAwsKey> aws_key_of(std::string_view id, std::string_view secret,
                                                  std::string_view session_token);
// "eu-north-1a" → "eu-north-1".
[[nodiscard]] std::optional<std::string> region_of_zone(std::string_view zone);
[[nodiscard]] bool is_aws_region(std::string_view text);
// No blanks, control or other bytes: what may become a header field and part of a signature.
[[nodiscard]] bool is_visible(std::string_view text);
// The URL with the region in the place of "{region}".
[[nodiscard]] std::string in_aws_region(std::string_view url, std::string_view region);
// The host of https://sts[.REGION].amazonaws.com[.cn]/?Action=GetCallerIdentity&Version=2011-06-15; nothing for others.
[[nodiscard]] std::optional<std::string> sts_host(std::string_view url);
inline constexpr std::string_view kCallerIdentity = "Action=GetCallerIdentity&Version=2011-06-15";

}  // namespace hallmark::keys
