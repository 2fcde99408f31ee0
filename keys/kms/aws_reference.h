// Reference: what awskms://… names, spelled as cosign spells it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hallmark/result.h"

namespace hallmark::keys::aws {

// "arn:PARTITION:kms:REGION:ACCOUNT:RESOURCE"
struct Arn {
  std::string text;
  std::string partition;  // "aws", "aws-cn", "aws-us-gov"
  std::string region;
  std::string account;   // 12 digits
  std::string resource;  // "key/1234abcd-…", "alias/release"

  // Nothing for what is no ARN of KMS.
  [[nodiscard]] static std::optional<Arn> parse(std::string_view text);
};

// "1234abcd-12ab-34cd-56ef-1234567890ab", its dashes left out or not; of a multi-Region key with "mrk-" before it.
[[nodiscard]] bool is_key_id(std::string_view text);

// "eu-north-1". Regions become parts of host names: nothing else may.
[[nodiscard]] bool is_region(std::string_view text);

// awskms://[ENDPOINT]/[KEY-ID | KEY-ARN | alias/NAME | ALIAS-ARN]; ENDPOINT is HOST[:PORT] and spoken to by HTTPS.
class Reference {
 public:
  // Kind of errors: key.
  [[nodiscard]] static Result<Reference> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }  // empty: that of the region
  [[nodiscard]] const std::string& key() const { return key_; }            // what requests call KeyId
  [[nodiscard]] const std::optional<Arn>& arn() const { return arn_; }
  [[nodiscard]] std::string alias() const;  // "alias/release", of an ARN too; empty: the reference is none
  // Whether an answer may be about this key ARN: the same key, or whichever the alias leads to in that account.
  [[nodiscard]] bool may_be(const Arn& answered) const;

 private:
  Reference() = default;
  std::string text_;
  std::string endpoint_;
  std::string key_;
  std::optional<Arn> arn_;
};

}  // namespace hallmark::keys::aws
