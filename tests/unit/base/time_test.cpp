#include "base/time.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using base::format_time;
using base::parse_time;

TEST_CASE("times are read and written as RFC 3339 has them") {
  struct Case {
    std::string_view text;
    std::int64_t seconds;
    std::string_view written;
  };
  const auto [text, seconds, written] = GENERATE(values<Case>({
      {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"},
      {"2026-11-22T08:00:00Z", 1795334400, "2026-11-22T08:00:00Z"},
      {"2026-11-22T08:00:00.999999999Z", 1795334400, "2026-11-22T08:00:00Z"},
      {"2026-11-22T10:00:00+02:00", 1795334400, "2026-11-22T08:00:00Z"},
      {"2026-11-22T00:30:00-07:30", 1795334400, "2026-11-22T08:00:00Z"},
      {"2026-11-22", 1795305600, "2026-11-22T00:00:00Z"},
      {"2024-02-29T23:59:59Z", 1709251199, "2024-02-29T23:59:59Z"},
      {"1969-12-31T23:59:59Z", -1, "1969-12-31T23:59:59Z"},
      {"0001-01-01T00:00:00Z", -62135596800, "0001-01-01T00:00:00Z"},
      {"9999-12-31T23:59:59Z", 253402300799, "9999-12-31T23:59:59Z"},
  }));
  const auto time = parse_time(text);
  REQUIRE(time);
  CHECK(time->time_since_epoch().count() == seconds);
  CHECK(format_time(*time) == written);
}

TEST_CASE("what is not a time is refused") {
  const std::string_view text = GENERATE(
      "", "2026", "2026-1-22", "2026-13-01", "2026-00-01", "2026-02-29", "2026-11-31", "2026-11-22T", "2026-11-22T08",
      "2026-11-22T08:00Z", "2026-11-22T08:00:00", "2026-11-22 08:00:00Z", "2026-11-22t08:00:00z",
      "2026-11-22T24:00:00Z", "2026-11-22T08:60:00Z", "2026-11-22T08:00:60Z", "2026-11-22T08:00:00.Z",
      "2026-11-22T08:00:00,5Z", "2026-11-22T08:00:00+0200", "2026-11-22T08:00:00+24:00", "2026-11-22T08:00:00Zx",
      " 2026-11-22", "2026-11-22 ", "+2026-11-22", "2026-11-22T-8:00:00Z");
  const auto time = parse_time(text);
  CAPTURE(text);
  REQUIRE_FALSE(time);
  CHECK(time.error().kind() == Outcome::malformed);
  CHECK_THAT(time.error().message(), Catch::EndsWith("is not a time like 2026-11-22T08:00:00Z (RFC 3339)"));
}
