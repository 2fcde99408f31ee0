#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "base/encoding.h"
#include "client_fixture.h"
#include "support/temporary_folder.h"

namespace hallmark::net {

using test::HttpServer;
using test::Peer;
using test::ReceivedRequest;
using test::response;
using test::TestCa;
using namespace std::chrono_literals;

namespace {

// Hosts that are no loopback literals, so that they go through the proxy; it leads every one of them to this port.
constexpr const char* kHost = "registry.example";

void relay(Peer& peer, int port) {
  const int upstream = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::connect(upstream, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return;
  peer.send("HTTP/1.1 200 Connected\r\n\r\n");
  while (peer.pause(0ms)) {
    if (peer.readable(2ms)) {
      const std::string bytes = peer.receive(16384);
      if (bytes.empty() || ::send(upstream, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) break;
    }
    pollfd poll{upstream, POLLIN, 0};
    if (::poll(&poll, 1, 2) > 0) {
      std::array<char, 16384> bytes{};
      const long got = ::recv(upstream, bytes.data(), bytes.size(), 0);
      if (got <= 0 || !peer.send({bytes.data(), static_cast<std::size_t>(got)})) break;
    }
  }
  ::close(upstream);
  peer.hang_up();
}

// A proxy that tunnels to `port`, and answers plain requests itself. With `authorization`, only for that.
HttpServer::Handler proxy_to(int port, std::string authorization = {}, std::string challenge = "Basic realm=\"p\"") {
  return [=](const ReceivedRequest& request, Peer& peer) {
    if (!authorization.empty() && request.header("proxy-authorization") != authorization) {
      peer.send(response(407, "", "Proxy-Authenticate: " + challenge + "\r\n"));
    } else if (request.method == "CONNECT") {
      relay(peer, port);
    } else {
      peer.send(response(200, "through the proxy"));
    }
  };
}

std::string url_of(const HttpServer& proxy, const std::string& user_info = {}) {
  return "http://" + user_info + proxy.authority();
}

std::string basic(std::string_view text) { return "Basic " + base::base64_encode(as_bytes(text)); }

}  // namespace

TEST_CASE("plain HTTP goes through the proxy as a whole URL, loopback does not") {
  HttpServer proxy(proxy_to(0));
  const auto client = new_client({.http_proxy = url_of(proxy)});
  const auto answer = client->send(get("http://registry.example:5000/v2/"));
  REQUIRE(answer);
  CHECK(as_text(answer->body) == "through the proxy");
  CHECK(proxy.requests().at(0).target == "http://registry.example:5000/v2/");

  HttpServer server(always(response(200, "direct")));
  const auto direct = client->send(get(server.url()));
  REQUIRE(direct);
  CHECK(as_text(direct->body) == "direct");
  CHECK(proxy.requests().size() == 1);
}

TEST_CASE("https goes through a tunnel, and the registry's credentials stay inside") {
  const TestCa ca;
  const test::TemporaryFolder folder;
  HttpServer server(always(response(200, "x")), {.identity = ca.issue({.dns = {kHost}})});
  const bool closed = GENERATE(false, true);  // whether the proxy wants to know who we are
  HttpServer proxy(proxy_to(server.port(), closed ? basic("us er:p@ss") : ""));
  const auto client = new_client({.https_proxy = url_of(proxy, closed ? "us%20er:p%40ss@" : "")});
  Request request = get("https://registry.example/v2/");
  request.tls.ca_files = {folder.put("ca.crt", ca.certificate())};
  request.headers.add("Authorization", "Bearer secret");
  REQUIRE(client->send(request));
  REQUIRE(client->send(request));
  CHECK(server.requests().at(0).header("authorization") == "Bearer secret");
  CHECK(server.requests().at(0).header("proxy-authorization").empty());
  for (const ReceivedRequest& seen : proxy.requests()) {
    CHECK(seen.method == "CONNECT");
    CHECK(seen.target == "registry.example:443");
    CHECK(seen.header("authorization").empty());
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("a proxy that wants credentials is unreachable, with words that show none [attack 48]") {
  HttpServer proxy(proxy_to(0, basic("user:right")));
  const std::string user_info = GENERATE("", "user:wrong@");
  const auto url = GENERATE("http://registry.example/v2/", "https://registry.example/v2/");
  CAPTURE(user_info, url);
  const auto client = new_client({.http_proxy = url_of(proxy, user_info), .https_proxy = url_of(proxy, user_info)});
  const Error error = failure_of(*client, get(url));
  CHECK(error.kind() == Outcome::unreachable);
  CHECK_THAT(error.message(), Contains("the proxy http://" + proxy.authority() + " wants credentials"));
  CHECK_THAT(error.message() + error.hint(), !Contains("wrong"));
}

TEST_CASE("a proxy that offers Digest gets Digest") {
  HttpServer proxy([](const ReceivedRequest& request, Peer& peer) {
    if (request.header("proxy-authorization").starts_with("Digest username=\"user\"")) {
      peer.send(response(200, "x"));
    } else {
      peer.send(response(407, "", "Proxy-Authenticate: Digest realm=\"p\", nonce=\"n\", algorithm=SHA-256\r\n"));
    }
  });
  CHECK(new_client({.http_proxy = url_of(proxy, "user:pw@")})->send(get("http://registry.example/")));
}

TEST_CASE("what a proxy does not do is told apart from what the registry does not do") {
  HttpServer refusing([](const ReceivedRequest&, Peer& peer) { peer.send(response(403)); });
  const Error refused = failure_of(*new_client({.https_proxy = url_of(refusing)}), get("https://registry.example/"));
  CHECK(refused.kind() == Outcome::unreachable);
  CHECK_THAT(refused.message(), Contains("refused the way to registry.example:443 with 403"));

  const Error away = failure_of(*new_client({.https_proxy = "http://127.0.0.1:1"}), get("https://registry.example/"));
  CHECK_THAT(away.message(), Contains("cannot connect to the proxy http://127.0.0.1:1: connection refused") ||
                                 Contains("cannot connect to the proxy http://127.0.0.1:1: Connection refused"));
  const Error unknown =
      failure_of(*new_client({.https_proxy = "http://no-such-proxy.invalid:3128"}), get("https://registry.example/"));
  CHECK_THAT(unknown.message(), Contains("cannot find the proxy http://no-such-proxy.invalid:3128"));
}

TEST_CASE("NO_PROXY leads past the proxy") {
  HttpServer proxy(proxy_to(0));
  const auto client = new_client({.http_proxy = url_of(proxy), .no_proxy = "other.example,.invalid"});
  CHECK_THAT(failure_of(*client, get("http://host.invalid/")).message(), Contains("cannot find the host host.invalid"));
  CHECK(proxy.connections() == 0);
}

TEST_CASE("an https proxy is verified, by the system's CAs and its own") {
  const TestCa ca;
  const test::TemporaryFolder folder;
  const auto ca_file = folder.put("ca.crt", ca.certificate());
  HttpServer server(always(response(200, "x")), {.identity = ca.issue({.dns = {kHost}})});
  HttpServer proxy(proxy_to(server.port(), basic("user:pw")), {.identity = ca.issue()});
  const std::string url = "https://user:pw@" + proxy.authority();
  Request request = get("https://registry.example/v2/");
  request.tls.ca_files = {ca_file};
  CHECK(new_client({.https_proxy = url, .proxy_ca_file = ca_file})->send(request));

  const Error error = failure_of(*new_client({.https_proxy = url}), request);
  CHECK(error.kind() == Outcome::unreachable);
  CHECK_THAT(error.message(), Contains("the proxy https://" + proxy.authority() + " cannot be trusted"));
  CHECK_THAT(error.hint(), Contains("CA of the proxy"));
}

TEST_CASE("a request may name a proxy of its own, instead of the client's and of what NO_PROXY says") {
  HttpServer proxy(proxy_to(0));
  HttpServer own(proxy_to(0, basic("user:pw")));
  const auto client = new_client({.http_proxy = url_of(proxy), .no_proxy = "registry.example"});
  Request request = get("http://registry.example/v2/");
  request.proxy = url_of(own, "user:pw@");
  CHECK(client->send(request));
  CHECK(own.requests().back().header("proxy-authorization") == basic("user:pw"));
  CHECK(proxy.connections() == 0);
  CHECK(client->send(get("http://other.example/v2/")));
  CHECK(proxy.requests().size() == 1);

  request.proxy = "socks5://user:pw@127.0.0.1:1";
  const Error error = failure_of(*client, request);
  CHECK(error.kind() == Outcome::config);
  CHECK_THAT(error.message(), Contains("expected an http:// or https:// proxy") && !Contains("pw"));
}

TEST_CASE("the system's bundle vouches for an https proxy, not for a server with a CA of its own [attack 35]") {
  const TestCa system;
  const TestCa cluster;
  const test::TemporaryFolder folder;
  const bool own = GENERATE(true, false);  // whether the server's certificate is by its own CA
  CAPTURE(own);
  HttpServer server(always(response(200, "x")), {.identity = (own ? cluster : system).issue({.dns = {kHost}})});
  HttpServer proxy(proxy_to(server.port()), {.identity = system.issue()});
  const auto client = new_client(
      {.https_proxy = "https://" + proxy.authority(), .ca_file = folder.put("bundle.pem", system.certificate())});
  Request request = get("https://registry.example/v2/");
  request.tls.ca_pem = cluster.certificate();
  if (own) {
    CHECK(client->send(request));
  } else {
    // Inside the proxy's TLS libcurl 7.88 loses the reason: its last write to the proxy clears OpenSSL's errors.
    CHECK(failure_of(*client, request).kind() == Outcome::unreachable);
    CHECK(server.requests().empty());
  }
}

}  // namespace hallmark::net
