// What may stand in a file that should be YAML.
#include <catch2/catch.hpp>

#include "base/limits.h"
#include "base/yaml.h"

using namespace hallmark;
using base::Yaml;

namespace {

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  text.reserve(piece.size() * times);
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

struct Case {
  std::string text;
  std::string reason;
};

void check_refused(const std::string& text, const std::string& reason) {
  const auto yaml = Yaml::parse(text, "p.yaml");
  CAPTURE(text.substr(0, 60));
  REQUIRE_FALSE(yaml);
  CHECK(yaml.error().kind() == Outcome::malformed);
  CHECK_THAT(yaml.error().message(), Catch::StartsWith("p.yaml:"));
  CHECK_THAT(yaml.error().message(), Catch::Contains(reason));
}

}  // namespace

TEST_CASE("YAML that two readers could take for two documents is refused with its place [attack 37]") {
  const auto [text, reason] = GENERATE(values<Case>({
      {"", "1:1: empty"},
      {"# only a comment\n", "empty"},
      {"~\n", "empty"},
      {"a: 1\nb: 2\na: 3\n", "3:1: duplicate key \"a\""},
      {"a: 1\n\"a\": 3\n", "2:1: duplicate key"},
      {"a: 1\n? a\n: 2\n", "duplicate key"},
      {"match: 1\nMatch: 3\n", "duplicate key \"Match\""},
      {"{\"a\":1,\"\\u0061\":2}", "1:8: duplicate key \"a\""},
      {"a: {b: 1, b: 2}", "duplicate key \"b\""},
      {"a: &x 1\n", "1:4: anchors are not allowed"},
      {"&x a: 1\n", "anchors are not allowed"},
      {"a: &x {b: 1}\n", "anchors are not allowed"},
      {"a: &x\n", "anchors are not allowed"},
      {"a: &x 1\nb: *x\n", "anchors are not allowed"},
      {"a: *x\n", "1:4: "},
      {"a: 1\n<<: {b: 1}\n", "2:1: merge keys are not allowed"},
      {"a: !!str 1\n", "1:4: tags are not allowed"},
      {"a: ! 1\n", "tags are not allowed"},
      {"a: !local 1\n", "tags are not allowed"},
      {"a: !<tag:yaml.org,2002:str> 1\n", "tags are not allowed"},
      {"!!map {a: 1}\n", "tags are not allowed"},
      {"!!str a: 1\n", "tags are not allowed"},
      {"a: !!seq [1]\n", "tags are not allowed"},
      {"a: !!null\n", "tags are not allowed"},
      {"%YAML 1.2\n---\na: 1\n", "directives are not allowed"},
      {"a: 1\n---\nb: 1\n", "a second document"},
      {"a: 1\n...\n---\nb: 1\n", "a second document"},
      {"? [a, b]\n: 1\n", "a key must be text"},
      {"{[a]: 1}", "a key must be text"},
      {"? {a: 1}\n: 1\n", "a key must be text"},
      {"~: 1\n", "a key is missing"},
      {": 1\n", "a key is missing"},
      {"a: [1, 2\n", "not valid YAML"},
      {"a: {b: 1\n", "not valid YAML"},
      {"a: \"open\n", "1:4: a quoted text has no end"},
      {"a: 'open\n", "a quoted text has no end"},
      {"a: 'it''s\n", "no"},
      {"\"a: 1\n", "no"},
      {"a: 1\n b: 2\n", "not valid YAML"},
      {"a: 1\n\tb: 2\n", "not valid YAML"},
      {"a: \"\\ud83d\"\n", "not valid YAML"},
      {"a: \"\\q\"\n", "not valid YAML"},
      {"a: 'x' y\n", "not valid YAML"},
      {"a: b: c\n", "not valid YAML"},
      {"a: @x\n", "not valid YAML"},
      {"[1] x\n", ""},
  }));
  check_refused(text, reason);
}

TEST_CASE("YAML in anything but plain UTF-8 is refused with its place [attack 23]") {
  const auto [text, reason] = GENERATE(values<Case>({
      {"a: \xFF\n", "1:4: not valid UTF-8"},
      {"b: 1\na: \xC0\x80\n", "2:4: not valid UTF-8"},
      {"a: \xED\xA0\x80\n", "not valid UTF-8"},
      {"\xEF\xBB\xBF"
       "a: 1\n",
       "1:1: a control character"},
      {std::string("a: 1\n\0b: 1\n", 11), "2:1: a control character"},
      {"a: 1\n\x04"
       "b: 2\n",
       "2:1: a control character"},
      {"a: 1\rb: 2\n", "a control character"},
      {"a: 1\xE2\x80\xA8"
       "b: 2\n",
       "a control character"},
      {"a: 1\xC2\x85"
       "b: 2\n",
       "a control character"},
      {"a: \x1B[31m\n", "a control character"},
      {"a: \x7F\n", "a control character"},
      {std::string("\xFF\xFE"
                   "a\0:\0",
                   6),
       "not valid UTF-8"},
  }));
  check_refused(text, reason);
}

TEST_CASE("YAML beyond a limit is refused without much work [attack 22, 23]") {
  check_refused(repeated("[", 200'000), "1:1: ");
  check_refused(repeated("{a: ", 200'000), "1:1: ");
  check_refused(repeated("[", 65) + repeated("]", 65), "1:65: nested deeper than the limit of 64");
  check_refused(repeated("{a: ", 65) + repeated("}", 65), "nested deeper");
  check_refused("a: [" + repeated("1,", limits::yaml_values + 1) + "1]", "more than the limit of 524288 values");
  check_refused("a: \"" + repeated("x", limits::yaml_bytes) + "\"", "more than the limit of 4 MiB");
  std::string deep;
  for (std::size_t i = 0; i < 70; ++i) deep += repeated(" ", i) + "a:\n";
  check_refused(deep, "nested deeper");
  check_refused(repeated("- ", 10'000), "nested deeper");
}

TEST_CASE("YAML at its limits is taken") {
  CHECK(Yaml::parse(repeated("[", limits::yaml_depth) + repeated("]", limits::yaml_depth), "p.yaml"));
  CHECK(Yaml::parse("a: \"" + repeated("x", 1u << 20) + "\"", "p.yaml"));
}
