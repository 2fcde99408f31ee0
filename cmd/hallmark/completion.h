// Completion scripts for shells, written from the tree of commands.
#pragma once

#include <string>

#include "cmd/hallmark/command_line.h"

namespace hallmark::cmd {

[[nodiscard]] std::string bash_completion(const CommandTree& root);
[[nodiscard]] std::string zsh_completion(const CommandTree& root);
[[nodiscard]] std::string fish_completion(const CommandTree& root);

}  // namespace hallmark::cmd
