#include "cmd/containerd_verifier/trusted_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>

#include "base/encoding.h"
#include "base/try.h"

namespace hallmark::cmd {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  // as the kernel follows

// Whether it is a symbolic link.
Result<bool> check_one(const fs::path& path) {
  struct ::stat about{};
  const std::string name = base::printable(path.string());
  if (::lstat(path.c_str(), &about) != 0) return fail(Outcome::config, name + ": " + std::strerror(errno));
  if (about.st_uid != 0 && about.st_uid != ::geteuid())
    return fail(Error(Outcome::config,
                      name + " belongs to user " + std::to_string(about.st_uid) + ", who could change what may run")
                    .with_hint("chown -h root:root " + name));
  const bool link = S_ISLNK(about.st_mode);
  if (!link && (about.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fail(Error(Outcome::config, name + " may be written by others, who could change what may run")
                    .with_hint("chmod go-w " + name));
  return link;
}

}  // namespace

// As the kernel walks, name by name, so that each link and each folder on the way is seen, not only where it ends.
Result<void> check_trusted(const fs::path& path) {
  std::error_code problem;
  const fs::path named = fs::absolute(path, problem);
  std::deque<fs::path> names(named.begin(), named.end());
  fs::path at = "/";
  HM_DO(check_one(at));
  int links = 0;
  while (!names.empty()) {
    const fs::path name = std::move(names.front());
    names.pop_front();
    if (name.empty() || name == "." || name.is_absolute()) continue;
    if (name == "..") {
      at = at.parent_path();
      continue;
    }
    HM_TRY(const bool link, check_one(at / name));
    if (!link) {
      at /= name;
      continue;
    }
    const fs::path target = fs::read_symlink(at / name, problem);
    if (problem || ++links > kMostLinks)
      return fail(Outcome::config, base::printable(path.string()) + ": its symbolic links lead nowhere");
    if (target.is_absolute()) at = "/";
    names.insert(names.begin(), target.begin(), target.end());
  }
  return {};
}

}  // namespace hallmark::cmd
