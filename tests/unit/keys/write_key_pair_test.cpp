#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "unit/keys/key_folder.h"

using namespace hallmark;
using namespace hallmark::keys;
using test::encoded;
using test::TemporaryFolder;

namespace {

KeyPair new_pair() { return *generate({}, "release", encoded(KeyFormat::pkcs8)); }

::mode_t mode_of(const std::filesystem::path& path) {
  struct ::stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("a key pair is written as NAME.key and NAME.pub") {
  const TemporaryFolder folder;
  const auto pair = new_pair();
  const auto files = write_key_pair(folder / "release", pair, false);
  REQUIRE(files);
  CHECK(files->private_key == folder / "release.key");
  CHECK(files->public_key == folder / "release.pub");
  CHECK(mode_of(files->private_key) == 0600);
  CHECK(mode_of(files->public_key) == 0644);
  CHECK(open_signer(files->private_key.string(), {}));
  CHECK(*open_public_key(files->public_key.string()) == pair.public_key);
  CHECK(folder.count() == 2);
}

TEST_CASE("an existing file is never overwritten without being told") {
  const TemporaryFolder folder;
  const auto existing = folder.put(GENERATE("release.key", "release.pub"), "mine");
  const auto files = write_key_pair(folder / "release", new_pair(), false);
  REQUIRE_FALSE(files);
  CHECK(files.error().kind() == Outcome::usage);
  CHECK(files.error().message() == existing.string() + ": exists already");
  CHECK(test::text_of(existing) == "mine");
  CHECK(folder.count() == 1);
}

TEST_CASE("a dangling link counts as an existing file") {
  const TemporaryFolder folder;
  std::filesystem::create_symlink(folder / "elsewhere", folder / "release.key");
  CHECK_FALSE(write_key_pair(folder / "release", new_pair(), false));
  CHECK_FALSE(std::filesystem::exists(folder / "elsewhere"));
}

TEST_CASE("with overwrite the pair is replaced, and its modes are as new") {
  const TemporaryFolder folder;
  const auto old = folder.put("release.key", "old");
  std::filesystem::permissions(old, std::filesystem::perms(0644));
  folder.put("release.pub", "old");
  const auto pair = new_pair();
  const auto files = write_key_pair(folder / "release", pair, true);
  REQUIRE(files);
  CHECK(mode_of(files->private_key) == 0600);
  CHECK(test::text_of(files->private_key) == pair.private_pem.text());
}

TEST_CASE("a folder that is not there is an error and nothing is left") {
  const TemporaryFolder folder;
  CHECK_FALSE(write_key_pair(folder / "none" / "release", new_pair(), false));
  CHECK(folder.count() == 0);
}
