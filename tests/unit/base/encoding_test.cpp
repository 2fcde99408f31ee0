#include "base/encoding.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using namespace hallmark::base;

TEST_CASE("base64 gives the vectors of RFC 4648 in both directions") {
  struct Case {
    std::string_view plain;
    std::string_view text;
  };
  const auto [plain, text] = GENERATE(values<Case>({
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xfb\xff\xfe", "+//+"},
  }));
  CHECK(base64_encode(as_bytes(plain)) == text);
  CHECK(base64_decode(text).value() == to_bytes(plain));
  CHECK(base64_decode_any(text).value() == to_bytes(plain));
}

TEST_CASE("base64 of large and odd sizes comes back as it was") {
  const std::size_t size = GENERATE(1u, 100u, 65537u, (3u << 20) + 1u);
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + (i >> 8u));
  CHECK(base64_decode(base64_encode(bytes)).value() == bytes);
}

TEST_CASE("strict base64 takes one text per value") {
  struct Case {
    std::string_view text;
    std::string_view reason;
  };
  const auto [text, reason] = GENERATE(values<Case>({
      {"Zg", "multiple of 4"},
      {"Zg=", "multiple of 4"},
      {"Zm9v\n", "multiple of 4"},
      {"Zm9v\n\n\n\n", "unexpected byte at position 4"},
      {" Zm9", "unexpected byte at position 0"},
      {"Zm9v====", "unexpected byte at position 4"},
      {"Z===", "unexpected byte at position 1"},
      {"====", "unexpected byte at position 0"},
      {"Zg==Zg==", "unexpected byte at position 2"},
      {"-__-", "unexpected byte at position 0"},
      {"Zh==", "bits are left over"},
      {"Zm9=", "bits are left over"},
      {"Zm\x00v", "multiple of 4"},
  }));
  const auto bytes = base64_decode(text);
  CAPTURE(text);
  REQUIRE_FALSE(bytes);
  CHECK(bytes.error().kind() == Outcome::malformed);
  CHECK_THAT(bytes.error().message(), Catch::Contains(std::string(reason)));
}

TEST_CASE("lenient base64 takes both alphabets, padded or not, and nothing else") {
  CHECK(base64_decode_any("-__-").value() == to_bytes("\xfb\xff\xfe"));
  CHECK(base64_decode_any("Zg").value() == to_bytes("f"));
  CHECK(base64_decode_any("Zm8").value() == to_bytes("fo"));
  CHECK(base64_decode_any("Zg==").value() == to_bytes("f"));
  const std::string_view bad = GENERATE("-/-/", "Z", "Zm9vY", "Zg=", "Zg===", "Zm 9", "Zh", "Zm9\n");
  CAPTURE(bad);
  CHECK_FALSE(base64_decode_any(bad));
}

TEST_CASE("hex is lower case and even") {
  CHECK(hex_encode(as_bytes(std::string_view("\x00\x7f\xff", 3))) == "007fff");
  CHECK(hex_decode("007fff").value() == Bytes{0x00, 0x7f, 0xff});
  CHECK(hex_decode("").value().empty());
  CHECK_THAT(hex_decode("abc").error().message(), Catch::Contains("odd number"));
  CHECK_THAT(hex_decode("00FF").error().message(), Catch::Contains("position 2"));
  CHECK_THAT(hex_decode("0g").error().message(), Catch::Contains("position 1"));
}

TEST_CASE("percent-encoding comes back as it was, and half an escape is an error") {
  CHECK(percent_encode("a b/ü~-._") == "a%20b%2F%C3%BC~-._");
  CHECK(percent_encode("a/b c", "/") == "a/b%20c");
  CHECK(percent_decode("a%20b%2f%C3%BC+").value() == "a b/ü+");
  CHECK(percent_decode("%00").value() == std::string(1, '\0'));
  CHECK(percent_decode("").value().empty());
  const std::string bytes = "\x01\x7f%&=#?\xff";
  CHECK(percent_decode(percent_encode(bytes)).value() == bytes);
  for (const char* text : {"%", "%4", "a%", "%zz", "%4g", "%-1", "% 1", "%%41"}) {
    const auto decoded = percent_decode(text);
    CAPTURE(text);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().kind() == Outcome::malformed);
  }
}

TEST_CASE("foreign text cannot rearrange the line it is shown in") {
  struct Case {
    std::string_view foreign;
    std::string_view shown;
  };
  const auto [foreign, shown] = GENERATE(values<Case>({
      {"plain text", "plain text"},
      {"größe 日本 🎉", "größe 日本 🎉"},
      {"a\nb\r\x1b[31m", "a\\x0ab\\x0d\\x1b[31m"},
      {"\x7f", "\\x7f"},
      {"\xc2\x9b", "\\xc2\\x9b"},  // a C1 control: CSI
      {"\xe2\x80\xae"
       "evil",
       "\\xe2\\x80\\xaeevil"},              // right-to-left override
      {"\xe2\x81\xa6", "\\xe2\\x81\\xa6"},  // isolate
      {"\xd8\x9c", "\\xd8\\x9c"},           // Arabic letter mark
      {"\xef\xbb\xbf", "\\xef\\xbb\\xbf"},  // byte order mark
      {"\xff\xc0\x80", "\\xff\\xc0\\x80"},  // no UTF-8
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},  // a surrogate
      {"\xe2\x82", "\\xe2\\x82"},           // cut off
  }));
  CHECK(printable(foreign) == shown);
}

TEST_CASE("foreign text that is too long is cut between characters") {
  CHECK(printable("abcdef", 6) == "abcdef");
  CHECK(printable("abcdef", 5) == "abcde…");
  CHECK(printable("ab\xc3\xb6", 3) == "ab…");
  CHECK(printable("ab\n", 4) == "ab…");
}
