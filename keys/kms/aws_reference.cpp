#include "keys/kms/aws_reference.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/shown_reference.h"
#include "base/try.h"
#include "keys/kms/aws_endpoint.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::aws {
namespace {

constexpr std::string_view kScheme = "awskms://";
constexpr std::string_view kForms =
    "the forms are awskms:///alias/NAME, awskms:///KEY-ID, awskms:///ARN and awskms://ENDPOINT/… with each";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// docs.aws.amazon.com, CreateAlias: at most 256 letters, digits and "/_-".
bool is_alias(std::string_view text) {
  static constexpr std::string_view kPrefix = "alias/";
  return text.starts_with(kPrefix) && text.size() > kPrefix.size() && text.size() <= 256 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z') || c == '/' || c == '_' || c == '-';
         });
}

bool is_partition(std::string_view text) {
  return text.starts_with("aws") && text.size() <= 16 &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower(c) || c == '-'; });
}

std::unexpected<Error> refused(std::string_view text, std::string_view problem) {
  return fail(service_error("AWS KMS", base::shown_reference(text) + " " + std::string(problem), Cause::not_found)
                  .with_hint(std::string(kForms)));
}

// The part before the next colon, which is taken off with it.
std::string_view next_part(std::string_view& rest) {
  const auto colon = rest.find(':');
  const auto part = rest.substr(0, colon);
  rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
  return part;
}

}  // namespace

bool is_key_id(std::string_view text) {
  if (text.starts_with("mrk-")) text.remove_prefix(4);
  static constexpr std::array<std::size_t, 5> kGroups = {8, 4, 4, 4, 12};
  for (std::size_t group = 0; group < kGroups.size(); ++group) {
    if (group > 0 && text.starts_with('-')) text.remove_prefix(1);
    if (text.size() < kGroups[group] || !std::all_of(text.begin(), text.begin() + kGroups[group], is_hex)) return false;
    text.remove_prefix(kGroups[group]);
  }
  return text.empty();
}

bool is_region(std::string_view text) {
  return text.size() >= 3 && text.size() <= 40 && is_lower(text.front()) && text.find('-') != std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

std::optional<Arn> Arn::parse(std::string_view text) {
  std::string_view rest = text;
  if (next_part(rest) != "arn") return std::nullopt;
  Arn arn;
  arn.text = text;
  arn.partition = next_part(rest);
  if (!is_partition(arn.partition) || next_part(rest) != "kms") return std::nullopt;
  arn.region = next_part(rest);
  arn.account = next_part(rest);
  arn.resource = rest;
  const bool names_key = rest.starts_with("key/") && is_key_id(rest.substr(4));
  if (!is_region(arn.region) || arn.account.size() != 12 || !std::ranges::all_of(arn.account, is_digit) ||
      !(names_key || is_alias(rest)))
    return std::nullopt;
  return arn;
}

Result<Reference> Reference::parse(std::string_view text) {
  if (!text.starts_with(kScheme)) return refused(text, "does not begin with awskms://");
  if (text.size() > limits::key_reference_bytes) return refused(text, "is too long for a key reference");
  const std::string_view rest = text.substr(kScheme.size());
  if (rest.find('@') != std::string_view::npos)
    return refused(text, "has a user or password in it: none is taken there");
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos)
    return refused(text, "has no slash before the key: without an endpoint there are three, awskms:///alias/NAME");
  Reference out;
  out.text_ = text;
  out.endpoint_ = rest.substr(0, slash);
  out.key_ = rest.substr(slash + 1);
  out.arn_ = Arn::parse(out.key_);
  if (!out.endpoint_.empty() && !is_authority(out.endpoint_)) return refused(text, "names no HOST[:PORT] as endpoint");
  if (!out.arn_ && !is_key_id(out.key_) && !is_alias(out.key_))
    return refused(text, "names neither a key id, nor alias/NAME, nor the ARN of a key or alias");
  return out;
}

std::string Reference::alias() const {
  const std::string& name = arn_ ? arn_->resource : key_;
  return name.starts_with("alias/") ? name : std::string();
}

bool Reference::may_be(const Arn& answered) const {
  if (!answered.resource.starts_with("key/")) return false;
  if (arn_ &&
      (arn_->partition != answered.partition || arn_->region != answered.region || arn_->account != answered.account))
    return false;
  if (!alias().empty()) return true;
  const std::string asked = arn_ ? arn_->resource : "key/" + key_;
  return asked == answered.resource;
}

}  // namespace hallmark::keys::aws
