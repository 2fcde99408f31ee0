#include "cmd/containerd_verifier/trusted_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/encoding.h"
#include "base/try.h"

namespace hallmark::cmd {
namespace {

namespace fs = std::filesystem;

Result<void> check_one(const fs::path& path) {
  struct ::stat about{};
  const std::string name = base::printable(path.string());
  if (::lstat(path.c_str(), &about) != 0) return fail(Outcome::config, name + ": " + std::strerror(errno));
  if (about.st_uid != 0 && about.st_uid != ::geteuid())
    return fail(Error(Outcome::config,
                      name + " belongs to user " + std::to_string(about.st_uid) + ", who could change what may run")
                    .with_hint("chown root:root " + name));
  if (!S_ISLNK(about.st_mode) && (about.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fail(Error(Outcome::config, name + " may be written by others, who could change what may run")
                    .with_hint("chmod go-w " + name));
  return {};
}

Result<void> check_chain(fs::path path) {
  for (;; path = path.parent_path()) {
    HM_DO(check_one(path));
    if (path == path.parent_path()) return {};
  }
}

}  // namespace

Result<void> check_trusted(const fs::path& path) {
  std::error_code problem;
  const fs::path named = fs::absolute(path, problem).lexically_normal();
  const fs::path real = fs::canonical(path, problem);
  if (problem) return fail(Outcome::config, base::printable(path.string()) + ": " + problem.message());
  HM_DO(check_chain(named));
  return real == named ? Result<void>() : check_chain(real);
}

}  // namespace hallmark::cmd
