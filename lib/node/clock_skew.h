// clock_skew: how far a registry's clock is from ours.
#pragma once

#include <chrono>
#include <string>

#include "hallmark/clock.h"
#include "hallmark/registry.h"

namespace hallmark::node {

// GET /v2/ of "registry.example:5000", without credentials, as the options say; whatever the status, its Date field
// (RFC 9110 section 6.6.1) minus our time. Kind of errors: those of the connection, malformed without such a field.
[[nodiscard]] Result<std::chrono::seconds> clock_skew(const std::string& registry, const RegistryOptions& options,
                                                      const Clock& clock);

}  // namespace hallmark::node
