// Link: where the next page of a listing is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/result.h"

namespace hallmark::registry {

// Source: RFC 8288 section 3. The target is as written, relative to where the field was found.
struct Link {
  std::string target;
  std::vector<std::string> relations;  // lower case
};

// One Link field, which may hold several. Kind of errors: malformed.
[[nodiscard]] Result<std::vector<Link>> parse_links(std::string_view field);
// The target whose relation is "next", if any; more than one is malformed: which page would be the true one?
[[nodiscard]] Result<std::optional<std::string>> next_link(const std::vector<std::string>& fields);

}  // namespace hallmark::registry
