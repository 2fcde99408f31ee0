#include "net/answer.h"

#include <catch2/catch.hpp>

#include "base/limits.h"

namespace hallmark::net {
namespace {

// The first error over these lines, or nothing.
std::string refusal(Answer& answer, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    if (auto taken = answer.header_line(line); !taken) {
      CHECK(taken.error().kind() == Outcome::malformed);
      return taken.error().message();
    }
  }
  return {};
}

}  // namespace

TEST_CASE("an answer keeps status and headers of its final block") {
  Answer answer({.limit = 10});
  CHECK(refusal(answer, {"HTTP/1.1 100 Continue\r\n", "X-Early: 1\r\n", "\r\n", "HTTP/2 201 \r\n", "Location:  /x \r\n",
                         "Empty:\r\n", "\r\n", "X-Trailer: 1\r\n", "\r\n"}) == "");
  CHECK(answer.status() == 201);
  CHECK(*answer.headers().find("location") == "/x");
  CHECK(answer.headers().find("Empty")->empty());
  CHECK(answer.headers().find("X-Early") == nullptr);
  CHECK(answer.headers().find("X-Trailer") == nullptr);
}

TEST_CASE("header lines that are none are refused") {
  struct Case {
    const char* line;
    const char* reason;
  };
  const auto [line, reason] = GENERATE(values<Case>({
      {"HTTP/1.1 99 X\r\n", "has no status"},
      {"HTTP/1.1 2000 X\r\n", "has no status"},
      {"HTTP/1.1\r\n", "has no status"},
      {"HTTP/1.1 abc\r\n", "has no status"},
      {"no colon\r\n", "is not \"name: value\""},
      {": value\r\n", "is not \"name: value\""},
      {"Na me: value\r\n", "is not \"name: value\""},
      {" folded\r\n", "is not \"name: value\""},
      {"Name: a\x01b\r\n", "is not \"name: value\""},
      {"Name: a\rb\r\n", "is not \"name: value\""},
  }));
  CAPTURE(line);
  Answer answer({});
  CHECK_THAT(refusal(answer, {line}), Catch::Contains(reason));
}

TEST_CASE("an answer packed against our wish is refused before it is unpacked [attack 25]") {
  Answer gzip({.limit = 10});
  CHECK_THAT(refusal(gzip, {"HTTP/1.1 200 OK\r\n", "Content-Encoding: gzip\r\n", "\r\n"}),
             Catch::Contains("content encoding \"gzip\", which was not asked for"));
  Answer transfer({.limit = 10});
  CHECK_THAT(refusal(transfer, {"HTTP/1.1 404 X\r\n", "Transfer-Encoding: gzip, chunked\r\n", "\r\n"}),
             Catch::Contains("transfer encoding \"gzip, chunked\""));
  Answer plain({.limit = 10});
  CHECK(refusal(plain, {"HTTP/1.1 200 OK\r\n", "Content-Encoding: Identity\r\n", "Transfer-Encoding: CHUNKED\r\n",
                        "\r\n"}) == "");
}

TEST_CASE("a body over its limit is refused by its announcement and by its bytes [attack 21]") {
  Answer announced({.limit = 10});
  CHECK_THAT(refusal(announced, {"HTTP/1.1 200 OK\r\n", "Content-Length: 11\r\n", "\r\n"}),
             Catch::Contains("announces a body of 11 bytes, more than 10"));
  Answer huge({.limit = 10});
  CHECK_THAT(refusal(huge, {"HTTP/1.1 200 OK\r\n", "Content-Length: 99999999999999999999999\r\n", "\r\n"}),
             Catch::Contains("announces a body"));
  Answer failed({.limit = 10});
  CHECK(refusal(failed, {"HTTP/1.1 404 X\r\n", "Content-Length: 65536\r\n", "\r\n"}) == "");
  Answer endless({.limit = 10});
  REQUIRE(refusal(endless, {"HTTP/1.1 200 OK\r\n", "\r\n"}) == "");
  REQUIRE(endless.keep(as_bytes("1234567890")));
  CHECK_THAT(endless.keep(as_bytes("1")).error().message(), Catch::Contains("body has more than 10 bytes"));
  CHECK(as_text(endless.body()) == "1234567890");
  Answer head({.limit = 10, .head = true});
  CHECK(refusal(head, {"HTTP/1.1 200 OK\r\n", "Content-Length: 10737418240\r\n", "\r\n"}) == "");
}

TEST_CASE("headers without end are refused, interim ones counted in [attack 21]") {
  Answer answer({});
  std::string reason;
  for (int i = 0; i < 10'000 && reason.empty(); ++i) reason = refusal(answer, {"HTTP/1.1 103 Early\r\n", "\r\n"});
  CHECK_THAT(reason, Catch::Contains("more than 65536 bytes"));
}

TEST_CASE("a resumed body goes on where it stopped, whatever the server makes of the wish") {
  struct Case {
    const char* status;
    const char* range;
    const char* unseen;
  };
  const auto [status, range, unseen] = GENERATE(values<Case>({
      {"HTTP/1.1 206 Partial\r\n", "Content-Range: bytes 3-9/10\r\n", "0123456789"},
      {"HTTP/1.1 200 OK\r\n", "X: y\r\n", "3456789"},
  }));
  Answer answer({.streamed = true, .resume_from = 3});
  REQUIRE(refusal(answer, {status, range, "\r\n"}) == "");
  std::string seen;
  for (const std::string piece : {"01", "234", "56789"}) seen += as_text(answer.unseen(as_bytes(piece)));
  CHECK(seen == unseen);
}

TEST_CASE("a part that starts elsewhere than asked is refused") {
  const auto range = GENERATE("Content-Range: bytes 2-9/10\r\n", "Content-Range: bytes */10\r\n",
                              "Content-Range: lines 3-9/10\r\n", "X: y\r\n");
  CAPTURE(range);
  Answer answer({.streamed = true, .resume_from = 3});
  CHECK_THAT(refusal(answer, {"HTTP/1.1 206 X\r\n", range, "\r\n"}), Catch::Contains("resumes elsewhere"));
}

}  // namespace hallmark::net
