#include "node/file_facts.h"

#include <sys/stat.h>

#include <algorithm>

namespace hallmark::node {

namespace fs = std::filesystem;

bool FileFacts::goes_by(std::string_view name) const {
  return fs::path(path).filename().string().find(name) != std::string::npos || link.find(name) != std::string::npos;
}

bool exists(const Root& root, const fs::path& path) {
  std::error_code ignored;
  return fs::exists(root.at(path), ignored);
}

Result<std::vector<std::string>> names_in(const fs::path& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    names.push_back(at->path().filename().string());
  if (error) return fail(Outcome::config, "cannot be read: " + error.message());
  std::ranges::sort(names);
  return names;
}

FileFacts file_facts(const Root& root, const fs::path& path) {
  FileFacts facts{path.string()};
  const fs::path here = root.at(path);
  struct ::stat info{};
  std::error_code ignored;
  if (fs::is_symlink(here, ignored)) facts.link = fs::read_symlink(here, ignored).filename().string();
  if (::stat(here.c_str(), &info) != 0) return facts;
  facts.kind = S_ISREG(info.st_mode)   ? FileFacts::Kind::file
               : S_ISDIR(info.st_mode) ? FileFacts::Kind::folder
                                       : FileFacts::Kind::other;
  facts.mode = info.st_mode & 07777;
  facts.owner = info.st_uid;
  return facts;
}

std::vector<FileFacts> with_folders_above(const Root& root, const fs::path& path) {
  std::vector<FileFacts> out;
  const auto add_chain = [&](fs::path at) {
    for (;; at = at.parent_path()) {
      if (std::ranges::find(out, at.string(), &FileFacts::path) == out.end()) out.push_back(file_facts(root, at));
      if (at == at.parent_path()) return;
    }
  };
  const fs::path named = path.lexically_normal();
  add_chain(named);
  std::error_code missing;
  const fs::path real = fs::canonical(root.at(named), missing);
  if (missing) return out;
  const fs::path inside = real.lexically_relative(fs::canonical(root.path, missing));
  if (!inside.empty() && *inside.begin() != "..") add_chain(fs::path("/") / inside);
  return out;
}

}  // namespace hallmark::node
