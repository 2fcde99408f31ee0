#include "registry/challenge.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using registry::parse_challenges;

TEST_CASE("a challenge is read as registries write it") {
  const auto bearer = parse_challenges(
      R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push")");
  REQUIRE(bearer);
  REQUIRE(bearer->size() == 1);
  CHECK(bearer->front().scheme == "bearer");
  CHECK(bearer->front().parameter("realm") == "https://auth.docker.io/token");
  CHECK(bearer->front().parameter("scope") == "repository:a/b:pull,push");
  CHECK(bearer->front().parameter("absent").empty());

  const auto unquoted = parse_challenges("BASIC realm=Registry");
  REQUIRE(unquoted);
  CHECK(unquoted->front().scheme == "basic");
  CHECK(unquoted->front().parameter("realm") == "Registry");
}

TEST_CASE("one field may hold several challenges, tokens and empty elements") {
  const auto several =
      parse_challenges(R"(, Negotiate, Basic realm="a, \"b\"", charset="UTF-8" , Bearer realm = "x",,Digest YWJj==)");
  REQUIRE(several);
  REQUIRE(several->size() == 4);
  CHECK((*several)[0].scheme == "negotiate");
  CHECK((*several)[1].parameter("realm") == "a, \"b\"");
  CHECK((*several)[1].parameter("charset") == "UTF-8");
  CHECK((*several)[2].parameter("realm") == "x");
  CHECK((*several)[3].token68 == "YWJj==");
  CHECK(parse_challenges("")->empty());
}

TEST_CASE("a challenge that can be read in two ways is malformed") {
  struct Case {
    std::string text;
    std::string reason;
  };
  const auto [text, reason] = GENERATE(values<Case>({
      {R"(Bearer realm="https://a",realm="https://b")", "says \"realm\" twice"},
      {R"(Bearer realm="https://a)", "has a string without an end"},
      {R"(Bearer realm="a" service="b")", "has no comma between parameters"},
      {R"("Bearer")", "has no scheme"},
      {"Bearer=x", "has a scheme that is no token"},
  }));
  const auto parsed = parse_challenges(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().kind() == Outcome::malformed);
  CHECK_THAT(parsed.error().message(), Catch::Contains(reason));
}

TEST_CASE("a challenge field has bounds") {
  std::string many;
  for (int i = 0; i < 40; ++i) many += "a" + std::to_string(i) + "=1,";
  CHECK_THAT(parse_challenges("Bearer " + many).error().message(), Catch::Contains("too many parameters"));
  std::string schemes;
  for (int i = 0; i < 40; ++i) schemes += "Basic,";
  CHECK_THAT(parse_challenges(schemes).error().message(), Catch::Contains("too many challenges"));
}
