// Challenge: what a 401 says it wants.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/result.h"

namespace hallmark::registry {

// Source: RFC 9110 section 11.6.1. Names of schemes and parameters are lower case here.
struct Challenge {
  std::string scheme;
  std::map<std::string, std::string> parameters;
  std::string token68;

  [[nodiscard]] std::string parameter(std::string_view name) const;  // empty when absent
};

// One WWW-Authenticate field, which may hold several challenges. Kind of errors: malformed (a parameter given twice, an
// unterminated string, more than 16 challenges or 32 parameters).
[[nodiscard]] Result<std::vector<Challenge>> parse_challenges(std::string_view field);

}  // namespace hallmark::registry
