// anonymous_file: room on disk for what is too large for memory; it has no name, so nothing is left behind.
#pragma once

#include <filesystem>

#include "base/file.h"

namespace hallmark::base {

// Open for reading and writing, gone when closed, however the process ends. `folder` empty: /var/tmp, else /tmp.
// Kind of errors: usage.
[[nodiscard]] Result<FileDescriptor> anonymous_file(const std::filesystem::path& folder);

// All of it at the file's position.
[[nodiscard]] Result<void> write_all(int fd, BytesView bytes, std::string_view what);

}  // namespace hallmark::base
