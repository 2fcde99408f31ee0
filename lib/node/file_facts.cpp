#include "node/file_facts.h"

#include <sys/stat.h>

namespace hallmark::node {

namespace fs = std::filesystem;

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
  for (fs::path at = path.lexically_normal();; at = at.parent_path()) {
    out.push_back(file_facts(root, at));
    if (at == at.parent_path()) return out;
  }
}

}  // namespace hallmark::node
