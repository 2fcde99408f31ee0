#include "net/retry.h"

#include <catch2/catch.hpp>

namespace hallmark::net {

using namespace std::chrono_literals;

TEST_CASE("Retry-After is read as seconds or as an HTTP date") {
  const Time now{1'445'412'480s};  // Wed, 21 Oct 2015 07:28:00 GMT
  CHECK(parse_retry_after("0", now) == 0s);
  CHECK(parse_retry_after(" 120 ", now) == 120s);
  CHECK(parse_retry_after("Wed, 21 Oct 2015 07:29:30 GMT", now) == 90s);
  CHECK(parse_retry_after("Wednesday, 21-Oct-15 07:29:30 GMT", now) == 90s);
  CHECK(parse_retry_after("Wed Oct 21 07:29:30 2015", now) == 90s);
  CHECK(parse_retry_after("Wed, 21 Oct 2015 07:00:00 GMT", now) == 0s);
}

TEST_CASE("a Retry-After that is neither is ignored, a huge one is a year") {
  const auto bad = GENERATE("", "soon", "-5", "+5", "1.5", "12s", "Wed, 99 Foo 2015", "0x10");
  CAPTURE(bad);
  CHECK_FALSE(parse_retry_after(bad, Time{}));
  CHECK(parse_retry_after("99999999999999999999999999", Time{}) == std::chrono::hours(24 * 365));
  CHECK_FALSE(parse_retry_after(std::string(10'000, '9'), Time{}));
}

TEST_CASE("the pause doubles, has a ceiling, and jitter takes away up to half") {
  CHECK(backoff(0, 0) == 200ms);
  CHECK(backoff(1, 0) == 400ms);
  CHECK(backoff(3, 0) == 1600ms);
  CHECK(backoff(60, 0) == 5000ms);
  for (std::uint32_t random = 0; random < 1000; ++random) {
    const auto pause = backoff(1, random * 7919u);
    CHECK((pause >= 200ms && pause <= 400ms));
  }
}

TEST_CASE("429 and the gateway errors are temporary, nothing else is") {
  for (const int status : {429, 502, 503, 504}) CHECK(is_temporary(status));
  for (const int status : {200, 400, 401, 403, 404, 408, 500, 501}) CHECK_FALSE(is_temporary(status));
}

}  // namespace hallmark::net
