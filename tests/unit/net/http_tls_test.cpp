#include <filesystem>

#include "client_fixture.h"
#include "support/temporary_folder.h"

namespace hallmark::net {

using test::HttpServer;
using test::Issued;
using test::response;
using test::ServerTls;
using test::TemporaryFolder;
using test::TestCa;
using namespace std::chrono_literals;

namespace {

std::filesystem::path put_private(const TemporaryFolder& folder, const char* name, const std::string& text) {
  const auto path = folder.put(name, text);
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return path;
}

Request trusting(std::string url, const std::filesystem::path& ca) {
  Request request = get(std::move(url));
  request.tls.ca_files = {ca};
  return request;
}

}  // namespace

TEST_CASE("a private CA is trusted beside the system's where it is given, and nowhere else") {
  const TestCa ca;
  const TestCa other;
  const TemporaryFolder folder;
  const auto ca_file = folder.put("ca.crt", ca.certificate());
  const auto other_file = folder.put("other.crt", other.certificate());
  HttpServer server(always(response(200, "x")), {.identity = ca.issue()});
  const auto client = new_client();

  REQUIRE(client->send(trusting(server.url(), ca_file)));
  // The pool now holds a connection and a session that were verified by this CA: no request without it may have them.
  const Error unknown = failure_of(*client, get(server.url()));
  CHECK(unknown.kind() == Outcome::unreachable);
  CHECK_THAT(unknown.message(), Contains("cannot be trusted") && Contains("by a CA that is not trusted here"));
  CHECK_THAT(unknown.hint(), Contains("--registry-ca") && Contains("certs.d/127.0.0.1:"));
  CHECK_THAT(failure_of(*client, trusting(server.url(), other_file)).message(), Contains("cannot be trusted"));
  CHECK(server.requests().size() == 1);

  Request both = trusting(server.url(), ca_file);
  both.tls.ca_files.insert(both.tls.ca_files.begin(), other_file);
  CHECK(client->send(both));
  REQUIRE(client->send(trusting(server.url(), ca_file)));
  CHECK(server.requests().back().connection == server.requests().front().connection);
}

TEST_CASE("a connection that was not verified is shared with no request that wants verification [attack 35]") {
  const TestCa ca;
  HttpServer server(always(response(200, "x")), {.identity = ca.issue()});
  const auto client = new_client();
  Request careless = get(server.url());
  careless.tls.skip_verify = true;
  REQUIRE(client->send(careless));
  CHECK_THAT(failure_of(*client, get(server.url())).message(), Contains("cannot be trusted"));
  CHECK(server.requests().size() == 1);
  CHECK(client->send(careless));
}

TEST_CASE("each bad certificate is refused for its own reason [attack 35]") {
  const TestCa ca;
  const TemporaryFolder folder;
  const auto ca_file = folder.put("ca.crt", ca.certificate());
  struct Case {
    const char* what;
    ServerTls tls;
    const char* reason;
  };
  const Case cases[] = {
      {"expired", {.identity = ca.issue({.valid_from = -48h, .valid_until = -1h})}, "has expired"},
      {"not yet valid", {.identity = ca.issue({.valid_from = 2h, .valid_until = 48h})}, "is not valid yet"},
      {"wrong name",
       {.identity = ca.issue({.dns = {"other.example"}, .addresses = {"127.0.0.2"}})},
       "is for other names than \"127.0.0.1\""},
      {"no names",
       {.identity = ca.issue({.common_name = "x.example", .dns = {}, .addresses = {}})},
       "is for other names"},
      {"self-signed", {.identity = TestCa::self_signed()}, "is self-signed"},
      {"a client's", {.identity = ca.issue({.client = true})}, "its TLS certificate was refused"},
      {"old TLS", {.identity = ca.issue(), .only_tls_1_0 = true}, "offers no TLS 1.2 or newer"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.what);
    HttpServer server(always(response(200, "x")), each.tls);
    const Error error = failure_of(*new_client(), trusting(server.url(), ca_file));
    CHECK(error.kind() == Outcome::unreachable);
    CHECK_THAT(error.message(), Contains(each.reason) && Contains(server.authority()));
    CHECK(server.requests().empty());
  }
}

TEST_CASE("a self-signed certificate may be trusted as its own CA") {
  const TemporaryFolder folder;
  const Issued self = TestCa::self_signed();
  HttpServer server(always(response(200, "x")), {.identity = self});
  CHECK(new_client()->send(trusting(server.url(), folder.put("self.crt", self.certificate))));
}

TEST_CASE("a client certificate is shown to the origin it is for, and to no other") {
  const TestCa ca;
  const TemporaryFolder folder;
  const auto ca_file = folder.put("ca.crt", ca.certificate());
  const Issued client_identity = ca.issue({.client = true});
  const ServerTls mutual{.identity = ca.issue(), .client_ca = ca.certificate()};
  HttpServer other(always(response(200, "secret")), mutual);
  HttpServer server(
      [&](const test::ReceivedRequest& request, test::Peer& peer) {
        peer.send(request.target == "/away" ? response(307, "", "Location: " + other.url() + "\r\n")
                                            : response(200, "x"));
      },
      mutual);

  const auto client = new_client();
  Request request = trusting(server.url("/here"), ca_file);
  request.tls.client_certificate = folder.put("client.crt", client_identity.certificate);
  request.tls.client_key = put_private(folder, "client.key", client_identity.key);
  CHECK(client->send(request));

  request.url = server.url("/away");
  CHECK_THAT(failure_of(*client, request).message(), Contains(other.authority()) && Contains("client certificate"));
  CHECK(other.requests().empty());

  const Error without = failure_of(*client, trusting(server.url("/here"), ca_file));
  CHECK(without.kind() == Outcome::unreachable);
  CHECK_THAT(without.message(), Contains("did not take our TLS client certificate, or wants one"));
  CHECK_THAT(without.hint(), Contains("--registry-client-cert"));
}

TEST_CASE("a client certificate in memory is shown to the origin it is for, and to no other [attack 30]") {
  const TestCa ca;
  const Issued client_identity = ca.issue({.client = true});
  const ServerTls mutual{.identity = ca.issue(), .client_ca = ca.certificate()};
  HttpServer other(always(response(200, "secret")), mutual);
  HttpServer server(
      [&](const test::ReceivedRequest& request, test::Peer& peer) {
        peer.send(request.target == "/away" ? response(307, "", "Location: " + other.url() + "\r\n")
                                            : response(200, "x"));
      },
      mutual);
  const auto client = new_client();
  Request request = get(server.url("/here"));
  request.tls.ca_pem = ca.certificate();
  request.tls.client_certificate_pem = client_identity.certificate;
  request.tls.client_key_pem = client_identity.key;
  REQUIRE(client->send(request));

  // The pool now holds a connection with this identity: no request without it may have it.
  Request without = get(server.url("/here"));
  without.tls.ca_pem = ca.certificate();
  CHECK_THAT(failure_of(*client, without).message(), Contains("did not take our TLS client certificate, or wants one"));
  CHECK(server.requests().size() == 1);

  request.url = server.url("/away");
  CHECK_THAT(failure_of(*client, request).message(), Contains(other.authority()) && Contains("client certificate"));
  CHECK(other.requests().empty());
}

TEST_CASE("CAs in memory are trusted alone, whatever the system trusts [attack 35]") {
  const TestCa system;
  const TestCa cluster;
  const TemporaryFolder folder;
  HttpServer public_server(always(response(200, "x")), {.identity = system.issue()});
  HttpServer cluster_server(always(response(200, "x")), {.identity = cluster.issue()});
  const auto client = new_client({.ca_file = folder.put("bundle.pem", system.certificate())});
  REQUIRE(client->send(get(public_server.url())));
  Request own = get(cluster_server.url());
  own.tls.ca_pem = cluster.certificate();
  CHECK(client->send(own));
  // Neither by the system's bundle, nor over the connection that it vouched for.
  own.url = public_server.url();
  CHECK_THAT(failure_of(*client, own).message(), Contains("by a CA that is not trusted here"));
  CHECK(public_server.requests().size() == 1);
  CHECK_THAT(failure_of(*client, get(cluster_server.url())).message(), Contains("by a CA that is not trusted here"));
}

TEST_CASE("a server that says in HTTP that it wants a client certificate is unreachable, too") {
  const TestCa ca;
  const TemporaryFolder folder;
  HttpServer server(always(response(400, "<center>No required SSL certificate was sent</center>")),
                    {.identity = ca.issue()});
  const Error error = failure_of(*new_client(), trusting(server.url(), folder.put("ca.crt", ca.certificate())));
  CHECK(error.kind() == Outcome::unreachable);
  CHECK_THAT(error.message(), Contains("wants one"));
}

TEST_CASE("files that cannot be used end the request before it is sent") {
  HttpServer server(always(response(200)), {.identity = TestCa().issue()});
  const Error error = failure_of(*new_client(), trusting(server.url(), "/nonexistent/ca.crt"));
  CHECK(error.kind() == Outcome::config);
  CHECK_THAT(error.message(), Contains("/nonexistent/ca.crt"));
  CHECK(server.connections() == 0);
}

TEST_CASE("plain HTTP on a port that is spoken to in TLS gets a hint") {
  HttpServer server(always(response(200, "x")));
  const std::string url = "https://" + server.authority() + "/";
  const Error error = failure_of(*new_client(), get(url));
  CHECK(error.kind() == Outcome::unreachable);
  CHECK_THAT(error.hint(), Contains("--plain-http"));
}

TEST_CASE("the system's CAs may come from a file, with private ones beside it") {
  const TestCa system;
  const TestCa extra;
  const TemporaryFolder folder;
  HttpServer public_server(always(response(200, "x")), {.identity = system.issue()});
  HttpServer private_server(always(response(200, "x")), {.identity = extra.issue()});
  std::string bundle = "# not PEM\n";
  for (int i = 0; i < 5; ++i) bundle += TestCa().certificate();
  bundle += system.certificate();
  const auto client = new_client({.ca_file = folder.put("bundle.pem", bundle)});
  CHECK(client->send(get(public_server.url())));
  CHECK_FALSE(client->send(get(private_server.url())));
  const auto extra_file = folder.put("extra.pem", extra.certificate());
  CHECK(client->send(trusting(private_server.url(), extra_file)));
  CHECK(client->send(trusting(public_server.url(), extra_file)));
}

}  // namespace hallmark::net
