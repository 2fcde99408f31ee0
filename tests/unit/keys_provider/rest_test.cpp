#include "keys/provider/rest.h"

#include <catch2/catch.hpp>

#include "base/limits.h"
#include "support/key_services.h"

namespace hallmark::keys {
namespace {

using test::json_response;
using test::SentRequest;

Question question() {
  Question one;
  one.service = "The service";
  one.url = "https://kms.test/";
  return one;
}

Result<Reply> ask_for(net::Response response, const Question& what = question()) {
  test::ScriptedHttp http([&](const SentRequest&) -> Result<net::Response> { return response; });
  return ask(http, what);
}

Error failure(Error error, const Question& what = question()) {
  test::ScriptedHttp http([&](const SentRequest&) -> Result<net::Response> { return fail(error); });
  const auto reply = ask(http, what);
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind() == Outcome::key);
  return reply.error();
}

net::Response dated(std::string date) { return {401, {{"Date", std::move(date)}}, {}, {}}; }

}  // namespace

TEST_CASE("a question goes out as it was put, bounded, and follows no redirect") {
  test::ScriptedHttp http([](const SentRequest&) -> Result<net::Response> { return json_response(200, R"({"a":1})"); });
  Question what = question();
  what.body = R"({"b":2})";
  what.content_type = "application/x-amz-json-1.1";
  what.headers.add("X-Test", "yes");
  what.deadline = net::Deadline(std::chrono::seconds(7));
  what.aws = net::AwsSignature{"id", "secret", "region", "kms"};
  what.may_retry = false;
  what.proxy = "http://proxy:1";
  what.temporary_answers = true;
  what.tls.ca_pem = "PEM";
  const auto reply = ask(http, what);
  REQUIRE(reply);
  CHECK(reply->ok());
  CHECK(reply->json.find("a")->as_integer() == 1);
  const SentRequest& sent = http.sent.at(0);
  CHECK(sent.request.method == "POST");
  CHECK(sent.body == R"({"b":2})");
  CHECK(sent.header("Content-Type") == "application/x-amz-json-1.1");
  CHECK(sent.header("X-Test") == "yes");
  CHECK(sent.request.deadline == what.deadline);
  CHECK(sent.request.limit == limits::key_answer_bytes);
  CHECK_FALSE(sent.request.follow_redirects);
  CHECK_FALSE(sent.request.may_retry);
  CHECK(sent.request.aws->service == "kms");
  CHECK(sent.request.proxy == "http://proxy:1");
  CHECK(sent.request.temporary_answers);
  CHECK(sent.request.tls.ca_pem == "PEM");
}

TEST_CASE("a question without a body has no type of one") {
  test::ScriptedHttp http([](const SentRequest&) -> Result<net::Response> { return json_response(204, ""); });
  Question what = question();
  what.method = "GET";
  what.limit = 100;
  const auto reply = ask(http, what);
  REQUIRE(reply);
  CHECK(reply->json.is_null());
  CHECK(http.sent.at(0).header("Content-Type").empty());
  CHECK(http.sent.at(0).request.limit == 100);
}

TEST_CASE("redirects are refused, whoever sends them [attack 34]") {
  const int status = GENERATE(300, 301, 302, 303, 304, 307, 308, 399);
  const auto reply = ask_for({status, {{"Location", "http://169.254.169.254/"}}, to_bytes("{}"), {}});
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind() == Outcome::key);
  CHECK(reply.error().cause() == Cause::malformed_answer);
  CHECK_THAT(reply.error().message(), Catch::Contains("The service: it redirects (" + std::to_string(status) + ")"));
}

TEST_CASE("a 2xx that is no strict JSON is an error, any other status only goes without it [attack 49]") {
  const std::string body = GENERATE("<html>", "{", R"({"a":1}x)", R"({"a":1,"A":2})", "\xff", "nul");
  const auto good = ask_for(json_response(200, body));
  REQUIRE_FALSE(good);
  CHECK(good.error().cause() == Cause::malformed_answer);
  CHECK_THAT(good.error().message(), Catch::Contains("The service answered with what is not as documented: answer"));
  const auto refused = ask_for(json_response(403, body));
  REQUIRE(refused);
  CHECK_FALSE(refused->ok());
  CHECK(refused->json.is_null());
  CHECK(as_text(refused->body) == body);
}

TEST_CASE("a refusal that repeats secrets has stars in their place [attack 48]") {
  Question what = question();
  what.headers = {{"Authorization", "Bearer hush-bearer-token"},
                  {"X-Vault-Token", "hush-vault-token"},
                  {"X-Amz-Security-Token", "hush-session-token"},
                  {"X-aws-ec2-metadata-token", "hush-metadata-token"},
                  {"X-Test", "no secret at all"}};
  what.aws = net::AwsSignature{"id", "hush-access-key", "region", "kms"};
  what.secrets = {"hush-of-the-body", "hush", "abc"};
  const auto shown = [&](int status, const std::string& said) {
    const auto reply = ask_for(json_response(status, said), what);
    REQUIRE(reply);
    return std::string(as_text(reply->body));
  };
  for (const std::string secret : {"hush-bearer-token", "hush-vault-token", "hush-session-token", "hush-metadata-token",
                                   "hush-access-key", "hush-of-the-body", "hush"}) {
    CHECK(shown(400, "[\"so: " + secret + "\"]") == "[\"so: ***\"]");
    CHECK(shown(503, secret + " " + secret + secret) == "*** ***");
  }
  CHECK(shown(403, "bearer-token, bearer-toke") == "***, bearer-toke");
  CHECK(shown(403, "abc, no secret at all") == "abc, no secret at all");
  CHECK(shown(200, "[\"hush\"]") == "[\"hush\"]");
  const auto text = [&] {
    test::ScriptedHttp http([](const SentRequest&) -> Result<net::Response> { return json_response(401, "hush"); });
    return ask_for_text(http, what);
  }();
  REQUIRE(text);
  CHECK(as_text(text->body) == "***");
}

