// What the program may cost when it is lied to: 10 seconds and 256 MiB, ended by itself.
#pragma once

#include <catch2/catch.hpp>

#include "support/program.h"

namespace hallmark::test {

// Sanitizers bring an allocator, an address space and a price of their own.
#ifdef HALLMARK_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

inline void check_bounded(const ProgramRun& run) {
  CHECK(run.signal == 0);
  if (kSanitized) return;
  CHECK(run.elapsed < std::chrono::seconds(10));
  CHECK(run.peak_kib < 256u << 10);
}

}  // namespace hallmark::test
