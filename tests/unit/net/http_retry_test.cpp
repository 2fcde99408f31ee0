#include <thread>

#include "base/limits.h"
#include "client_fixture.h"

namespace hallmark::net {

using test::HttpServer;
using test::Peer;
using test::ReceivedRequest;
using test::response;
using namespace std::chrono_literals;

namespace {

// Fails `times` requests in this way, then answers.
HttpServer::Handler fails(int times, std::function<void(Peer&)> failure) {
  return [left = std::make_shared<std::atomic<int>>(times), failure = std::move(failure)](const ReceivedRequest&,
                                                                                          Peer& peer) {
    if ((*left)-- > 0) {
      failure(peer);
    } else {
      peer.send(response(200, "good"));
    }
  };
}

}  // namespace

TEST_CASE("temporary failures are tried again") {
  const auto failure = GENERATE(values<std::function<void(Peer&)>>({
      [](Peer& peer) { peer.send(response(503, "wait")); },
      [](Peer& peer) { peer.send(response(429, "wait", "Retry-After: 0\r\n")); },
      [](Peer& peer) { peer.hang_up(); },
      [](Peer& peer) { peer.hang_up(true); },
      [](Peer& peer) {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort");
        peer.hang_up();
      },
  }));
  HttpServer server(fails(2, failure));
  const auto client = new_client();
  const auto answer = client->send(get(server.url()));
  REQUIRE(answer);
  CHECK(as_text(answer->body) == "good");
  CHECK(server.requests().size() == 3);
}

TEST_CASE("a server that stays away is given up, each status with its outcome") {
  struct Case {
    int status;
    Outcome outcome;
  };
  const auto [status, outcome] = GENERATE(values<Case>({
      {429, Outcome::throttled},
      {502, Outcome::unreachable},
      {503, Outcome::unreachable},
      {504, Outcome::unreachable},
  }));
  HttpServer server(always(response(status)));
  const auto start = std::chrono::steady_clock::now();
  const Error error = failure_of(*new_client(), get(server.url(), 1500ms));
  CHECK(error.kind() == outcome);
  CHECK_THAT(error.message(), Contains("answers " + std::to_string(status)) && Contains("tries"));
  CHECK(std::chrono::steady_clock::now() - start < 1500ms);
  CHECK(server.requests().size() >= 2);
  CHECK(server.requests().size() <= limits::retries + 1);
}

TEST_CASE("a Retry-After past the deadline ends it at once [attack 20]") {
  const auto value = GENERATE("60", "Fri, 31 Dec 2999 23:59:59 GMT", "99999999999999999999");
  HttpServer server(always(response(429, "", "Retry-After: " + std::string(value) + "\r\n")));
  const auto start = std::chrono::steady_clock::now();
  const Error error = failure_of(*new_client(), get(server.url(), 5s));
  CHECK(error.kind() == Outcome::throttled);
  CHECK_THAT(error.message(), Contains("longer than the time limit allows"));
  CHECK(std::chrono::steady_clock::now() - start < 1s);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a Retry-After before the deadline is obeyed") {
  HttpServer server(fails(1, [](Peer& peer) { peer.send(response(503, "", "Retry-After: 1\r\n")); }));
  const auto start = std::chrono::steady_clock::now();
  REQUIRE(new_client()->send(get(server.url())));
  CHECK(std::chrono::steady_clock::now() - start >= 1s);
}

TEST_CASE("while one request waits for its next try, others go on") {
  HttpServer busy(always(response(503, "", "Retry-After: 1\r\n")));
  HttpServer server(always(response(200)));
  const auto client = new_client();
  std::thread waiting([&] { (void)client->send(get(busy.url(), 1500ms)); });
  while (busy.requests().empty()) std::this_thread::sleep_for(5ms);
  const auto start = std::chrono::steady_clock::now();
  CHECK(client->send(get(server.url())));
  CHECK(std::chrono::steady_clock::now() - start < 700ms);
  waiting.join();
}

TEST_CASE("a busy answer that stays is handed out whole where its words are wanted") {
  HttpServer server(always(response(503, "it is sealed")));
  Request request = get(server.url());
  request.temporary_answers = true;
  request.may_retry = false;
  const auto answer = new_client()->send(request);
  REQUIRE(answer);
  CHECK(answer->status == 503);
  CHECK(as_text(answer->body) == "it is sealed");
}

TEST_CASE("a request that may not be repeated is sent once") {
  HttpServer server(always(response(503)));
  Request request = get(server.url());
  request.may_retry = false;
  CHECK(failure_of(*new_client(), request).kind() == Outcome::unreachable);
  CHECK(server.requests().size() == 1);

  // Nor does it go out over a pooled connection that the server may have closed: curl would repeat it by itself.
  HttpServer good(always(response(200)));
  const auto client = new_client();
  request.url = good.url();
  REQUIRE(client->send(request));
  REQUIRE(client->send(request));
  CHECK(good.connections() == 2);
}

TEST_CASE("a pooled connection that the server has closed costs no failure") {
  HttpServer server([](const ReceivedRequest&, Peer& peer) {
    peer.send(response(200, "x"));
    peer.hang_up();
  });
  const auto client = new_client();
  for (int i = 0; i < 3; ++i) {
    CHECK(client->send(get(server.url())));
    std::this_thread::sleep_for(20ms);
  }
}

TEST_CASE("a stream that breaks goes on where it stopped") {
  const bool ranges = GENERATE(true, false);
  std::string body;
  for (int i = 0; i < 100'000; ++i) body += static_cast<char>('a' + i % 26);
  HttpServer server([&](const ReceivedRequest& request, Peer& peer) {
    const std::string range = request.header("range");
    if (range.empty()) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + body.substr(0, 70'000));
      peer.pause(50ms);
      peer.hang_up();
      return;
    }
    const std::size_t from = std::stoul(range.substr(6));
    if (ranges) {
      peer.send(response(206, body.substr(from), "Content-Range: bytes " + std::to_string(from) + "-99999/100000\r\n"));
    } else {
      peer.send(response(200, body));
    }
  });
  std::string got;
  Request request = get(server.url());
  request.sink = [&](BytesView piece) -> Result<void> {
    got += as_text(piece);
    return {};
  };
  const auto answer = new_client()->send(request);
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(got == body);
  CHECK(server.requests().size() == 2);
}

}  // namespace hallmark::net
