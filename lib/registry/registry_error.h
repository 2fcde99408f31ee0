// What a registry's answer means to the user.
#pragma once

#include <string>
#include <string_view>

#include "hallmark/result.h"
#include "net/http_client.h"

namespace hallmark::registry {

// unauthorized, not_found, throttled, unreachable (5xx) or malformed (anything else that was not expected).
[[nodiscard]] Outcome outcome_of(int status);

// The first error code of the body ("MANIFEST_UNKNOWN"), or nothing. Source: distribution-spec, "Error Codes".
[[nodiscard]] std::string error_code(const net::Response& response);

// A 404 that speaks of the address, not of what it names: some text where the specification has a document of errors.
// Nothing can be said from an empty body.
[[nodiscard]] bool says_no_such_route(const net::Response& response);

// "404 MANIFEST_UNKNOWN: manifest unknown", "502": short, printable.
[[nodiscard]] std::string answer_text(const net::Response& response);

}  // namespace hallmark::registry
