// Many processes on one file, some of which are killed at any instant.
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <csignal>
#include <thread>

#include "hallmark/decision_cache.h"
#include "support/temporary_folder.h"
#include "unit/cache/decisions.h"

using namespace hallmark;

namespace {

constexpr int kImages = 50;

// Odd images are denied, even ones admitted, by whoever decides.
const Decision& decision_of(int image) { return image % 2 == 1 ? kDenied : kAdmitted; }

// 0: all that was found was right.
int use(const std::filesystem::path& file, int rounds, unsigned seed) {
  for (int round = 0; round < rounds; ++round) {
    auto cache = DecisionCache::open(file);
    if (!cache) continue;
    const int image = static_cast<int>((seed * 7919u + static_cast<unsigned>(round) * 104'729u) % kImages);
    const auto key = key_for(std::to_string(image));
    if (const auto found = cache->find(key, kNoon)) {
      if (!same(*found, decision_of(image))) return 1;
    }
    (void)cache->store(key, decision_of(image), kNoon, kLater);
  }
  return 0;
}

::pid_t start(const std::filesystem::path& file, int rounds, unsigned seed) {
  const ::pid_t child = ::fork();
  if (child == 0) ::_exit(use(file, rounds, seed));
  return child;
}

}  // namespace

TEST_CASE("sixteen processes share a cache") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "decisions.db";
  std::vector<::pid_t> children;
  for (unsigned i = 0; i < 16; ++i) children.push_back(start(file, 60, i));
  for (const auto child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  auto cache = DecisionCache::open(file);
  REQUIRE(cache);
  int found = 0;
  for (int image = 0; image < kImages; ++image) found += cache->find(key_for(std::to_string(image)), kNoon) ? 1 : 0;
  CHECK(found > kImages / 2);
}

TEST_CASE("a process killed at any instant leaves decisions as they were") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "decisions.db";
  for (unsigned i = 0; i < 120; ++i) {
    const ::pid_t child = start(file, 100'000, i);
    std::this_thread::sleep_for(std::chrono::microseconds(300 * (i % 40)));
    REQUIRE(::kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK((WIFSIGNALED(status) || WEXITSTATUS(status) == 0));
    REQUIRE(use(file, 1, i) == 0);
  }
  auto cache = DecisionCache::open(file);
  REQUIRE(cache);
  CHECK(cache->store(key_for("0"), decision_of(0), kNoon, kLater));
  CHECK(cache->find(key_for("0"), kNoon));
}
