// FileFacts: what a file of the node is, whose, and who may change it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/result.h"
#include "node/root.h"

namespace hallmark::node {

struct FileFacts {
  enum class Kind : std::uint8_t { missing, file, folder, other };
  std::string path;       // on the node
  std::string link = {};  // the name of the file it leads to, where it is a symbolic link
  Kind kind = Kind::missing;
  ::mode_t mode = 0;  // permissions alone
  ::uid_t owner = 0;

  [[nodiscard]] bool executable() const { return kind == Kind::file && (mode & 0111) != 0; }
  // By group or others, a sticky folder (/tmp) included: who may put a file there can be first.
  [[nodiscard]] bool writable_by_others() const { return (mode & 0022) != 0; }
  // Whether its name, or that of the file it leads to, has this in it.
  [[nodiscard]] bool goes_by(std::string_view name) const;
};

[[nodiscard]] bool exists(const Root& root, const std::filesystem::path& path);
// The names in a folder of this machine, sorted as Go sorts them: by their bytes. Kind of errors: config.
[[nodiscard]] Result<std::vector<std::string>> names_in(const std::filesystem::path& folder);

// Links are followed; what cannot be looked at is missing.
[[nodiscard]] FileFacts file_facts(const Root& root, const std::filesystem::path& path);
// The file and the folders above it, up to the root; where links lead elsewhere, those above that place, too.
[[nodiscard]] std::vector<FileFacts> with_folders_above(const Root& root, const std::filesystem::path& path);

}  // namespace hallmark::node
