// PrivateFile: a file that says whom to trust or holds a secret, with who else may touch it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

#include "hallmark/result.h"
#include "hallmark/secret.h"

namespace hallmark::keys {

struct PrivateFile {
  Secret text;
  ::mode_t mode = 0;  // permission bits

  [[nodiscard]] bool others_can_write() const { return (mode & 022) != 0; }
  [[nodiscard]] bool others_can_read() const { return (mode & 044) != 0; }

  // Nothing: there is no such file, or it is /dev/null. Kind of errors: key.
  [[nodiscard]] static Result<std::optional<PrivateFile>> read(const std::filesystem::path& path, std::size_t limit);
};

}  // namespace hallmark::keys
