#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <thread>

#include "base/file.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using namespace std::chrono_literals;
using base::FileLock;
using hallmark::test::TemporaryFolder;

TEST_CASE("a lock keeps others out until it is gone, and waits no longer than told") {
  const TemporaryFolder folder;
  const auto file = folder / "lock";
  auto held = FileLock::acquire(file, 0ms);
  REQUIRE(held);
  const auto start = std::chrono::steady_clock::now();
  const auto second = FileLock::acquire(file, 50ms);
  CHECK(std::chrono::steady_clock::now() - start >= 50ms);
  REQUIRE_FALSE(second);
  CHECK(second.error().kind() == Outcome::unreachable);
  CHECK_THAT(second.error().message(), Catch::Contains("still locked by another process after 50 ms"));
  held = FileLock::acquire(folder / "other", 0ms);
  CHECK(FileLock::acquire(file, 0ms));
}

TEST_CASE("who waits for a lock gets it when the holder dies") {
  const TemporaryFolder folder;
  const auto file = folder / "lock";
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const ::pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto held = FileLock::acquire(file, 0ms);
    (void)!::write(ready[1], held ? "y" : "n", 1);
    std::this_thread::sleep_for(100ms);
    ::_exit(0);
  }
  char answer = 0;
  REQUIRE(::read(ready[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  CHECK_FALSE(FileLock::acquire(file, 0ms));
  CHECK(FileLock::acquire(file, 10s));
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("a lock file is private, and no link is followed to make one") {
  const TemporaryFolder folder;
  REQUIRE(FileLock::acquire(folder / "lock", 0ms));
  struct ::stat status{};
  REQUIRE(::stat((folder / "lock").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  std::filesystem::create_symlink(folder / "elsewhere", folder / "link");
  const auto linked = FileLock::acquire(folder / "link", 0ms);
  REQUIRE_FALSE(linked);
  CHECK(linked.error().kind() == Outcome::usage);
  CHECK_FALSE(std::filesystem::exists(folder / "elsewhere"));
  CHECK_THAT(FileLock::acquire(folder / "none" / "lock", 0ms).error().message(), Catch::Contains("cannot be opened"));
}
