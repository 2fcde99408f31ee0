#include "cmd/common/in_order.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>
#include <vector>

using hallmark::cmd::InOrder;
using hallmark::cmd::work_in_order;

namespace {

// The numbers below `count` as texts.
auto numbers(int count) {
  return [count, next = 0]() mutable -> std::optional<std::string> {
    if (next == count) return std::nullopt;
    return std::to_string(next++);
  };
}

}  // namespace

TEST_CASE("answers come in the order of the items, however long each takes") {
  std::vector<int> taken;
  work_in_order<int>(
      InOrder{.threads = 8, .window = 16}, numbers(200),
      [](const std::string& item) {
        const int number = std::stoi(item);
        std::this_thread::sleep_for(std::chrono::microseconds(number * 37 % 500));
        return number;
      },
      [&](int&& number) { taken.push_back(number); });
  REQUIRE(taken.size() == 200);
  for (int i = 0; i < 200; ++i) CHECK(taken[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("no more items are held than the window has room for, while the first one is slow") {
  std::atomic<int> begun = 0;
  int most_ahead = 0;
  work_in_order<int>(
      InOrder{.threads = 4, .window = 5}, numbers(100),
      [&](const std::string& item) {
        ++begun;
        if (item == "0") std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return std::stoi(item);
      },
      [&](int&& number) { most_ahead = std::max(most_ahead, begun.load() - number); });
  CHECK(begun == 100);
  CHECK(most_ahead <= 5);
}

TEST_CASE("who waits for an answer before giving the next item gets it") {
  std::atomic<int> answered = 0;
  int given = 0;
  bool in_time = true;
  work_in_order<int>(
      InOrder{.threads = 4, .window = 8},
      [&]() -> std::optional<std::string> {
        for (int patience = 5000; answered < given && patience > 0; --patience)
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        in_time = in_time && answered == given;
        if (given == 5) return std::nullopt;
        return std::to_string(given++);
      },
      [](const std::string& item) { return std::stoi(item); }, [&](int&&) { ++answered; });
  CHECK(in_time);
  CHECK(answered == 5);
}

TEST_CASE("an empty list is answered with nothing") {
  bool called = false;
  work_in_order<int>({}, numbers(0), [](const std::string&) { return 1; }, [&](int&&) { called = true; });
  CHECK_FALSE(called);
}
