#include "base/limits.h"
#include "client_fixture.h"

namespace hallmark::net {

using test::HttpServer;
using test::Peer;
using test::ReceivedRequest;
using test::response;

namespace {

std::string to(const std::string& location, int status = 307) {
  return response(status, "", "Location: " + location + "\r\n");
}

Request with_credentials(std::string url) {
  Request request = get(std::move(url));
  request.headers.add("Authorization", "Bearer secret");
  request.headers.add("Cookie", "session=secret");
  request.headers.add("Accept", "application/x");
  return request;
}

}  // namespace

TEST_CASE("redirects of GET and HEAD are followed, and the answer says where it came from") {
  const int status = GENERATE(301, 302, 303, 307, 308);
  const auto method = GENERATE("GET", "HEAD");
  HttpServer server([status](const ReceivedRequest& request, Peer& peer) {
    peer.send(request.target == "/a/b" ? to("c?x=1", status) : response(200));
  });
  Request request = with_credentials(server.url("/a/b"));
  request.method = method;
  const auto answer = new_client()->send(request);
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->url == server.url("/a/c?x=1"));
  CHECK(server.requests().at(1).method == method);
  CHECK(server.requests().at(1).header("authorization") == "Bearer secret");
}

TEST_CASE("credentials do not go along to another origin, nor come back [attack 30]") {
  HttpServer* home = nullptr;
  HttpServer other([&](const ReceivedRequest& request, Peer& peer) {
    peer.send(request.target == "/back" ? to(home->url("/end")) : response(200, "blob"));
  });
  HttpServer server([&](const ReceivedRequest& request, Peer& peer) {
    peer.send(request.target == "/end" ? response(200, "end") : to(other.url(request.target)));
  });
  home = &server;
  const auto client = new_client();
  REQUIRE(client->send(with_credentials(server.url("/blob"))));
  const ReceivedRequest away = other.requests().at(0);
  CHECK(away.header("authorization").empty());
  CHECK(away.header("cookie").empty());
  CHECK(away.header("accept") == "application/x");

  REQUIRE(client->send(with_credentials(server.url("/back"))));
  CHECK(server.requests().back().target == "/end");
  CHECK(server.requests().back().header("authorization").empty());
}

TEST_CASE("the same host on another port is another origin [attack 30]") {
  HttpServer other(always(response(200)));
  HttpServer server(always(to(other.url("/x"), 302)));
  REQUIRE(new_client()->send(with_credentials(server.url())));
  CHECK(other.requests().at(0).header("authorization").empty());
}

TEST_CASE("redirects that lead astray are refused [attack 30] [attack 34]") {
  struct Case {
    const char* location;
    const char* reason;
  };
  const auto [location, reason] = GENERATE(values<Case>({
      {"file:///etc/passwd", "expected http://"},
      {"ftp://127.0.0.1/x", "expected http://"},
      {"http://user:secret@127.0.0.1/", "user info is not allowed"},
      {"", "redirects (307) to nowhere"},
      {"/loop", "redirects more than 5 times"},
  }));
  CAPTURE(location);
  HttpServer server(always(to(location)));
  const Error error = failure_of(*new_client(), with_credentials(server.url()));
  CHECK(error.kind() == Outcome::malformed);
  CHECK_THAT(error.message(), Contains(reason) && !Contains("secret"));
  CHECK(server.requests().size() <= limits::redirects + 1);
}

TEST_CASE("a redirect from https to http is refused [attack 30]") {
  const test::TestCa ca;
  HttpServer plain(always(response(200)));
  HttpServer server(always(to(plain.url())), {.identity = ca.issue()});
  Request request = with_credentials(server.url());
  request.tls.skip_verify = true;
  const Error error = failure_of(*new_client(), request);
  CHECK(error.kind() == Outcome::malformed);
  CHECK_THAT(error.message(), Contains("redirects from https to http, which is refused"));
  CHECK(plain.connections() == 0);
}

TEST_CASE("redirects of other methods, or not wanted, are answers [attack 31]") {
  HttpServer server(always(to("/other")));
  Request post = with_credentials(server.url());
  post.method = "POST";
  Request get_only = with_credentials(server.url());
  get_only.follow_redirects = false;
  const auto client = new_client();
  for (const Request* request : {&post, &get_only}) {
    const auto answer = client->send(*request);
    REQUIRE(answer);
    CHECK(answer->status == 307);
    CHECK(*answer->headers.find("Location") == "/other");
  }
  CHECK(server.requests().size() == 2);
}

}  // namespace hallmark::net
