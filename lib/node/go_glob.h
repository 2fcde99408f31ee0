// go_glob: files that a pattern names, as Go's filepath.Glob finds them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "hallmark/result.h"
#include "node/root.h"

namespace hallmark::node {

// An absolute pattern of the node; `*`, `?` and `[a-z]` within one part of the path, hidden files too. In the order of
// their names; none is no error. Kind of errors: config, for folders that cannot be read and for too many files.
[[nodiscard]] Result<std::vector<std::filesystem::path>> go_glob(const Root& root, const std::string& pattern);

}  // namespace hallmark::node
