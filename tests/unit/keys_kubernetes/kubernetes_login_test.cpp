#include "keys/kubernetes/login.h"

#include "kubernetes_fixture.h"
#include "support/test_ca.h"

namespace hallmark::keys {

using Catch::Contains;
using namespace std::chrono_literals;
using test::error_of;
using test::json_response;
using test::kReference;
using test::KubeHome;
using test::SentRequest;
using test::whole_pair;

namespace {

std::string plugin_user(const KubeHome& home) {
  return "{exec: {apiVersion: client.authentication.k8s.io/v1, command: " + (home.folder / "plugin").string() +
         ", interactiveMode: Never}}";
}

// A plugin that counts its runs and gives them as tokens, good until `end`.
void put_plugin(const KubeHome& home, const std::string& end) {
  home.put("plugin",
           "#!/bin/sh\ncd \"$(dirname \"$0\")\"\necho x >>runs\n"
           "echo \"{\\\"apiVersion\\\":\\\"client.authentication.k8s.io/v1\\\",\\\"kind\\\":\\\"ExecCredential\\\","
           "\\\"status\\\":{\\\"token\\\":\\\"run-$(wc -l <runs | tr -d ' ')\\\"" +
               end + "}}\"\n",
           0700);
}

}  // namespace

TEST_CASE("a token is sent as bearer, over TLS by the cluster's CA alone and its proxy") {
  KubeHome home;
  home.log_in_by("{token: ' hush-t '}", ", certificate-authority-data: Q0E=, proxy-url: 'http://proxy.test:3128'");
  home.answer_with(whole_pair());
  REQUIRE(home.provider().public_key(kReference));
  REQUIRE(home.world.http.sent.size() == 1);
  const SentRequest& sent = home.world.http.sent[0];
  CHECK(sent.request.url == test::kSecretUrl);
  CHECK(sent.request.method == "GET");
  CHECK(sent.header("Accept") == "application/json");
  CHECK(sent.header("Authorization") == "Bearer hush-t");
  CHECK(sent.request.tls.ca_pem == "CA");
  CHECK(sent.request.proxy == "http://proxy.test:3128");
  CHECK_FALSE(sent.request.follow_redirects);
}

TEST_CASE("a client certificate is sent from the kubeconfig or from files") {
  KubeHome home;
  home.answer_with(whole_pair());
  SECTION("data") { home.log_in_by("{client-certificate-data: Q0VSVA==, client-key-data: S0VZ}"); }
  SECTION("files") {
    home.put(".kube/c.pem", "CERT", 0644);
    home.put(".kube/k.pem", "KEY");
    home.log_in_by("{client-certificate: c.pem, client-key: k.pem}");
  }
  REQUIRE(home.provider().public_key(kReference));
  const SentRequest& sent = home.world.http.sent.at(0);
  CHECK(sent.request.tls.client_certificate_pem == "CERT");
  CHECK(sent.request.tls.client_key_pem == "KEY");
  CHECK(sent.header("Authorization").empty());
}

TEST_CASE("credentials that cannot be used are named [attack 48]") {
  KubeHome home;
  home.put(".kube/empty", " \n");
  home.put(".kube/odd", "hush\x01token");
  home.put(".kube/open.key", "hush", 0640);
  const auto [user, words] = GENERATE(table<std::string, std::string>({
      {"{tokenFile: none}", "the token file"},
      {"{tokenFile: empty}", "is empty"},
      {"{tokenFile: odd}", "has characters that no token has"},
      {"{token: 'hush hush'}", "has characters that no token has"},
      {"{client-certificate-data: Q0VSVA==}", "certificate without its key"},
      {"{client-key-data: aHVzaA==}", "key without a certificate"},
      {"{client-certificate-data: Q0VSVA==, client-key: none}", "no such file"},
      {"{client-certificate-data: Q0VSVA==, client-key: open.key}", "others can read or change it"},
      {"{client-certificate: none, client-key-data: aHVzaA==}", "the client certificate"},
  }));
  CAPTURE(user);
  home.log_in_by(user);
  const Error error = error_of(home.provider().public_key(kReference));
  CHECK(error.cause() == Cause::no_credentials);
  CHECK_THAT(error.message(), Contains(words));
  CHECK(home.world.http.sent.empty());
}

TEST_CASE("a token file is read each time, and counts before the token beside it") {
  KubeHome home;
  home.log_in_by("{tokenFile: ../token, token: hush-inline}");
  home.answer_with(whole_pair());
  REQUIRE(home.provider().public_key(kReference));
  home.put("token", "hush-one\n", 0644);
  REQUIRE(home.provider().public_key(kReference));
  home.put("token", "hush-two\n", 0644);
  REQUIRE(home.provider().public_key(kReference));
  CHECK(home.world.http.sent.at(0).header("Authorization") == "Bearer hush-inline");
  CHECK(home.world.http.sent.at(1).header("Authorization") == "Bearer hush-one");
  CHECK(home.world.http.sent.at(2).header("Authorization") == "Bearer hush-two");
}

TEST_CASE("a token that kubelet renewed meanwhile is tried once, a refused one never again") {
  KubeHome home;
  home.put("serviceaccount/token", "hush-old", 0644);
  home.put("serviceaccount/ca.crt", "CA", 0644);
  home.world.variables["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
  home.world.variables["KUBERNETES_SERVICE_PORT"] = "443";
  const bool renewed = GENERATE(true, false);
  home.world.http.answer([&](const SentRequest& sent) -> Result<net::Response> {
    if (renewed) home.put("serviceaccount/token", "hush-new", 0644);
    if (sent.header("Authorization") == "Bearer hush-new")
      return json_response(200, test::secret_object(whole_pair()).dump());
    return json_response(401, test::status(401, "Unauthorized", "Unauthorized"));
  });
  const auto key = home.provider().public_key(kReference);
  CHECK(home.world.http.sent.size() == (renewed ? 2 : 1));
  CHECK(home.world.http.sent[0].request.url == "https://10.0.0.1:443/api/v1/namespaces/ci/secrets/release-key");
  if (renewed) {
    CHECK(key);
  } else {
    const Error error = error_of(key);
    CHECK(error.cause() == Cause::refused_credentials);
    CHECK_THAT(error.message(), Contains("does not take the token of \"the pod's service account\""));
  }
}

TEST_CASE("an exec plugin is run once, and again when its token ends or is refused") {
  KubeHome home;
  home.log_in_by(plugin_user(home));
  home.answer_with(whole_pair());
  const auto runs = [&] { return test::text_of(home.folder / "runs").size() / 2; };
  SECTION("without an end") {
    put_plugin(home, "");
    REQUIRE(home.provider().public_key(kReference));
    home.world.clock.advance(24h);
    REQUIRE(home.provider().public_key(kReference));
    CHECK(runs() == 1);
  }
  SECTION("with an end, within the margin of it") {
    put_plugin(home, R"(,\"expirationTimestamp\":\"2026-11-28T12:10:00Z\")");
    REQUIRE(home.provider().public_key(kReference));
    home.world.clock.advance(8min);
    REQUIRE(home.provider().public_key(kReference));
    CHECK(runs() == 1);
    home.world.clock.advance(61s);
    REQUIRE(home.provider().public_key(kReference));
    CHECK(runs() == 2);
    CHECK(home.world.http.sent.back().header("Authorization") == "Bearer run-2");
  }
  SECTION("after a 401") {
    put_plugin(home, "");
    home.world.http.answer([&](const SentRequest& sent) -> Result<net::Response> {
      if (sent.header("Authorization") == "Bearer run-1")
        return json_response(401, test::status(401, "Unauthorized", "Unauthorized"));
      return json_response(200, test::secret_object(whole_pair()).dump());
    });
    REQUIRE(home.provider().public_key(kReference));
    CHECK(runs() == 2);
    REQUIRE(home.provider().public_key(kReference));
    CHECK(runs() == 2);
  }
}

TEST_CASE("over plain HTTP nothing is told of who asks") {
  KubeHome home;
  home.put(".kube/config",
           "current-context: x\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:8001'}}]\n"
           "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
           "users: [{name: u, user: {token: hush}}]\n");
  home.answer_with(whole_pair());
  REQUIRE(home.provider().public_key(kReference));
  CHECK(home.world.http.sent[0].header("Authorization").empty());
}

TEST_CASE("a 401 tells a token that ended from one that is not known, and both from a clock that is wrong") {
  KubeHome home;
  const auto now = home.world.clock.now();
  const auto say = [&](const std::string& user, const std::string& date) {
    home.made.reset();
    home.log_in_by(user);
    home.world.http.answer([date](const SentRequest&) -> Result<net::Response> {
      auto response = json_response(401, test::status(401, "Unauthorized", "Unauthorized"));
      if (!date.empty()) response.headers.add("Date", date);
      return response;
    });
    return error_of(home.provider().public_key(kReference));
  };
  const std::string good_date = "Sat, 28 Nov 2026 12:00:01 GMT";
  Error error = say("{token: " + test::token_until(now - 1h) + "}", good_date);
  CHECK(error.cause() == Cause::expired_credentials);
  CHECK_THAT(error.message(), Contains("the token of \"u\" ended at 2026-11-28T11:00:00Z"));
  CHECK(say("{token: " + test::token_until(now + 1h) + "}", good_date).cause() == Cause::refused_credentials);
  CHECK(say("{token: a.b.c}", good_date).cause() == Cause::refused_credentials);
  CHECK(say("{token: a.bm8.c}", good_date).cause() == Cause::refused_credentials);
  error = say("{token: hush}", "Sun, 29 Nov 2026 12:00:00 GMT");
  CHECK(error.cause() == Cause::clock_skew);
  CHECK_THAT(error.message(), Contains("behind"));
  error = say("{}", good_date);
  CHECK(error.cause() == Cause::no_credentials);
  CHECK_THAT(error.message(), Contains("wants to know who asks, and \"u\" has no credentials"));
}

TEST_CASE("when a client certificate ended is told, too") {
  const test::TestCa ca;
  const auto identity_of = [](const test::Issued& issued) { return Identity{{}, issued.certificate, issued.key}; };
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto until = [&](std::chrono::seconds span) {
    return end_of(identity_of(ca.issue({.valid_until = span, .client = true})));
  };
  REQUIRE(until(1h));
  CHECK(std::chrono::abs(*until(1h) - (now + 1h)) < 1min);
  REQUIRE(until(24h * 365 * 60));  // GeneralizedTime
  CHECK(std::chrono::abs(*until(24h * 365 * 60) - (now + 24h * 365 * 60)) < 1min);
  CHECK_FALSE(end_of(Identity{{}, "hello", "key"}));
  CHECK_FALSE(end_of(Identity{{}, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "key"}));

  KubeHome home;
  const auto old = ca.issue({.valid_from = -48h, .valid_until = -24h * 30, .client = true});
  home.world.clock.advance(24h * 365 * 50);
  home.log_in_by("{client-certificate-data: " + test::base64(old.certificate) +
                 ", client-key-data: " + test::base64(old.key) + "}");
  home.answer(401, test::status(401, "Unauthorized", "Unauthorized"));
  const Error error = error_of(home.provider().public_key(kReference));
  CHECK(error.cause() == Cause::expired_credentials);
  CHECK_THAT(error.message(), Contains("the client certificate of \"u\" ended at"));
}

}  // namespace hallmark::keys
