#include "keys/kms/gcp_token.h"

#include <algorithm>

#include "base/time.h"
#include "base/try.h"

namespace hallmark::keys {
namespace {

using base::JsonReader;

// RFC 6750 section 2.1: what may stand in an Authorization field. A token is never told in an error.
Result<Secret> bearer(const JsonReader& answer, std::string_view key) {
  HM_TRY(const std::string text, answer.string(key));
  const auto fits = [](char c) { return c > ' ' && c < '\x7f'; };
  if (text.empty() || !std::ranges::all_of(text, fits)) return fail(answer.error(std::string(key) + " is no token"));
  return Secret::copy_of(std::string_view(text));
}

constexpr std::uint64_t kLongest = 86'400;  // seconds; Google's end after 12 hours at most

}  // namespace

Result<GcpToken> parse_oauth_token(const base::Json& json, Time now) {
  const JsonReader answer(json, "answer");
  HM_TRY(Secret value, bearer(answer, "access_token"));
  HM_TRY(std::string type, answer.string_or("token_type", "Bearer"));
  std::ranges::transform(type, type.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (type != "bearer") return fail(answer.error("token_type is not Bearer"));
  HM_TRY(const std::uint64_t seconds, answer.size("expires_in"));
  if (seconds == 0) return fail(answer.error("expires_in is 0"));
  return GcpToken{std::move(value), now + std::chrono::seconds(std::min(seconds, kLongest))};
}

Result<GcpToken> parse_generated_token(const base::Json& json, Time now) {
  const JsonReader answer(json, "answer");
  HM_TRY(Secret value, bearer(answer, "accessToken"));
  HM_TRY(const std::string end, answer.string("expireTime"));
  const auto expires = base::parse_time(end);
  if (!expires) return fail(answer.error("expireTime is no time"));
  return GcpToken{std::move(value), std::min(*expires, now + std::chrono::seconds(kLongest))};
}

// Cloud KMS takes its own scope; the IAM credentials API and the token exchange are documented with the wide one.
std::string_view scope_of(const GcpCredentials& credentials) {
  const bool narrow =
      credentials.impersonation.url.empty() && std::holds_alternative<GcpServiceAccount>(credentials.login);
  return narrow ? "https://www.googleapis.com/auth/cloudkms" : "https://www.googleapis.com/auth/cloud-platform";
}

Result<GcpToken> log_in(const GcpCredentials& credentials, const Services& services, net::Deadline deadline) {
  HM_TRY(GcpToken token, std::visit([&](const auto& login) { return token_of(login, credentials, services, deadline); },
                                    credentials.login));
  if (credentials.impersonation.url.empty()) return token;
  return impersonated(credentials, token, services, deadline);
}

}  // namespace hallmark::keys
