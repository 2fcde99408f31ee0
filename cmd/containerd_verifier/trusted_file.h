// Trusted files: what decides over images belongs to root, and nobody else may write it or put another in its place.
#pragma once

#include <filesystem>

#include "hallmark/result.h"

namespace hallmark::cmd {

// Of the file or folder and of every folder above it, also behind symbolic links: owned by root (or by whom this
// process runs as), not writable by group or others. Kind of errors: config, naming what is to be changed.
[[nodiscard]] Result<void> check_trusted(const std::filesystem::path& path);

}  // namespace hallmark::cmd
