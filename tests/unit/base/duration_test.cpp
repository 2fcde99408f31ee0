#include "base/duration.h"

#include <catch2/catch.hpp>

#include <string>

using namespace hallmark;
using base::parse_go_duration;

TEST_CASE("durations are read as Go writes them") {
  struct Case {
    std::string text;
    std::int64_t milliseconds;
  };
  const auto [text, milliseconds] = GENERATE(values<Case>({
      {"10s", 10'000},
      {"0", 0},
      {"0s", 0},
      {"1h30m", 5'400'000},
      {"1m30.5s", 90'500},
      {".5s", 500},
      {"1.s", 1'000},
      {"500ms", 500},
      {"1500us", 1},
      {"2000\xC2\xB5s", 2},
      {"2000\xCE\xBCs", 2},
      {"1000000ns", 1},
      {"-2s", -2'000},
      {"+2s", 2'000},
      {"12h0m0s", 43'200'000},
      {"876000h", 3'153'600'000'000},
  }));
  INFO(text);
  const auto duration = parse_go_duration(text);
  REQUIRE(duration);
  CHECK(duration->count() == milliseconds);
}

TEST_CASE("what Go would not read as a duration is refused") {
  const std::string text = GENERATE(as<std::string>(), "", "10", "s", "-", "1x", "1 s", "10s ", ".s", "1..5s", "1e3s",
                                    "10S", "1d", "--1s", "9999999h", "99999999999999999999999s");
  INFO(text);
  const auto duration = parse_go_duration(text);
  REQUIRE_FALSE(duration);
  CHECK(duration.error().kind() == Outcome::malformed);
  CHECK_THAT(duration.error().message(), Catch::Contains("is not a duration"));
}
