#include <thread>

#include "client_fixture.h"

namespace hallmark::net {

using test::HttpServer;
using test::Peer;
using test::ReceivedRequest;
using test::response;

TEST_CASE("an answer comes back with status, headers and body") {
  HttpServer server(always(response(200, "hello", "Docker-Content-Digest: sha256:x\r\n")));
  const auto client = new_client({.user_agent = "hallmark/test"});
  Request request = get(server.url("/v2/?n=1"));
  request.headers.add("Accept", "application/a");
  request.headers.add("Accept", "application/b");
  const auto answer = client->send(request);
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(as_text(answer->body) == "hello");
  CHECK(*answer->headers.find("docker-content-digest") == "sha256:x");
  CHECK(answer->url == server.url("/v2/?n=1"));
  const ReceivedRequest seen = server.requests().at(0);
  CHECK(seen.method == "GET");
  CHECK(seen.target == "/v2/?n=1");
  CHECK(seen.header("user-agent") == "hallmark/test");
  CHECK(seen.header("accept-encoding") == "identity");
  CHECK(std::count(seen.headers.begin(), seen.headers.end(),
                   std::pair<std::string, std::string>("accept", "application/b")) == 1);
}

TEST_CASE("requests one after the other share a connection, side by side they do not wait for each other") {
  HttpServer server(always(response(200, "x")));
  const auto client = new_client();
  for (int i = 0; i < 5; ++i) REQUIRE(client->send(get(server.url())));
  CHECK(server.connections() == 1);
  CHECK(client->statistics().connections == 1);
  CHECK(client->statistics().requests == 5);
  CHECK(client->statistics().bytes_received == 5);

  HttpServer slow([](const ReceivedRequest&, Peer& peer) {
    peer.pause(std::chrono::milliseconds(200));
    peer.send(response(200, "x"));
  });
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { good += client->send(get(slow.url())).has_value() ? 1 : 0; });
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 8);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(1200));
}

TEST_CASE("HEAD brings headers and no body, other statuses than 200 are answers") {
  HttpServer server([](const ReceivedRequest& request, Peer& peer) {
    if (request.method == "HEAD") {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 12345678901\r\n\r\n");
    } else {
      peer.send(response(404, "{\"errors\":[]}"));
    }
  });
  const auto client = new_client();
  Request head = get(server.url());
  head.method = "HEAD";
  const auto headers = client->send(head);
  REQUIRE(headers);
  CHECK(*headers->headers.find("Content-Length") == "12345678901");
  CHECK(headers->body.empty());
  const auto missing = client->send(get(server.url()));
  REQUIRE(missing);
  CHECK(missing->status == 404);
  CHECK(as_text(missing->body) == "{\"errors\":[]}");
}

TEST_CASE("a chunked body is put together") {
  HttpServer server(always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  const auto answer = new_client()->send(get(server.url()));
  REQUIRE(answer);
  CHECK(as_text(answer->body) == "abcde");
}

TEST_CASE("a large body streams into a slow sink, piece by piece, in the sender's thread") {
  const std::string body(5'000'000, 'x');
  HttpServer server(always(response(200, body)));
  std::size_t got = 0;
  std::size_t largest = 0;
  Request request = get(server.url());
  const auto me = std::this_thread::get_id();
  bool elsewhere = false;
  request.sink = [&](BytesView piece) -> Result<void> {
    got += piece.size();
    largest = std::max(largest, piece.size());
    elsewhere = elsewhere || std::this_thread::get_id() != me;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {};
  };
  const auto answer = new_client()->send(request);
  REQUIRE(answer);
  CHECK(got == body.size());
  CHECK(largest < 600'000);
  CHECK_FALSE(elsewhere);
  CHECK(answer->body.empty());
}

TEST_CASE("the sink's own error ends the transfer and is handed up as it is") {
  HttpServer server([](const ReceivedRequest&, Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    while (peer.send(std::string(65536, 'x'))) {
    }
    peer.hang_up();
  });
  Request request = get(server.url());
  request.sink = [](BytesView) -> Result<void> { return fail(Outcome::denied, "disk is full"); };
  const Error error = failure_of(*new_client(), request);
  CHECK(error.kind() == Outcome::denied);
  CHECK(error.message() == "disk is full");
  CHECK(server.requests().size() == 1);
}

TEST_CASE("an error's body does not reach the sink") {
  HttpServer server(always(response(404, "not here")));
  Request request = get(server.url());
  bool called = false;
  request.sink = [&](BytesView) -> Result<void> {
    called = true;
    return {};
  };
  const auto answer = new_client()->send(request);
  REQUIRE(answer);
  CHECK_FALSE(called);
  CHECK(as_text(answer->body) == "not here");
}

TEST_CASE("a sink may send requests of its own") {
  HttpServer server(always(response(200, "x")));
  const auto client = new_client();
  Request request = get(server.url());
  request.sink = [&](BytesView) -> Result<void> {
    auto inner = client->send(get(server.url()));
    return inner ? Result<void>() : fail(inner.error());
  };
  CHECK(client->send(request));
  CHECK(server.requests().size() == 2);
}

TEST_CASE("a header with a line break is refused before anything is sent [attack 27]") {
  HttpServer server(always(response(200)));
  Request request = get(server.url());
  request.headers.add("Authorization", "Bearer a\r\nX-Evil: 1");
  const Error error = failure_of(*new_client(), request);
  CHECK(error.kind() == Outcome::malformed);
  CHECK_THAT(error.message(), Contains("line break") && !Contains("Bearer"));
  CHECK(server.connections() == 0);
}

TEST_CASE("nobody there, nobody by that name, no time: each says so") {
  struct Case {
    const char* url;
    const char* reason;
  };
  const auto [url, reason] = GENERATE(values<Case>({
      {"http://127.0.0.1:1/v2/", "cannot connect to 127.0.0.1:1: connection refused"},
      {"http://no-such-host.invalid/v2/", "cannot find the host no-such-host.invalid (DNS)"},
  }));
  const Error error = failure_of(*new_client(), get(url));
  CHECK(error.kind() == Outcome::unreachable);
  CHECK(error.message() == reason);

  const Error late = failure_of(*new_client(), get("http://127.0.0.1:1/", std::chrono::milliseconds(-1)));
  CHECK(late.kind() == Outcome::unreachable);
  CHECK_THAT(late.message(), Contains("the time limit was reached before 127.0.0.1:1 was asked"));
}

TEST_CASE("a server of TLS that is spoken to in plain HTTP gets a hint") {
  HttpServer kind(always(response(400, "Client sent an HTTP request to an HTTPS server.\n")));
  CHECK_THAT(failure_of(*new_client(), get(kind.url())).message(), Contains("speaks TLS on this port"));
  CHECK_THAT(failure_of(*new_client(), get(kind.url())).hint(), Contains("--tls"));
  HttpServer terse([](const ReceivedRequest&, Peer& peer) {
    peer.send(std::string("\x15\x03\x01\x00\x02\x02\x46", 7));
    peer.hang_up();
  });
  const Error error = failure_of(*new_client(), get(terse.url()));
  CHECK(error.kind() == Outcome::unreachable);
  CHECK_THAT(error.message(), Contains("not in plain HTTP"));
  CHECK_THAT(error.hint(), Contains("--tls"));
}

TEST_CASE("the environment's proxies and .netrc change nothing") {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("all_proxy", "http://127.0.0.1:1", 1);
  HttpServer server(always(response(200, "x")));
  CHECK(new_client()->send(get(server.url())));
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
  CHECK(server.requests().at(0).header("authorization").empty());
}

}  // namespace hallmark::net
