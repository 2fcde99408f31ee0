// Files that are damaged, foreign, another's or in the way: decisions stay right.
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <iterator>
#include <random>

#include "hallmark/decision_cache.h"
#include "support/temporary_folder.h"
#include "unit/cache/decisions.h"

using namespace hallmark;

namespace {

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

void fill(const std::filesystem::path& file, int entries) {
  auto cache = DecisionCache::open(file);
  REQUIRE(cache);
  for (int i = 0; i < entries; ++i) REQUIRE(cache->store(key_for(std::to_string(i)), kDenied, kNoon, kLater));
}

// Whatever is found is what was stored: never an admission.
int sound_ones(DecisionCache& cache, int entries) {
  int found = 0;
  for (int i = 0; i < entries; ++i) {
    const auto decision = cache.find(key_for(std::to_string(i)), kNoon);
    if (!decision) continue;
    CHECK(same(*decision, kDenied));
    ++found;
  }
  return found;
}

}  // namespace

TEST_CASE("a damaged file never changes a decision, and is begun anew by the next one [attack 46]") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "decisions.db";
  fill(file, 40);
  const std::string sound = read(file);
  std::minstd_rand chance(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same damage each time
  for (int round = 0; round < 300; ++round) {
    std::string bytes = sound;
    const auto at = chance() % bytes.size();
    const auto length = std::min<std::size_t>(bytes.size() - at, 1 + chance() % (round % 3 == 0 ? 1 : 600));
    for (std::size_t i = at; i < at + length; ++i) bytes[i] = static_cast<char>(chance());
    if (round % 10 == 0) bytes.resize(at);
    write(file, bytes);
    auto cache = DecisionCache::open(file);
    if (!cache) continue;
    (void)sound_ones(*cache, 40);
    if (cache->store(key_for("new"), kAdmitted, kNoon, kLater)) {
      const auto found = cache->find(key_for("new"), kNoon);
      if (found) CHECK(same(*found, kAdmitted));
    }
  }
}

TEST_CASE("a file of something else is left as it is") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "decisions.db";
  const std::string text = "this is somebody's diary, and no database at all: it has to stay";
  write(file, text);
  const auto refused = DecisionCache::open(file);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == Outcome::config);
  CHECK_THAT(refused.error().message(), Catch::Contains("decisions.db"));
  CHECK(read(file) == text);

  std::filesystem::remove(file);
  ::sqlite3* other = nullptr;
  REQUIRE(::sqlite3_open(file.c_str(), &other) == SQLITE_OK);
  REQUIRE(::sqlite3_exec(other, "CREATE TABLE decisions (name, expires, decision)", nullptr, nullptr, nullptr) ==
          SQLITE_OK);
  ::sqlite3_close(other);
  ::chmod(file.c_str(), 0600);
  const auto foreign = DecisionCache::open(file);
  REQUIRE_FALSE(foreign);
  CHECK_THAT(foreign.error().message(), Catch::Contains("something else"));
}

TEST_CASE("a place that others may write is no place for decisions [attack 46]") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "decisions.db";
  fill(file, 1);

  SECTION("the file by its group") {
    ::chmod(file.c_str(), 0660);
    CHECK_THAT(DecisionCache::open(file).error().message(), Catch::Contains("may be written by others"));
  }
  SECTION("the folder by everybody") {
    ::chmod(folder.path().c_str(), 0777);
    CHECK_THAT(DecisionCache::open(file).error().message(), Catch::Contains("the folder may be written by others"));
  }
  SECTION("through a symbolic link") {
    const auto link = folder.path() / "link.db";
    std::filesystem::create_symlink(file, link);
    CHECK_THAT(DecisionCache::open(link).error().message(), Catch::Contains("symbolic link"));
  }
  SECTION("of another owner") {
    if (::geteuid() != 0) {
      WARN("SKIPPED: only root can give a file away");
      return;
    }
    REQUIRE(::chown(file.c_str(), 12'345, 12'345) == 0);
    CHECK_THAT(DecisionCache::open(file).error().message(), Catch::Contains("belongs to user 12345"));
  }
  SECTION("a folder, a pipe") {
    CHECK_FALSE(DecisionCache::open(folder.path()));
    const auto pipe = folder.path() / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK_THAT(DecisionCache::open(pipe).error().message(), Catch::Contains("not a regular file"));
  }
  SECTION("a folder that is not there") {
    CHECK_THAT(DecisionCache::open(folder.path() / "none" / "d.db").error().message(), Catch::Contains("its folder"));
  }
}

TEST_CASE("a full disk costs the next run a verification and nothing else") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "decisions.db";
  fill(file, 40);
  (void)std::signal(SIGXFSZ, SIG_IGN);
  struct ::rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const struct ::rlimit now{.rlim_cur = std::filesystem::file_size(file), .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &now) == 0);
  auto cache = DecisionCache::open(file);
  int refused = 0;
  if (cache) {
    for (int i = 0; i < 200; ++i)
      refused += cache->store(key_for("more " + std::to_string(i)), kAdmitted, kNoon, kLater) ? 0 : 1;
  }
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  REQUIRE(cache);
  CHECK(refused > 0);
  CHECK(sound_ones(*cache, 40) == 40);
}

TEST_CASE("a read-only file is read and not written") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "decisions.db";
  fill(file, 3);
  if (::geteuid() == 0) {  // root writes wherever the file system lets it
    if (::mount(folder.path().c_str(), folder.path().c_str(), nullptr, MS_BIND, nullptr) != 0) {
      WARN("SKIPPED: no right to mount");
      return;
    }
    REQUIRE(::mount(nullptr, folder.path().c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0);
  } else {
    ::chmod(file.c_str(), 0400);
    ::chmod(folder.path().c_str(), 0500);
  }
  {
    auto cache = DecisionCache::open(file);
    CHECK(cache);
    if (cache) {
      CHECK(sound_ones(*cache, 3) == 3);
      CHECK_FALSE(cache->store(key_for("new"), kAdmitted, kNoon, kLater));
    }
  }
  if (::geteuid() == 0) {
    CHECK(::umount2(folder.path().c_str(), MNT_DETACH) == 0);
  } else {
    ::chmod(folder.path().c_str(), 0700);
  }
}
