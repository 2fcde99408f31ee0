// Clock: time, handed in from outside; lib never asks the system.
#pragma once

#include <chrono>

namespace hallmark {

// UTC, whole seconds: what RFC 3339 fields, validity windows and logs speak.
using Time = std::chrono::sys_seconds;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
  // Never goes back; for deadlines and pauses.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point steady() const = 0;
};

}  // namespace hallmark
