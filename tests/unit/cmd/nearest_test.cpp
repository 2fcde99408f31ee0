#include "cmd/common/nearest.h"

#include <catch2/catch.hpp>

using hallmark::cmd::nearest;

TEST_CASE("the nearest name is near") {
  const std::vector<std::string> names = {"sign", "verify", "version", "inspect"};
  CHECK(nearest("verfiy", names) == "verify");
  CHECK(nearest("singn", names) == "sign");
  CHECK(nearest("x", names).empty());
  CHECK(nearest("completely-else", names).empty());
}
