// Text as HTTP spells it: ASCII case, white space, tokens, queries.
#pragma once

#include <string>
#include <string_view>

namespace hallmark::registry {

[[nodiscard]] std::string lower(std::string_view text);      // ASCII only
[[nodiscard]] std::string_view trim(std::string_view text);  // spaces and tabs (RFC 9110 OWS)
[[nodiscard]] bool is_token_char(
    char c);  // Appends name=value, percent-encoded, to a URL that may have a query already.
void add_query(std::string& url, std::string_view name, std::string_view value);

}  // namespace hallmark::registry
