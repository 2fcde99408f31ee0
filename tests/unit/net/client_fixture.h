// What the tests of HttpClient share: a real clock, a client, requests with a deadline.
#pragma once

#include <catch2/catch.hpp>

#include "cmd/common/system_clock.h"
#include "net/http_client.h"
#include "support/http_server.h"

namespace hallmark::net {

inline const Clock& test_clock() {
  static const cmd::SystemClock clock;
  return clock;
}

inline std::unique_ptr<HttpClient> new_client(ClientOptions options = {}) {
  auto client = HttpClient::create(std::move(options), test_clock());
  REQUIRE(client);
  return *std::move(client);
}

inline Request get(std::string url, std::chrono::milliseconds time = std::chrono::seconds(10)) {
  Request request;
  request.url = std::move(url);
  request.deadline = std::chrono::steady_clock::now() + time;
  request.limit = 1u << 20;
  return request;
}

// A handler that answers every request with these bytes.
inline test::HttpServer::Handler always(std::string bytes) {
  return [bytes = std::move(bytes)](const test::ReceivedRequest&, test::Peer& peer) { peer.send(bytes); };
}

// The error of a request that must fail.
inline Error failure_of(HttpClient& client, const Request& request) {
  auto response = client.send(request);
  if (response) FAIL("expected an error, found status " << response->status);
  return response.error();
}

using Catch::Contains;

}  // namespace hallmark::net
