// SystemClock: the machine's time, made in main and handed to everything below.
#pragma once

#include "hallmark/clock.h"

namespace hallmark::cmd {

class SystemClock : public Clock {
 public:
  [[nodiscard]] Time now() const override {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::now();
  }
};

}  // namespace hallmark::cmd
