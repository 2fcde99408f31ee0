#include "base/yaml.h"

#include <catch2/catch.hpp>

#include "base/limits.h"

using namespace hallmark;
using base::Yaml;
using base::YamlOptions;

namespace {

Yaml read(std::string_view text) {
  auto yaml = Yaml::parse(text, "p.yaml");
  INFO(text << (yaml ? "" : "\n" + yaml.error().message()));
  REQUIRE(yaml);
  return *std::move(yaml);
}

}  // namespace

TEST_CASE("a YAML node knows its line, column and offset") {
  const std::string text = "# policy\nversion: 1\nrules:\n  - match: \"**\"\n    reject: no\xC3\xA4  # why\n";
  const auto yaml = read(text);
  REQUIRE(yaml.as_mapping() != nullptr);
  const auto& members = *yaml.as_mapping();
  REQUIRE(members.size() == 2);
  CHECK(members[1].key == "rules");
  CHECK(members[1].line == 3);
  const auto& rule = members[1].value.as_sequence()->front();
  CHECK(rule.line() == 4);
  CHECK(rule.column() == 5);
  const auto* match = rule.find("match");
  REQUIRE(match != nullptr);
  CHECK(match->line() == 4);
  CHECK(match->column() == 12);
  CHECK(match->style() == Yaml::Style::quoted);
  CHECK(text.substr(match->offset(), 4) == "\"**\"");
  const auto* reject = rule.find("reject");
  REQUIRE(reject != nullptr);
  CHECK(*reject->as_scalar() == "no\xC3\xA4");
  CHECK(text.substr(reject->offset(), 4) == "no\xC3\xA4");
  CHECK(rule.find("require") == nullptr);
}

TEST_CASE("JSON is read as the YAML it is, tabs and all") {
  const auto yaml = read("{\n\t\"version\":1,\n\t\"rules\":[{\"match\":\"a/b\\/\\u00e4\",\"n\":null,\"t\":true}]\n}\n");
  CHECK(yaml.find("version")->kind() == Yaml::Kind::integer);
  const auto& rule = yaml.find("rules")->as_sequence()->front();
  CHECK(*rule.find("match")->as_scalar() == "a/b/\xC3\xA4");
  CHECK(rule.find("match")->line() == 3);
  CHECK(rule.find("n")->kind() == Yaml::Kind::null);
  CHECK(rule.find("t")->kind() == Yaml::Kind::boolean);
}

TEST_CASE("a plain scalar is what the strictest reader takes it for [attack 37]") {
  struct Case {
    std::string text;
    Yaml::Kind kind;
  };
  const auto [text, kind] = GENERATE(values<Case>({
      {"true", Yaml::Kind::boolean},
      {"1", Yaml::Kind::integer},
      {"-12", Yaml::Kind::integer},
      {"no", Yaml::Kind::other},
      {"Yes", Yaml::Kind::other},
      {"on", Yaml::Kind::other},
      {"True", Yaml::Kind::other},
      {"0o7", Yaml::Kind::other},
      {"007", Yaml::Kind::other},
      {"0x1F", Yaml::Kind::other},
      {"1e3", Yaml::Kind::other},
      {"1.5", Yaml::Kind::other},
      {".5", Yaml::Kind::other},
      {"+1", Yaml::Kind::other},
      {"1_000", Yaml::Kind::other},
      {"1:30", Yaml::Kind::other},
      {".inf", Yaml::Kind::other},
      {"-.INF", Yaml::Kind::other},
      {".nan", Yaml::Kind::other},
      {"2026-01-01", Yaml::Kind::other},
      {"2026-01-01T08:00:00Z", Yaml::Kind::other},
      {"~", Yaml::Kind::null},
      {"null", Yaml::Kind::null},
      {"\"\"", Yaml::Kind::text},
      {"\"1\"", Yaml::Kind::text},
      {"'no'", Yaml::Kind::text},
      {"|-\n  no", Yaml::Kind::text},
      {"24h", Yaml::Kind::text},
      {"1m", Yaml::Kind::text},
      {"1.4-alpine", Yaml::Kind::text},
      {"127.0.0.1:5000/a", Yaml::Kind::text},
      {"registry.example:5000/a", Yaml::Kind::text},
      {"sha256:00", Yaml::Kind::text},
      {".hidden", Yaml::Kind::text},
  }));
  CAPTURE(text);
  CHECK(read("k: " + text).find("k")->kind() == kind);
}

TEST_CASE("a quoted scalar is text, and many keys are told apart") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "key" + std::to_string(i) + ": " + std::to_string(i) + "\n";
  CHECK(*read(text).find("key99")->as_scalar() == "99");
  CHECK_FALSE(Yaml::parse(text + "KEY7: 1\n", "p.yaml"));
}

TEST_CASE("several documents are for those who ask for them") {
  const std::string text = "---\na: 1\n---\n# nothing\n---\nb: 2\n...\n";
  CHECK_FALSE(Yaml::parse(text, "p.yaml"));
  const auto all = Yaml::parse_all(text, "p.yaml", {.fold_keys = false, .many_documents = true});
  REQUIRE(all);
  REQUIRE(all->size() == 2);
  CHECK(all->back().line() == 6);
  CHECK(text.substr(all->back().find("b")->offset(), 1) == "2");
  CHECK(Yaml::parse_all("a: 1\nA: 2\n", "p.yaml", {.fold_keys = false, .many_documents = true}));
}

TEST_CASE("what stands between documents is refused, not found there for ever [attack 21]") {
  const auto text = GENERATE(as<std::string>(), ",<<<: :01 1(", ", a", "a: 1\n---\n]\n");
  const auto all = Yaml::parse_all(text, "p.yaml", {.fold_keys = false, .many_documents = true});
  REQUIRE_FALSE(all);
  CHECK_THAT(all.error().message(), Catch::Contains("not valid YAML"));
}
