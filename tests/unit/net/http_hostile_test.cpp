#include "base/limits.h"
#include "client_fixture.h"

namespace hallmark::net {

using test::HttpServer;
using test::Peer;
using test::ReceivedRequest;
using test::response;
using namespace std::chrono_literals;

namespace {

// Sends a head and then bodies' bytes as long as somebody reads them.
HttpServer::Handler endless(std::string head) {
  return [head = std::move(head)](const ReceivedRequest&, Peer& peer) {
    peer.send(head);
    const std::string piece(65536, 'x');
    while (peer.send(piece) && peer.pause(0ms)) {
    }
    peer.hang_up();
  };
}

}  // namespace

TEST_CASE("bodies and headers without end are broken off at their limit [attack 21]") {
  struct Case {
    const char* head;
    const char* reason;
  };
  const auto [head, reason] = GENERATE(values<Case>({
      {"HTTP/1.1 200 OK\r\n\r\n", "body has more than 1048576 bytes"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n", "announces a body of 10737418240 bytes"},
      {"HTTP/1.1 401 No\r\n\r\n", "body has more than 65536 bytes"},
      {"HTTP/1.1 307 There\r\nLocation: /x\r\n\r\n", "body has more than 65536 bytes"},
      {"HTTP/1.1 200 OK\r\nX: ", "header line without end"},
      {"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "Invalid Content-Length"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "127.0.0.1"},
  }));
  CAPTURE(head);
  HttpServer server(endless(head));
  const auto start = std::chrono::steady_clock::now();
  const Error error = failure_of(*new_client(), get(server.url()));
  CHECK_THAT(error.message(), Contains(reason));
  if (std::string_view(reason) != "127.0.0.1") CHECK(error.kind() == Outcome::malformed);
  CHECK(std::chrono::steady_clock::now() - start < 8s);
}

TEST_CASE("headers of more than 64 KiB are malformed [attack 21]") {
  std::string head = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 1000; ++i) head += "X-" + std::to_string(i) + ": " + std::string(100, 'a') + "\r\n";
  HttpServer server(always(head + "\r\n"));
  const Error error = failure_of(*new_client(), get(server.url()));
  CHECK(error.kind() == Outcome::malformed);
  CHECK_THAT(error.message(), Contains("more than 65536 bytes"));
}

TEST_CASE("a slow drip ends with the deadline [attack 21]") {
  const bool in_headers = GENERATE(true, false);
  HttpServer server([in_headers](const ReceivedRequest&, Peer& peer) {
    peer.send(in_headers ? "HTTP/1.1 200 OK\r\nX: " : "HTTP/1.1 200 OK\r\n\r\n");
    while (peer.send("x") && peer.pause(20ms)) {
    }
    peer.hang_up();
  });
  const auto start = std::chrono::steady_clock::now();
  const Error error = failure_of(*new_client(), get(server.url(), 700ms));
  CHECK(error.kind() == Outcome::unreachable);
  CHECK_THAT(error.message(), Contains("did not answer within the time limit"));
  CHECK(std::chrono::steady_clock::now() - start < 3s);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a server that accepts and says nothing is unreachable at the deadline") {
  HttpServer server([](const ReceivedRequest&, Peer& peer) { peer.pause(60s); });
  const Error error = failure_of(*new_client(), get(server.url(), 300ms));
  CHECK(error.kind() == Outcome::unreachable);
  CHECK_THAT(error.message(), Contains("did not answer within the time limit"));
}

TEST_CASE("what is not HTTP is refused") {
  HttpServer server([](const ReceivedRequest&, Peer& peer) {
    peer.send("SSH-2.0-OpenSSH_9.2\r\n");
    peer.hang_up();
  });
  const Error error = failure_of(*new_client(), get(server.url()));
  CHECK(error.kind() == Outcome::unreachable);
  CHECK_THAT(error.message(), Contains("not in plain HTTP"));
}

TEST_CASE("a packed answer that was not asked for is not unpacked [attack 25]") {
  const auto header = GENERATE("Content-Encoding: gzip\r\n", "Content-Encoding: zstd\r\n", "Content-Encoding: br\r\n");
  HttpServer server(always(response(200, "\x1f\x8b\x08", header)));
  const Error error = failure_of(*new_client(), get(server.url()));
  CHECK(error.kind() == Outcome::malformed);
  CHECK_THAT(error.message(), Contains("which was not asked for"));
}

TEST_CASE("cookies of a server are not kept") {
  HttpServer server(always(response(200, "x", "Set-Cookie: session=1\r\n")));
  const auto client = new_client();
  REQUIRE(client->send(get(server.url())));
  REQUIRE(client->send(get(server.url())));
  CHECK(server.requests().at(1).header("cookie").empty());
}

TEST_CASE("only http and https are spoken [attack 34]") {
  const auto url = GENERATE("file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:1/x", "dict://127.0.0.1/");
  const Error error = failure_of(*new_client(), get(url));
  CHECK(error.kind() == Outcome::malformed);
  CHECK_THAT(error.message(), Contains("expected http"));
}

}  // namespace hallmark::net
