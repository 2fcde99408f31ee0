#include "registry/realm.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using registry::judge_realm;
using registry::RealmTrust;
using registry::same_site;

namespace {

Result<RealmTrust> judge(std::string_view realm, std::string_view registry, std::vector<std::string> named = {}) {
  const auto a = net::Url::parse(realm);
  const auto b = net::Url::parse(registry);
  REQUIRE(a);
  REQUIRE(b);
  return judge_realm(*a, *b, named);
}

}  // namespace

TEST_CASE("a realm on the registry's own host or site gets credentials [attack 29]") {
  struct Case {
    std::string realm;
    std::string registry;
  };
  const auto [realm, registry] = GENERATE(values<Case>({
      {"https://auth.docker.io/token", "https://registry-1.docker.io"},
      {"https://gitlab.com/jwt/auth", "https://registry.gitlab.com"},
      {"https://registry.example/token", "https://registry.example"},
      {"https://registry.example:8443/token", "https://registry.example"},
      {"https://auth.acme.co.uk/t", "https://registry.acme.co.uk"},
      {"http://127.0.0.1:5001/token", "http://127.0.0.1:5000"},
      {"http://localhost:5001/token", "http://127.0.0.1:5000"},
      {"https://10.0.0.5/token", "https://10.0.0.5:5000"},
      {"https://[fd00::1]/token", "https://[fd00::1]:5000"},
      {"https://registry/token", "https://registry:5000"},
  }));
  CAPTURE(realm, registry);
  CHECK(judge(realm, registry) == RealmTrust::credentials);
}

TEST_CASE("a realm on another site is asked without credentials, or not at all [attack 29]") {
  struct Case {
    std::string realm;
    std::string registry;
    std::string reason;  // empty: anonymous
  };
  const auto [realm, registry, reason] = GENERATE(values<Case>({
      {"https://evil.example/token", "https://registry.acme.test", ""},
      {"https://auth.acme.test.evil.example/token", "https://registry.acme.test", ""},
      {"https://evilacme.test/token", "https://acme.test", ""},
      {"https://evil.co.uk/t", "https://acme.co.uk", ""},
      {"https://evil.github.io/t", "https://acme.github.io", ""},  // a public suffix: two owners
      {"http://registry.example/token", "https://registry.example", "plain http where the registry is https"},
      {"http://127.0.0.1/token", "https://registry.example", "plain http where the registry is https"},
      {"http://169.254.169.254/latest/meta-data", "http://registry.example", "plain http on another host"},
      {"http://169.254.169.254/latest/meta-data", "https://registry.example", "plain http where"},
      {"http://localhost:8080/", "http://registry.example", "an address or a local name"},
      {"https://169.254.169.254/", "https://registry.example", "an address or a local name"},
      {"https://[::1]/", "https://registry.example", "an address or a local name"},
      {"https://10.0.0.6/token", "https://10.0.0.5:5000", "an address or a local name"},
      {"https://metadata/token", "https://registry.example", "an address or a local name"},
      {"https://metadata.google.internal/token", "https://registry.example", "an address or a local name"},
      {"http://registry.example/token", "http://registry.example", ""},  // never a credential over plain http
  }));
  CAPTURE(realm, registry);
  const auto judged = judge(realm, registry);
  if (reason.empty()) {
    CHECK(judged == RealmTrust::anonymous);
  } else {
    REQUIRE_FALSE(judged);
    CHECK(judged.error().kind() == Outcome::unauthorized);
    CHECK_THAT(judged.error().message(), Catch::Contains(reason));
    CHECK_THAT(judged.error().hint(), Catch::Contains("--token-realm"));
  }
}

TEST_CASE("the user may name a realm, by host or in full [attack 29]") {
  const auto* realm = "https://sso.corp.example/realms/x/token";
  const auto* registry = "https://registry.acme.test";
  CHECK(judge(realm, registry, {"https://sso.corp.example"}) == RealmTrust::credentials);
  CHECK(judge(realm, registry, {"sso.corp.example"}) == RealmTrust::credentials);
  CHECK(judge(realm, registry, {"https://sso.corp.example/realms/x/token"}) == RealmTrust::credentials);
  CHECK(judge(realm, registry, {"https://sso.corp.example/realms/y/token"}) == RealmTrust::anonymous);
  CHECK(judge(realm, registry, {"https://sso.corp.example:444"}) == RealmTrust::anonymous);
  CHECK(judge(realm, registry, {"https://corp.example"}) == RealmTrust::anonymous);
  CHECK_FALSE(judge("http://sso.corp.example/token", registry, {"http://sso.corp.example"}));
}

TEST_CASE("a site is a registrable domain") {
  CHECK(same_site("a.b.example.com", "example.com"));
  CHECK(same_site("x", "x"));
  CHECK_FALSE(same_site("com", "example.com"));
  CHECK_FALSE(same_site("10.0.0.1", "11.0.0.1"));
  CHECK_FALSE(same_site("a.local", "b.local"));
}
