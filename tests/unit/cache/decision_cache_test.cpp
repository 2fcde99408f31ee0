#include "hallmark/decision_cache.h"

#include <sys/stat.h>
#include <catch2/catch.hpp>

#include "support/temporary_folder.h"
#include "unit/cache/decisions.h"

using namespace hallmark;
using namespace std::chrono_literals;

namespace {

DecisionCache opened(const std::filesystem::path& file) {
  auto cache = DecisionCache::open(file);
  if (!cache) FAIL(cache.error().message());
  return *std::move(cache);
}

}  // namespace

TEST_CASE("a decision is found by a later run, until it expires") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "decisions.db";
  CHECK(opened(file).store(key_for("good"), kAdmitted, kNoon, kNoon + 24h));
  CHECK(opened(file).store(key_for("bad"), kDenied, kNoon, kNoon + 1min));

  auto cache = opened(file);
  const auto good = cache.find(key_for("good"), kNoon + 23h);
  REQUIRE(good);
  CHECK(same(*good, kAdmitted));
  const auto bad = cache.find(key_for("bad"), kNoon + 60s);
  REQUIRE(bad);
  CHECK(same(*bad, kDenied));
  CHECK_FALSE(cache.find(key_for("bad"), kNoon + 61s));
  CHECK_FALSE(cache.find(key_for("good"), kNoon + 24h + 1s));
  CHECK_FALSE(cache.find(key_for("never seen"), kNoon));
}

TEST_CASE("an entry of a time that has not come is not believed") {
  const test::TemporaryFolder folder;
  auto cache = opened(folder.path() / "decisions.db");
  CHECK(cache.store(key_for("good"), kAdmitted, kNoon, kLater));
  CHECK_FALSE(cache.find(key_for("good"), kNoon - 1s));
}

TEST_CASE("a later decision replaces an earlier one") {
  const test::TemporaryFolder folder;
  auto cache = opened(folder.path() / "decisions.db");
  CHECK(cache.store(key_for("image"), kDenied, kNoon, kNoon + 1min));
  CHECK(cache.store(key_for("image"), kAdmitted, kNoon + 5s, kLater));
  const auto found = cache.find(key_for("image"), kNoon + 10s);
  REQUIRE(found);
  CHECK(found->admitted);
}

TEST_CASE("what could not be decided is not kept") {
  const test::TemporaryFolder folder;
  auto cache = opened(folder.path() / "decisions.db");
  for (const auto outcome : {Outcome::unreachable, Outcome::throttled, Outcome::unauthorized, Outcome::not_found,
                             Outcome::malformed, Outcome::internal, Outcome::config, Outcome::key, Outcome::usage}) {
    CHECK(cache.store(key_for("image"), Decision{outcome, true, false, "", ""}, kNoon, kLater));
    CHECK_FALSE(cache.find(key_for("image"), kNoon));
  }
}

TEST_CASE("a changed policy, trust or program finds nothing") {
  const test::TemporaryFolder folder;
  auto cache = opened(folder.path() / "decisions.db");
  CHECK(cache.store(key_for("image"), kAdmitted, kNoon, kLater));
  auto key = key_for("image");
  key.policy = digest_of("another policy");
  CHECK_FALSE(cache.find(key, kNoon));
  key = key_for("image");
  key.trust = digest_of("another key");
  CHECK_FALSE(cache.find(key, kNoon));
  key = key_for("image");
  key.program = "1.1";
  CHECK_FALSE(cache.find(key, kNoon));
}

TEST_CASE("the file is its owner's alone") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "decisions.db";
  CHECK(opened(file).store(key_for("image"), kAdmitted, kNoon, kLater));
  struct ::stat about{};
  REQUIRE(::stat(file.c_str(), &about) == 0);
  CHECK((about.st_mode & 07777) == 0600);
}

TEST_CASE("entries that expired make room") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "decisions.db";
  auto cache = opened(file);
  for (int i = 0; i < 2'000; ++i)
    REQUIRE(cache.store(key_for(std::to_string(i)), kDenied, kNoon + i * 10min, kNoon + i * 10min + 1min));
  CHECK(std::filesystem::file_size(file) < 64u << 10);
}
