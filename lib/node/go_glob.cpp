#include "node/go_glob.h"

#include <fnmatch.h>

#include <algorithm>

#include "base/limits.h"
#include "base/try.h"

namespace hallmark::node {
namespace {

namespace fs = std::filesystem;

Result<std::vector<std::string>> names_in(const fs::path& folder, const std::string& pattern) {
  std::vector<std::string> names;
  std::error_code error;
  if (!fs::is_directory(folder, error)) return names;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::string name = at->path().filename().string();
    if (::fnmatch(pattern.c_str(), name.c_str(), 0) == 0) names.push_back(std::move(name));
    if (names.size() > limits::containerd_files)
      return fail(Outcome::config, folder.string() + ": more than " + std::to_string(limits::containerd_files) +
                                       " files match " + pattern);
  }
  if (error) return fail(Outcome::config, folder.string() + ": cannot be read: " + error.message());
  std::ranges::sort(names);
  return names;
}

}  // namespace

Result<std::vector<fs::path>> go_glob(const Root& root, const std::string& pattern) {
  std::vector<fs::path> found = {"/"};
  for (const fs::path& part : fs::path(pattern).relative_path()) {
    const bool plain = part.string().find_first_of("*?[\\") == std::string::npos;
    std::vector<fs::path> next;
    for (const fs::path& folder : found) {
      if (plain) {
        next.push_back(folder / part);
        continue;
      }
      HM_TRY(const auto names, names_in(root.at(folder), part.string()));
      for (const std::string& name : names) next.push_back(folder / name);
    }
    found = std::move(next);
    if (found.size() > limits::containerd_files)
      return fail(Outcome::config,
                  pattern + ": names more than " + std::to_string(limits::containerd_files) + " files");
  }
  std::erase_if(found, [&](const fs::path& file) {
    std::error_code ignored;
    return !fs::exists(root.at(file), ignored);
  });
  return found;
}

}  // namespace hallmark::node
