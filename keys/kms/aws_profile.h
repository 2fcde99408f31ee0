// Profiles: what stands in ~/.aws/config and ~/.aws/credentials.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "hallmark/result.h"

namespace hallmark::keys::aws {

// Keys in lower case. What is indented below a key without a value is "KEY.SUBKEY": "kms.endpoint_url".
using Section = std::map<std::string, std::string, std::less<>>;

// They hold secrets: not kept longer than it takes to read one profile.
class Profiles {
 public:
  // Adds the text of a file in the form that AWS's tools share (docs.aws.amazon.com, "Shared config and credentials
  // files"): sections, KEY = VALUE, continuation lines, comments from "#" and ";". A later value counts; the
  // credentials file is read after config, where profiles are called "profile NAME". Kind of errors: key, cause
  // no_credentials; they name the line and never its text.
  [[nodiscard]] Result<void> add_config(std::string_view text, const std::filesystem::path& file);
  [[nodiscard]] Result<void> add_credentials(std::string_view text, const std::filesystem::path& file);

  // Null: there is none of this name.
  [[nodiscard]] const Section* profile(std::string_view name) const;
  [[nodiscard]] const Section* services(std::string_view name) const;

 private:
  std::map<std::string, Section, std::less<>> profiles_;
  std::map<std::string, Section, std::less<>> services_;
};

// "" where it is not there.
[[nodiscard]] std::string value_of(const Section& section, std::string_view key);

}  // namespace hallmark::keys::aws
