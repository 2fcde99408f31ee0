#include "node/image_pattern.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using node::ImagePattern;

namespace {

bool matches(std::string_view pattern, std::string_view image) {
  const auto parsed = ImagePattern::parse(pattern);
  REQUIRE(parsed);
  return parsed->matches(image);
}

}  // namespace

TEST_CASE("patterns for images match as kubelet says") {
  struct Case {
    std::string pattern;
    std::string image;
    bool match;
  };
  const auto [pattern, image, match] = GENERATE(values<Case>({
      {"registry.example", "registry.example/app", true},
      {"registry.example", "registry.example", true},
      {"https://registry.example", "registry.example/app", true},
      {"*.registry.example", "a.registry.example/app", true},
      {"*.registry.example", "registry.example/app", false},
      {"*.registry.example", "a.b.registry.example/app", false},
      {"*.*.registry.example", "a.b.registry.example/app", true},
      {"app*.registry.example", "app-7.registry.example/x", true},
      {"app*.registry.example", "my-app.registry.example/x", false},
      {"*-*.registry.example", "a-b-c.registry.example/x", true},
      {"registry.*", "registry.example/app", true},
      {"*", "localhost/app", true},
      {"*", "registry.example/app", false},
      {"registry.example:8080/path", "registry.example:8080/path/app", true},
      {"registry.example:8080/path", "registry.example:8080/pathology", true},
      {"registry.example:8080/path", "registry.example:8080/other", false},
      {"registry.example:8080", "registry.example/app", false},
      {"registry.example", "registry.example:8080/app", false},
      {"Registry.Example/App", "registry.example/App/x", true},
      {"Registry.Example/App", "registry.example/app/x", false},
      {"https://index.docker.io/v1/", "index.docker.io/library/x", true},
      {"registry.example/v2/team", "registry.example/team/app", true},
      {"[::1]:5000", "[::1]:5000/app", true},
      {"[::1]:5000", "[::2]:5000/app", false},
  }));
  INFO(pattern << " " << image);
  CHECK(matches(pattern, image) == match);
}

TEST_CASE("a login is never for a registry with another name [attack 33]") {
  const std::string image =
      GENERATE(as<std::string>(), "registry.example.evil.example/app", "evilregistry.example/app",
               "registry.example:443/app", "registry-example/app", "evil.example/registry.example/app",
               "registry.example@evil.example/app", "registry.exampleevil/app", "aregistry.example/app");
  INFO(image);
  CHECK_FALSE(matches("registry.example", image));
  CHECK_FALSE(matches("registry.example/app", image));
}

TEST_CASE("what is no pattern is refused") {
  struct Case {
    std::string text;
    std::string reason;
  };
  const auto [text, reason] = GENERATE(values<Case>({
      {"", "the host is wrong"},
      {"/path", "the host is wrong"},
      {".example", "the host is wrong"},
      {"a..example", "the host is wrong"},
      {"registry.example:80*", "the port is no number"},
      {"registry.example:http", "the port is no number"},
      {"registry.example/a*", "a star may stand in the host alone"},
      {"user@registry.example", "expected host[:port][/path]"},
      {"registry.example?x", "expected host[:port][/path]"},
      {"r\xC3\xA4.example", "the host is wrong"},
      {std::string(600, 'a'), "longer than any name"},
  }));
  INFO(text);
  const auto pattern = ImagePattern::parse(text);
  REQUIRE_FALSE(pattern);
  CHECK(pattern.error().kind() == Outcome::config);
  CHECK_THAT(pattern.error().message(), Catch::Contains(reason));
}
