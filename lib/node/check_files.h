// Who may change a file that decides what runs.
#pragma once

#include <optional>

#include "node/diagnosis.h"
#include "node/file_facts.h"

namespace hallmark::node {

// An error where somebody else than `owner` (or root) owns it, or group or others may write it. Missing files are fine.
[[nodiscard]] std::optional<Diagnosis> check_file(const FileFacts& file, ::uid_t owner, const char* id);

}  // namespace hallmark::node
