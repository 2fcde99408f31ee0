// What the program may cost when it is lied to: 10 seconds and 256 MiB, ended by itself.
#pragma once

#include <catch2/catch.hpp>

#include "support/program.h"
#include "support/sanitized.h"

namespace hallmark::test {

inline void check_bounded(const ProgramRun& run) {
  INFO(run.err.substr(0, 500));
  CHECK(run.signal == 0);
  if (sanitized) return;  // they bring an allocator, an address space and a price of their own
  CHECK(run.elapsed < std::chrono::seconds(10));
  CHECK(run.peak_kib < 256u << 10);
}

}  // namespace hallmark::test
