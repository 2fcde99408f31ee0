#include <catch2/catch.hpp>

#include "hallmark/descriptor.h"

using namespace hallmark;

namespace {
Platform platform(std::string_view text) { return *Platform::parse(text); }
}  // namespace

TEST_CASE("a platform is os, architecture and perhaps a variant") {
  CHECK(platform("linux/amd64") == Platform{"linux", "amd64", ""});
  CHECK(platform("linux/arm/v7") == Platform{"linux", "arm", "v7"});
  CHECK(platform("linux/arm64/v8").text() == "linux/arm64/v8");
  CHECK(platform("windows/amd64").text() == "windows/amd64");
}

TEST_CASE("a malformed platform is a usage error") {
  const auto* text = GENERATE("", "linux", "linux/", "/amd64", "linux/arm/v7/x", "linux//v7", "linux/arm/", "linux/a b",
                              "linux/amd64\n", "all");
  CAPTURE(text);
  const auto parsed = Platform::parse(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().kind() == Outcome::usage);
  CHECK_THAT(parsed.error().message(), Catch::Contains("expected os/architecture[/variant]"));
}

TEST_CASE("an entry serves whoever asks for it, its variant or its default variant") {
  CHECK(platform("linux/amd64").serves(platform("linux/amd64")));
  CHECK(platform("linux/arm64/v8").serves(platform("linux/arm64")));
  CHECK(platform("linux/arm64").serves(platform("linux/arm64/v8")));
  CHECK(platform("linux/arm").serves(platform("linux/arm/v7")));
  CHECK(platform("linux/amd64").serves(platform("linux/amd64/v1")));
  CHECK_FALSE(platform("linux/arm").serves(platform("linux/arm/v6")));
  CHECK_FALSE(platform("linux/arm/v7").serves(platform("linux/arm/v6")));
  CHECK_FALSE(platform("linux/amd64").serves(platform("linux/arm64")));
  CHECK_FALSE(platform("windows/amd64").serves(platform("linux/amd64")));
}
