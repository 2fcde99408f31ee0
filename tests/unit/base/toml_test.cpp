#include "base/toml.h"

#include <catch2/catch.hpp>

#include "base/limits.h"

using namespace hallmark;
using base::Toml;

namespace {

Toml read(std::string_view text) {
  auto toml = Toml::parse(text, "c.toml");
  INFO(text << (toml ? "" : "\n" + toml.error().message()));
  REQUIRE(toml);
  return *std::move(toml);
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

}  // namespace

TEST_CASE("a TOML document is read by type, in the order of the file") {
  const auto toml = read(
      "version = 3\n# z\xC3\xA4hler\n[z.\"a.b\"]\nname = 'x'\non = true\n[a]\nlist = [\"p\", 1, [2]]\nwhen = "
      "2026-01-01\nratio = 1.5\n");
  REQUIRE(toml.as_table() != nullptr);
  CHECK(toml.as_table()->at(1).key == "z");
  CHECK(toml.as_table()->at(2).key == "a");
  CHECK(*toml.find("version")->as_integer() == 3);
  const auto* dotted = toml.find("z")->find("a.b");
  REQUIRE(dotted != nullptr);
  CHECK(*dotted->find("name")->as_string() == "x");
  CHECK(*dotted->find("on")->as_boolean());
  CHECK(dotted->find("on")->line() == 5);
  const auto* list = toml.find("a")->find("list")->as_array();
  REQUIRE(list != nullptr);
  CHECK(*list->at(0).as_string() == "p");
  CHECK(*list->at(2).as_array()->at(0).as_integer() == 2);
  for (const char* odd : {"when", "ratio"}) {
    const auto* value = toml.find("a")->find(odd);
    REQUIRE(value != nullptr);
    CHECK((value->as_string() == nullptr && value->as_integer() == nullptr && value->as_boolean() == nullptr &&
           value->as_array() == nullptr && value->as_table() == nullptr));
  }
  CHECK(toml.find("none") == nullptr);
  CHECK(toml.find("version")->find("x") == nullptr);
}

TEST_CASE("what is not TOML is refused with file and line [attack 23]") {
  struct Case {
    std::string text;
    std::string reason;
  };
  const auto [text, reason] = GENERATE(values<Case>({
      {"a = 1\na = 2", "c.toml:2:"},
      {"a = ", "c.toml:1:"},
      {"[a]\n[a]\n", "c.toml:2:"},
      {"[&a]", "c.toml:1:"},
      {"a = \"\xC3\xA4\"", "c.toml:1: expected ASCII outside of comments"},
      {"a = 1\n# it's \xC3\xA4", "c.toml:2: expected ASCII outside of comments"},
      {"a = 99999999999999999999", "c.toml:1:"},
      {"a = \"\\u0000", "c.toml:1:"},
      {std::string("a = 1\n\0", 7), "c.toml:2:"},
  }));
  const auto toml = Toml::parse(text, "c.toml");
  INFO(text);
  REQUIRE_FALSE(toml);
  CHECK(toml.error().kind() == Outcome::malformed);
  CHECK_THAT(toml.error().message(), Catch::Contains(reason));
}

TEST_CASE("nesting in TOML ends before the stack does [attack 23]") {
  const std::string text = GENERATE("a" + repeated(".a", 400'000) + " = 1", "[a" + repeated(".a", 400'000) + "]",
                                    "a = " + repeated("[", 100'000), "a = " + repeated("{a=", 100'000),
                                    "a = [\n" + repeated("{" + repeated("a.", 100) + "a = [\n", 100));
  REQUIRE_FALSE(Toml::parse(text, "c.toml"));
  CHECK(Toml::parse("a" + repeated(".a", limits::toml_dots) + " = 1", "c.toml"));
}
