#include "base/parallel.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

using hallmark::base::for_each_parallel;

TEST_CASE("every index is worked on exactly once, whatever the number of workers") {
  const std::size_t most = GENERATE(0u, 1u, 2u, 8u, 100u);
  const std::size_t count = GENERATE(0u, 1u, 7u, 500u);
  std::vector<std::atomic<int>> calls(count);
  for_each_parallel(count, most, [&](std::size_t i) { ++calls[i]; });
  for (const auto& times : calls) CHECK(times == 1);
}

TEST_CASE("no more than the allowed number work at once") {
  std::atomic<int> now{0};
  std::atomic<int> highest{0};
  for_each_parallel(40, 3, [&](std::size_t) {
    const int here = ++now;
    int seen = highest;
    while (seen < here && !highest.compare_exchange_weak(seen, here)) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    --now;
  });
  CHECK(highest <= 3);
  CHECK(now == 0);
}

TEST_CASE("one worker means no other thread") {
  std::set<std::thread::id> threads;
  for_each_parallel(5, 1, [&](std::size_t) { threads.insert(std::this_thread::get_id()); });
  CHECK(threads == std::set<std::thread::id>{std::this_thread::get_id()});
}
