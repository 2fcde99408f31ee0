#include "base/json.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using base::Json;

TEST_CASE("a document is read with its types and the order of its keys") {
  const auto json = Json::parse(
      as_bytes(R"( {"z":[1,-2,0.5,1e3],"a":{"t":true,"f":false,"n":null},"s":"\u00e4\ud83c\udf89\n\u0000"} )"), "test");
  REQUIRE(json);
  REQUIRE(json->is_object());
  const auto& members = *json->as_object();
  REQUIRE(members.size() == 3);
  CHECK(members[0].first == "z");
  CHECK(members[1].first == "a");
  const auto& items = *json->find("z")->as_array();
  CHECK(items[0].as_integer() == 1);
  CHECK(items[1].as_integer() == -2);
  CHECK_FALSE(items[2].is_integer());
  CHECK(items[2].as_double() == 0.5);
  CHECK(items[3].as_double() == 1000.0);
  CHECK(json->find("a")->find("t")->as_bool() == true);
  CHECK(json->find("a")->find("n")->is_null());
  CHECK(*json->find("s")->as_string() == std::string("ä🎉\n\0", 8));
  CHECK(json->find("nothing") == nullptr);
}

TEST_CASE("integers at the edges of 64 bits are exact") {
  CHECK(Json::parse(as_bytes("9223372036854775807"), "n").value().as_integer() == INT64_MAX);
  CHECK(Json::parse(as_bytes("-9223372036854775808"), "n").value().as_integer() == INT64_MIN);
  CHECK(Json::parse(as_bytes("-0"), "n").value().as_integer() == 0);
}

TEST_CASE("look-ups on another type find nothing") {
  const Json text("abc");
  CHECK(text.find("a") == nullptr);
  CHECK(text.as_object() == nullptr);
  CHECK(text.as_array() == nullptr);
  CHECK_FALSE(text.as_integer());
  CHECK_FALSE(text.as_bool());
  CHECK_FALSE(text.as_double());
  CHECK(Json(1).as_string() == nullptr);
}

TEST_CASE("what is written is compact, in the order given, and reads back the same") {
  Json document = Json::object({{"b", 1}, {"a", Json::Array{true, nullptr == nullptr, Json(), "x"}}});
  document.set("text", "<&> \"quoted\" back\\slash\ttab\n\r\x01 ä🎉");
  document.set("number", 2.0);
  document.set("b", 3);
  const std::string text = document.dump();
  CHECK(text ==
        R"({"b":3,"a":[true,true,null,"x"],"text":"<&> \"quoted\" back\\slash\ttab\n\r\u0001 ä🎉","number":2.0})");
  CHECK(Json::parse(as_bytes(text), "again").value() == document);
}

TEST_CASE("pretty printing indents and leaves empty ones on their line") {
  Json document;
  document.set("list", Json::Array{1, 2});
  document.set("none", Json::Object{});
  CHECK(document.dump(2) == "{\n  \"list\": [\n    1,\n    2\n  ],\n  \"none\": {}\n}");
}

TEST_CASE("writing is always valid JSON, whatever the text") {
  CHECK(Json("\xff"
             "a\xed\xa0\x80")
            .dump() ==
        "\"\xEF\xBF\xBD"
        "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  CHECK(Json(1e300).dump() == "1e+300");
  CHECK(Json(std::numeric_limits<double>::infinity()).dump() == "null");
}

TEST_CASE("lists and maps are built step by step") {
  Json list;
  list.push_back("a");
  list.push_back(Json());
  CHECK(list.dump() == R"(["a",null])");
  CHECK(Json::from({{"k", "v"}, {"a", "b"}}).dump() == R"({"a":"b","k":"v"})");
}
