#include "keys/kms/gcp_aws_source.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/time.h"
#include "base/try.h"
#include "keys/provider/rest.h"

namespace hallmark::keys {
namespace {

using base::JsonReader;

constexpr std::string_view kRegionHere = "{region}";

// Optional: what is in the environment needs no metadata service.
Result<std::string> near_url(const JsonReader& source, std::string_view key) {
  HM_TRY(std::string url, source.string_or(key, ""));
  if (url.empty()) return url;
  if (!stays_near(url) || url.find_first_of("?#") != std::string::npos)
    return fail(source.error(std::string(key) + " is no metadata service near by: " + net::redacted(url)));
  while (url.ends_with('/')) url.pop_back();
  return url;
}

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

}  // namespace

Result<GcpAwsSource> read_aws_source(const JsonReader& source) {
  HM_TRY(const std::string environment, source.string("environment_id"));
  if (environment != "aws1")
    return fail(
        source.error("environment_id " + base::printable(environment, 40) + " is not supported: aws1 is the one known")
            .because(Cause::unsupported));
  GcpAwsSource out;
  HM_TRY(out.region_url, near_url(source, "region_url"));
  HM_TRY(out.role_url, near_url(source, "url"));
  HM_TRY(out.session_url, near_url(source, "imdsv2_session_token_url"));
  HM_TRY(out.verification_url,
         source.string_or("regional_cred_verification_url", "https://sts." + std::string(kRegionHere) +
                                                                ".amazonaws.com?" + std::string(kCallerIdentity)));
  if (!sts_host(in_aws_region(out.verification_url, "us-east-1")))
    return fail(source.error("regional_cred_verification_url is no GetCallerIdentity of AWS STS: " +
                             net::redacted(in_aws_region(out.verification_url, "us-east-1"))));
  return out;
}

std::optional<GcpAwsKey> aws_key_of(std::string_view id, std::string_view secret, std::string_view session_token) {
  if (id.empty() || secret.empty() || !is_visible(id) || !is_visible(secret) || !is_visible(session_token) ||
      id.find('/') != std::string_view::npos || id.find(',') != std::string_view::npos)
    return std::nullopt;
  return GcpAwsKey{std::string(id), Secret::copy_of(secret), Secret::copy_of(session_token)};
}

Result<GcpAwsKey> read_aws_key(const base::Json& json, Time now) {
  const JsonReader answer(json, "answer");
  HM_TRY(const std::string code, answer.string_or("Code", "Success"));
  if (code != "Success")
    return fail(Error(Outcome::malformed, "the role cannot be used: " + base::printable(code, 60))
                    .because(Cause::refused_credentials)
                    .with_hint("look at the trust policy of the machine's role: ec2.amazonaws.com must assume it"));
  HM_TRY(const std::string id, answer.string("AccessKeyId"));
  HM_TRY(const std::string secret, answer.string("SecretAccessKey"));
  HM_TRY(const std::string token, answer.string_or("Token", ""));
  HM_TRY(const std::string end, answer.string_or("Expiration", ""));
  auto key = aws_key_of(id, secret, token);
  if (!key) return fail(answer.error("its access key is none"));
  if (end.empty()) return *std::move(key);
  const auto until = base::parse_time(end);
  if (!until) return fail(answer.error("Expiration is no time"));
  if (*until <= now)
    return fail(Error(Outcome::malformed, "the role's access key has expired").because(Cause::expired_credentials));
  return *std::move(key);
}

std::optional<std::string> region_of_zone(std::string_view zone) {
  zone = zone.substr(0, zone.find_first_of("\r\n"));
  if (zone.empty() || !is_lower(zone.back())) return std::nullopt;
  zone.remove_suffix(1);
  if (!is_aws_region(zone)) return std::nullopt;
  return std::string(zone);
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_aws_region(std::string_view text) {
  return text.size() >= 3 && text.size() <= 40 && is_lower(text.front()) && text.back() != '-' &&
         text.find('-') != std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

std::string in_aws_region(std::string_view url, std::string_view region) {
  std::string text(url);
  if (const std::size_t at = text.find(kRegionHere); at != std::string::npos)
    text.replace(at, kRegionHere.size(), region);
  return text;
}

std::optional<std::string> sts_host(std::string_view url) {
  static constexpr std::string_view kScheme = "https://";
  static constexpr std::string_view kOtherOrder = "Version=2011-06-15&Action=GetCallerIdentity";
  const std::size_t question = url.find('?');
  if (!url.starts_with(kScheme) || question == std::string_view::npos) return std::nullopt;
  const std::string_view query = url.substr(question + 1);
  if (query != kCallerIdentity && query != kOtherOrder) return std::nullopt;
  std::string_view host = url.substr(kScheme.size(), question - kScheme.size());
  (void)take_suffix(host, "/");
  std::string_view name = host;
  if (!take_suffix(name, ".amazonaws.com") && !take_suffix(name, ".amazonaws.com.cn")) return std::nullopt;
  if (name != "sts" && !(name.starts_with("sts.") && is_aws_region(name.substr(4)))) return std::nullopt;
  return std::string(host);
}

}  // namespace hallmark::keys
