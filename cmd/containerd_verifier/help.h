// What hallmark-verifier says of itself to people; docs/man makes its manual page from it.
#pragma once

#include <optional>
#include <span>
#include <string>

namespace hallmark::cmd {

// The answer to a lone --help, -h, help, --version or version; nothing for whatever else. Whoever prints it has to
// refuse all the same: 0 admits.
[[nodiscard]] std::optional<std::string> answer_to_people(std::span<const char* const> arguments);

}  // namespace hallmark::cmd
