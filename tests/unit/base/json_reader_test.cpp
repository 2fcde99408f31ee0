#include <catch2/catch.hpp>
#include <chrono>

#include "base/json.h"
#include "base/limits.h"

using namespace hallmark;
using base::Json;
using base::JsonReader;

namespace {

Json parsed(std::string_view text) { return Json::parse(as_bytes(text), "manifest").value(); }

template <class T>
void check_error(const Result<T>& result, const std::string& message) {
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == Outcome::malformed);
  CHECK(result.error().message() == message);
}

}  // namespace

TEST_CASE("a reader takes what is there") {
  const Json json = parsed(
      R"({"s":"x","n":7,"i":-3,"t":"-12","b":"Zm9v","o":{"k":"v"},"l":[{"a":1},{"a":2}],"m":{"x":"1","y":"2"},"z":null})");
  const JsonReader manifest(json, "manifest");
  CHECK(manifest.expect_object());
  CHECK(manifest.string("s").value() == "x");
  CHECK(manifest.size("n").value() == 7);
  CHECK(manifest.integer("i").value() == -3);
  CHECK(manifest.integer("t").value() == -12);
  CHECK(manifest.base64("b").value() == to_bytes("foo"));
  CHECK(manifest.at("o").value().string("k").value() == "v");
  CHECK(manifest.array("l").value()[1].size("a").value() == 2);
  CHECK(manifest.string_map("m").value() == std::map<std::string, std::string>{{"x", "1"}, {"y", "2"}});
  CHECK(manifest.has("s"));
  CHECK_FALSE(manifest.has("z"));
  CHECK_FALSE(manifest.has("nothing"));
}

TEST_CASE("what may be absent may be null, too") {
  const Json json = parsed(R"({"z":null})");
  const JsonReader manifest(json, "manifest");
  for (const auto* key : {"z", "nothing"}) {
    CHECK(manifest.string_or(key, "fallback").value() == "fallback");
    CHECK(manifest.array(key).value().empty());
    CHECK(manifest.string_map(key).value().empty());
  }
}

TEST_CASE("errors name the path and what was found there") {
  const Json json =
      parsed(R"({"config":{"size":"12","neg":-1,"frac":1.5,"exp":1e3,"digest":7},"layers":[{"size":1},{"size":[]}],)"
             R"("a":{"x":1},"t":"012","u":"99999999999999999999","b":"Zg","bad\u001b":true})");
  const JsonReader manifest(json, "manifest");
  const JsonReader config = manifest.at("config").value();
  check_error(config.size("size"), "manifest.config.size: expected an integer of 0 or more, found a string");
  check_error(config.size("neg"), "manifest.config.neg: expected an integer of 0 or more, found a negative integer");
  check_error(config.size("frac"),
              "manifest.config.frac: expected an integer of 0 or more, found a number with a fraction or exponent");
  check_error(config.size("exp"),
              "manifest.config.exp: expected an integer of 0 or more, found a number with a fraction or exponent");
  check_error(config.string("digest"), "manifest.config.digest: expected a string, found an integer");
  check_error(config.string("none"), "manifest.config.none: missing");
  check_error(manifest.array("layers").value()[1].size("size"),
              "manifest.layers[1].size: expected an integer of 0 or more, found an array");
  check_error(manifest.string_map("a"), "manifest.a.x: expected a string, found an integer");
  check_error(manifest.string_map("layers"), "manifest.layers: expected an object, found an array");
  check_error(manifest.array("config"), "manifest.config: expected an array, found an object");
  check_error(manifest.string_or("config", ""), "manifest.config: expected a string, found an object");
  check_error(manifest.integer("config"), "manifest.config: expected an integer, found an object");
  check_error(manifest.integer("t"), "manifest.t: expected an integer, found \"012\"");
  check_error(manifest.integer("u"), "manifest.u: expected an integer, found \"99999999999999999999\"");
  check_error(manifest.base64("b"), "manifest.b: not base64: the length is not a multiple of 4");
  check_error(manifest.string("bad\x1b"), "manifest.bad\\x1b: expected a string, found true or false");
}

TEST_CASE("a reader on something else than an object says so") {
  const Json json = parsed("[1]");
  const JsonReader manifest(json, "manifest");
  const std::string message = "manifest: expected an object, found an array";
  check_error(manifest.expect_object(), message);
  check_error(manifest.string("a"), message);
  check_error(manifest.string_or("a", ""), message);
  check_error(manifest.array("a"), message);
  check_error(manifest.string_map("a"), message);
  check_error(manifest.at("a"), message);
}

TEST_CASE("a map of as many names as a document may have is read in one pass [attack 23]") {
  std::string text = R"({"annotations":{)";
  for (std::size_t i = 0; i + 2 < limits::json_values; ++i)
    text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":\"\"";
  const Json json = parsed(text + "}}");
  const auto start = std::chrono::steady_clock::now();
  const auto map = JsonReader(json, "manifest").string_map("annotations");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
  REQUIRE(map);
  CHECK(map->size() == limits::json_values - 2);
}
