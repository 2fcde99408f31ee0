// What a registry may send instead of JSON.
#include <catch2/catch.hpp>
#include <string>

#include "base/json.h"
#include "base/limits.h"

using namespace hallmark;
using base::Json;

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
  const auto json = Json::parse(as_bytes(text), "manifest");
  CAPTURE(text.substr(0, 60));
  REQUIRE_FALSE(json);
  CHECK(json.error().kind() == Outcome::malformed);
  CHECK_THAT(json.error().message(), Catch::StartsWith("manifest: "));
  CHECK_THAT(json.error().message(), Catch::Contains(reason));
}

}  // namespace

TEST_CASE("JSON that is no JSON, or more than JSON, is refused [attack 23]") {
  const auto [text, reason] = GENERATE(values<Case>({
      {"", "empty"},
      {" ", "unexpected end of input"},
      {"{", "unexpected end of input"},
      {"{}{}", "expected end of input"},
      {"{} x", "byte 4: invalid literal"},
      {"[1,]", "unexpected ']'"},
      {"{\"a\":1,}", "expected string literal"},
      {"{'a':1}", "not valid JSON at byte 2"},
      {"{a:1}", "not valid JSON at byte 2"},
      {"// c\n{}", "not valid JSON at byte 1"},
      {"NaN", "invalid literal"},
      {"[Infinity]", "invalid literal"},
      {"01", "expected end of input"},
      {"+1", "invalid literal"},
      {".5", "invalid literal"},
      {"0x10", "byte 2: invalid literal"},
      {"\"tab\there\"", "control character"},
      {"\"\\x41\"", "forbidden character after backslash"},
      {"\"open", "missing closing quote"},
      {"\xEF\xBB\xBF{}", "byte order mark"},
      {std::string("{}\0", 3), "a NUL byte"},
      {std::string("{}\0{\"a\":1}", 10), "a NUL byte"},
      {std::string("\"a\0b\"", 5), "a NUL byte"},
      {"{\"\\u0000digest\":1}", "key with a NUL"},
      {"{\"digest\\u0000\":1}", "key with a NUL"},
      {"\"\xff\"", "ill-formed UTF-8"},
      {"\"\xc0\xaf\"", "ill-formed UTF-8"},
      {"\"\xed\xa0\x80\"", "ill-formed UTF-8"},
      {"\"\xf4\x90\x80\x80\"", "ill-formed UTF-8"},
      {"\"\xe2\x82\"", "ill-formed UTF-8"},
      {"{\"\xff\":1}", "ill-formed UTF-8"},
      {"\"\\ud800\"", "surrogate"},
      {"\"\\udc00\"", "surrogate"},
      {"\"\\ud800\\u0041\"", "surrogate"},
      {"\"\\ud800\\ud800\"", "surrogate"},
      {"\xff\xfe{\x00}", "not valid JSON"},
  }));
  check_refused(text, reason);
}

TEST_CASE("numbers that do not fit are refused instead of rounded [attack 22]") {
  const auto [text, reason] = GENERATE(values<Case>({
      {"9223372036854775808", "does not fit 64 bits"},
      {"-9223372036854775809", "does not fit 64 bits"},
      {"18446744073709551616", "does not fit 64 bits"},
      {"1" + std::string(400, '0'), "number overflow"},
      {"1e999", "number overflow"},
      {"-1e999", "number overflow"},
  }));
  check_refused(text, reason);
}

TEST_CASE("duplicate keys and keys that differ only in case are refused [attack 24]") {
  const auto [text, reason] = GENERATE(values<Case>({
      {R"({"digest":1,"digest":2})", "duplicate key \"digest\""},
      {R"({"digest":1,"a":1,"\u0064igest":2})", "duplicate key \"digest\""},
      {R"({"a":[{"x":{"mediaType":1,"mediaType":1}}]})", "duplicate key \"mediaType\""},
      {R"({"digest":1,"Digest":2})", "\"Digest\" differs from another only in upper and lower case"},
      {R"({"predicateType":1,"PREDICATETYPE":2})", "only in upper and lower case"},
      {R"({"layers":[],"layer\u017f":[]})", "only in upper and lower case"},  // what Go folds into an s
      {R"({"key":1,"\u212aey":2})", "only in upper and lower case"},          // the Kelvin sign, into a k
      {R"({"":1,"":2})", "duplicate key \"\""},
      {R"({"a\u001b[2J":1,"a\u001b[2J":2})", "duplicate key \"a\\x1b[2J\""},
  }));
  check_refused(text, reason);
}

TEST_CASE("the same key in different objects is no duplicate") {
  CHECK(Json::parse(as_bytes(R"([{"a":1},{"a":1},{"b":{"a":{"a":1}}}])"), "test"));
  CHECK(Json::parse(as_bytes("{\"\xc3\xa4\":1,\"\xc3\x84\":2}"), "test"));  // ä and Ä: nobody folds these into ASCII
}

TEST_CASE("nesting up to the limit is read, one more is refused, and 200,000 need no stack [attack 23]") {
  const std::size_t depth = limits::json_depth;
  CHECK(Json::parse(as_bytes(repeated("[", depth) + repeated("]", depth)), "deep"));
  CHECK(Json::parse(as_bytes(repeated("{\"a\":", depth - 1) + "{}" + repeated("}", depth - 1)), "deep"));
  check_refused(repeated("[", depth + 1) + repeated("]", depth + 1), "deeper than the limit of 64");
  check_refused(repeated("{\"a\":", depth) + "{}" + repeated("}", depth), "deeper than the limit of 64");
  check_refused(repeated("[", 200'000), "deeper than the limit of 64");
  check_refused(repeated("{\"a\":", 200'000), "deeper than the limit of 64");
}

TEST_CASE("a million keys or values stop at the limit [attack 23]") {
  std::string keys = "{";
  for (int i = 0; i < 1'000'000; ++i) keys += "\"k" + std::to_string(i) + "\":0,";
  keys.back() = '}';
  check_refused(keys, "more than the limit of 262144 values");
  check_refused("[" + repeated("1,", 1'000'000) + "1]", "more than the limit of 262144 values");
  check_refused("[" + repeated("{},", 1'000'000) + "{}]", "more than the limit of 262144 values");
}

TEST_CASE("a string of 100 MiB is read once, without more than its own size [attack 23]") {
  const std::string text = "\"" + std::string(100u << 20, 'a') + "\"";
  const auto json = Json::parse(as_bytes(text), "long");
  REQUIRE(json);
  CHECK(json->as_string()->size() == 100u << 20);
  check_refused("{\"a\":\"" + std::string(100u << 20, 'a'), "missing closing quote");
}

TEST_CASE("an error never repeats the bytes it is about") {
  const auto json = Json::parse(as_bytes("{\"a\": hunter2\x1b}"), "auth.json");
  REQUIRE_FALSE(json);
  CHECK_THAT(json.error().message(), !Catch::Contains("hunter2") && !Catch::Contains("\x1b"));
}
