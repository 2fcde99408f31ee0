#include "node/file_facts.h"

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <algorithm>

#include "support/temporary_folder.h"

using namespace hallmark;
using node::FileFacts;
using node::Root;
using test::TemporaryFolder;

namespace {

std::vector<std::string> paths_of(const std::vector<FileFacts>& files) {
  std::vector<std::string> out;
  for (const FileFacts& file : files) out.push_back(file.path);
  return out;
}

}  // namespace

TEST_CASE("a file's folders are looked at as it is named, and as it is behind links") {
  TemporaryFolder folder;
  folder.put("data/rev1/policy.yaml", "version: 1\n");
  std::filesystem::create_directories(folder.path() / "etc");
  std::filesystem::create_directory_symlink("../data/rev1", folder.path() / "etc/policy.d");
  const auto seen = paths_of(with_folders_above(Root{folder.path()}, "/etc/policy.d/policy.yaml"));
  CHECK(seen == std::vector<std::string>{"/etc/policy.d/policy.yaml", "/etc/policy.d", "/etc", "/",
                                         "/data/rev1/policy.yaml", "/data/rev1", "/data"});
}

TEST_CASE("a link that leads out of the root is followed no further than its name") {
  TemporaryFolder folder;
  std::filesystem::create_symlink("/usr/bin/env", folder.path() / "env");
  CHECK(paths_of(with_folders_above(Root{folder.path()}, "/env")) == std::vector<std::string>{"/env", "/"});
}

TEST_CASE("a sticky folder is one that others may write") {
  TemporaryFolder folder;
  const auto shared = folder.path() / "tmp";
  std::filesystem::create_directory(shared);
  REQUIRE(::chmod(shared.c_str(), 01777) == 0);
  CHECK(file_facts(Root{folder.path()}, "/tmp").writable_by_others());
  REQUIRE(::chmod(shared.c_str(), 0755) == 0);
  CHECK_FALSE(file_facts(Root{folder.path()}, "/tmp").writable_by_others());
}
