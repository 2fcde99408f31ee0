#include "hallmark/digest.h"

#include <catch2/catch.hpp>

using namespace hallmark;

namespace {
const std::string kEmptySha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
struct Case {
  std::string text;
  std::string reason;
};
}  // namespace

TEST_CASE("a digest is read and written back as it was") {
  const auto text =
      GENERATE("sha256:" + std::string(64, 'a'), "sha384:" + std::string(96, '0'), "sha512:" + std::string(128, 'f'));
  const auto digest = Digest::parse(text);
  REQUIRE(digest);
  CHECK(digest->text() == text);
  CHECK(std::string(digest->algorithm_name()) + ":" + digest->hex() == text);
  CHECK(digest->tag() == text.substr(0, 6) + "-" + digest->hex());
}

TEST_CASE("a digest that is not one exact text is refused [attack 27]") {
  const auto [text, reason] = GENERATE(values<Case>({
      {"", "expected sha256:"},
      {"sha256", "expected sha256:"},
      {"sha256:", "expected 64 hex digits after sha256:, found 0"},
      {"sha256:abc", "expected 64 hex digits after sha256:, found 3"},
      {"sha256:" + std::string(63, 'a'), "expected 64 hex digits after sha256:, found 63"},
      {"sha256:" + std::string(65, 'a'), "expected 64 hex digits after sha256:, found 65"},
      {"sha256:" + std::string(64, 'A'), "expected lower-case hex digits only"},
      {"sha256:" + std::string(63, 'a') + "g", "expected lower-case hex digits only"},
      {"sha256:" + std::string(63, 'a') + "\n", "expected lower-case hex digits only"},
      {"sha256:" + std::string(63, 'a') + std::string(1, '\0'), "expected lower-case hex digits only"},
      {"sha256:../../x", "expected 64 hex digits"},
      {"sha256:" + std::string(61, '.') + "/./", "expected lower-case hex digits only"},
      {"sha512:" + std::string(64, 'a'), "expected 128 hex digits after sha512:, found 64"},
      {"sha384:" + std::string(64, 'a'), "expected 96 hex digits after sha384:, found 64"},
      {"SHA256:" + std::string(64, 'a'), "expected sha256:, sha384: or sha512:"},
      {" sha256:" + std::string(64, 'a'), "expected sha256:, sha384: or sha512:"},
      {"md5:0123", "expected sha256:, sha384: or sha512:"},
      {"sha1:" + std::string(40, 'a'), "expected sha256:, sha384: or sha512:"},
      {"sha256%3a" + std::string(64, 'a'), "expected sha256:"},
      {"sha256+b64:" + std::string(64, 'a'), "expected sha256:, sha384: or sha512:"},
  }));
  const auto digest = Digest::parse(text);
  REQUIRE_FALSE(digest);
  CHECK(digest.error().kind() == Outcome::malformed);
  CHECK_THAT(digest.error().message(), Catch::Contains(reason));
}

TEST_CASE("the message of a refused digest is printable and short") {
  const auto digest = Digest::parse("sha256:\x1b[31m" + std::string(10'000, 'x'));
  REQUIRE_FALSE(digest);
  CHECK(digest.error().message().find('\x1b') == std::string::npos);
  CHECK(digest.error().message().size() < 400);
}

TEST_CASE("a digest is computed and compared") {
  const auto empty = Digest::of({});
  CHECK(empty.hex() == kEmptySha256);
  CHECK(empty.matches({}));
  CHECK_FALSE(empty.matches(as_bytes("x")));
  CHECK(empty == *Digest::parse("sha256:" + kEmptySha256));
  // FIPS 180-4's examples for "abc"
  CHECK(Digest::of(as_bytes("abc"), DigestAlgorithm::sha512).hex().starts_with("ddaf35a193617aba"));
  CHECK(Digest::of(as_bytes("abc"), DigestAlgorithm::sha384).hex().starts_with("cb00753f45a35e8b"));
}

TEST_CASE("the same hex under two algorithms is two digests [attack 12]") {
  CHECK(Digest::of(as_bytes("abc")) != Digest::of(as_bytes("abc"), DigestAlgorithm::sha512));
}
