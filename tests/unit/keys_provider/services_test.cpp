#include "keys/provider/services.h"

#include <catch2/catch.hpp>

#include "support/key_services.h"

namespace hallmark::keys {

TEST_CASE("a variable that is empty is as one that is not set") {
  test::KeyServices world;
  world.variables = {{"EMPTY", ""}, {"SET", "x"}};
  const Services services = world.services();
  CHECK(services.setting("SET") == "x");
  CHECK(services.secret("SET")->text() == "x");
  for (const char* name : {"EMPTY", "UNKNOWN"}) {
    CHECK_FALSE(services.setting(name));
    CHECK_FALSE(services.secret(name));
  }
  CHECK(services.first_setting({"UNKNOWN", "EMPTY", "SET"}) == "x");
  CHECK_FALSE(services.first_setting({"UNKNOWN", "EMPTY"}));
}

TEST_CASE("services without variables find none, and a deadline counts from now") {
  test::KeyServices world;
  Services services = world.services();
  services.variable = {};
  CHECK_FALSE(services.secret("SET"));
  services.timeout = std::chrono::seconds(5);
  const net::Deadline before = services.deadline();
  world.clock.advance(std::chrono::seconds(2));
  CHECK(services.deadline() - before == std::chrono::seconds(2));
  CHECK(before - world.clock.steady() == std::chrono::seconds(3));
}

}  // namespace hallmark::keys