TEST_CASE("text is taken as text where it is asked for") {
  test::ScriptedHttp http([](const SentRequest&) -> Result<net::Response> { return json_response(200, "TOKEN"); });
  const auto reply = ask_for_text(http, question());
  REQUIRE(reply);
  CHECK(as_text(reply->body) == "TOKEN");
  CHECK(reply->json.is_null());
}

TEST_CASE("each failure of the network has its cause") {
  const auto [kind, cause] = GENERATE(table<Outcome, Cause>({
      {Outcome::unreachable, Cause::unreachable},
      {Outcome::throttled, Cause::throttled},
      {Outcome::malformed, Cause::malformed_answer},
      {Outcome::config, Cause::unreachable},
      {Outcome::internal, Cause::none},
  }));
  const Error error = failure(Error(kind, "it broke").with_hint("wait"));
  CHECK(error.cause() == cause);
  CHECK(error.message() == "The service: it broke");
  CHECK(error.hint() == "wait");
}

TEST_CASE("hints are for users of keys, not of registries") {
  struct Case {
    std::string hint;
    std::string own;  // the question's ca_hint
    std::string shown;
  };
  const auto [hint, own, shown] = GENERATE(values<Case>({
      {"give its CA with --registry-ca FILE, or put it into certs.d/x/ca.crt", "",
       "put its CA into the system's store, or name it with SSL_CERT_FILE"},
      {"give its CA with --registry-ca FILE, or put it into certs.d/x/ca.crt", "name it with X", "name it with X"},
      {"give one with --registry-client-cert and --registry-client-key", "name it with X", ""},
      {"if this registry has no TLS, pass --plain-http", "name it with X", ""},
      {"if it speaks TLS, pass --tls", "", ""},
      {"give the CA of the proxy with --proxy-ca FILE", "name it with X",
       "give the CA of the proxy with --proxy-ca FILE"},
  }));
  Question what = question();
  what.ca_hint = own;
  CHECK(failure(Error(Outcome::unreachable, "no").with_hint(hint), what).hint() == shown);
}

TEST_CASE("a clock that is off is told, with direction and size, and a small difference is none") {
  struct Case {
    const char* date;
    std::optional<std::chrono::seconds> skew;
    const char* words;
  };
  const auto [date, skew, words] = GENERATE(values<Case>({
      {"Sat, 28 Nov 2026 12:00:00 GMT", {}, ""},
      {"Sat, 28 Nov 2026 12:05:00 GMT", {}, ""},
      {"Sat, 28 Nov 2026 11:55:00 GMT", {}, ""},
      {"yesterday", {}, ""},
      {"Sat, 28 Nov 2026 12:05:01 GMT", std::chrono::seconds(301), "clock is 5 min behind the service's"},
      {"Sat, 28 Nov 2026 09:30:00 GMT", std::chrono::seconds(-9000), "clock is 2 h 30 min ahead of the service's"},
      {"Tue, 01 Dec 2026 12:00:00 GMT", std::chrono::hours(72), "clock is 3 days behind the service's"},
  }));
  const test::StandingClock clock;
  const auto found = clock_skew(dated(date).headers, clock);
  CHECK(found == skew);
  if (!found) return;
  const Error error = skew_error("The service", *found);
  CHECK(error.kind() == Outcome::key);
  CHECK(error.cause() == Cause::clock_skew);
  CHECK_THAT(error.message(), Catch::Contains(words));
}

TEST_CASE("a service that names no date has no clock to compare with") {
  CHECK_FALSE(clock_skew({}, test::StandingClock()));
}

TEST_CASE("forms keep what would break them") {
  CHECK(form({}).empty());
  CHECK(form({{"grant_type", "client_credentials"}, {"a b", "x&y=z+%é"}}) ==
        "grant_type=client_credentials&a%20b=x%26y%3Dz%2B%25%C3%A9");
}

TEST_CASE("credentials of a metadata service stay near: link-local addresses and this machine [attacks 29, 34]") {
  const auto [url, near] = GENERATE(table<std::string, bool>({
      {"http://169.254.169.254/latest", true},
      {"http://169.254.170.2/v2", true},
      {"http://[fe80::1]/", true},
      {"http://[fd00:ec2::254]/", true},
      {"http://127.0.0.1:8080/", true},
      {"http://localhost/", true},
      {"http://[::1]/", true},
      {"http://10.0.0.1/", false},
      {"http://169.255.0.1/", false},
      {"http://[fd00:ec3::1]/", false},
      {"http://metadata.google.internal/", false},
      {"http://169.254.169.254.evil.test/", false},
      {"http://localhost.evil.test/", false},
      {"http://169.254.169.254@evil.test/", false},
      {"file:///etc/passwd", false},
      {"169.254.169.254", false},
      {"", false},
  }));
  CAPTURE(url);
  CHECK(stays_near(url) == near);
}

}  // namespace hallmark::keys
