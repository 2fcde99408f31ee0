#include "keys/tpm/line.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

using namespace hallmark;
using namespace hallmark::keys;
using namespace std::chrono_literals;

TEST_CASE("a task that ends in time has left nothing behind when its end is told") {
  const auto held = std::make_shared<int>(1);
  int ran = 0;
  REQUIRE(run_for(10s, [held, &ran] { ran = *held; }));
  CHECK(ran == 1);
  CHECK(held.use_count() == 1);
}

TEST_CASE("a task that blocks is waited for no longer than was said, and keeps what it holds") {
  const auto stop = std::make_shared<std::atomic<bool>>(false);
  const auto ended = std::make_shared<std::atomic<bool>>(false);
  const auto began = std::chrono::steady_clock::now();
  CHECK_FALSE(run_for(100ms, [stop, ended] {
    while (!*stop) std::this_thread::sleep_for(5ms);
    *ended = true;
  }));
  CHECK(std::chrono::steady_clock::now() - began < 5s);
  *stop = true;
  for (int i = 0; i < 1000 && !*ended; ++i) std::this_thread::sleep_for(5ms);
  CHECK(*ended);
}
