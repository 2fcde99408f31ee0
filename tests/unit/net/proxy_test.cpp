#include "net/proxy.h"

#include <catch2/catch.hpp>

namespace hallmark::net {
namespace {

bool goes_direct(const char* no_proxy, const char* url) {
  const auto rules = ProxyRules::parse("http://proxy.example:3128", "http://proxy.example:3128", no_proxy);
  REQUIRE(rules);
  const auto parsed = Url::parse(url);
  REQUIRE(parsed);
  return rules->proxy_for(*parsed) == nullptr;
}

}  // namespace

TEST_CASE("a proxy is chosen by the scheme of the URL") {
  const auto rules = ProxyRules::parse("http://plain.example", "us%65r:p%40ss@tls.example:3128", "");
  REQUIRE(rules);
  const Proxy* plain = rules->proxy_for(*Url::parse("http://registry.example/"));
  REQUIRE(plain != nullptr);
  CHECK(plain->url == "http://plain.example:80");
  CHECK(plain->user.empty());
  const Proxy* secure = rules->proxy_for(*Url::parse("https://registry.example/"));
  REQUIRE(secure != nullptr);
  CHECK(secure->url == "http://tls.example:3128");
  CHECK(secure->user == "user");
  CHECK(secure->password == "p@ss");
  CHECK(ProxyRules::parse("", "https://proxy.example", "")->proxy_for(*Url::parse("https://r.example"))->url ==
        "https://proxy.example:443");
  CHECK(ProxyRules::parse("", "http://proxy.example", "")->proxy_for(*Url::parse("http://r.example")) == nullptr);
}

TEST_CASE("a proxy that cannot be one is a configuration error that shows no password [attack 48]") {
  struct Case {
    const char* proxy;
    const char* reason;
  };
  const auto [proxy, reason] = GENERATE(values<Case>({
      {"socks5://user:secret@proxy.example", "expected an http:// or https:// proxy"},
      {"http://user:secret@", "not a URL"},
      {"http://user:secret@proxy.example:port", "not a URL"},
      {"ftp://proxy.example", "expected an http:// or https:// proxy"},
  }));
  CAPTURE(proxy);
  const auto rules = ProxyRules::parse("", proxy, "");
  REQUIRE_FALSE(rules);
  CHECK(rules.error().kind() == Outcome::config);
  CHECK_THAT(rules.error().message(), Catch::Contains(reason) && !Catch::Contains("secret"));
}

TEST_CASE("NO_PROXY names hosts, domains, addresses and networks") {
  struct Case {
    const char* no_proxy;
    const char* url;
    bool direct;
  };
  const auto [no_proxy, url, direct] = GENERATE(values<Case>({
      {"", "https://registry.example/", false},
      {"*", "https://registry.example/", true},
      {"registry.example", "https://registry.example/", true},
      {"registry.example", "https://REGISTRY.example/", true},
      {"registry.example", "https://eu.registry.example/", true},
      {"registry.example", "https://evilregistry.example/", false},
      {"registry.example", "https://registry.example.evil/", false},
      {".registry.example", "https://eu.registry.example/", true},
      {"*.registry.example", "https://eu.registry.example/", true},
      {"a.example, b.example ,c.example", "https://b.example/", true},
      {"registry.example:5000", "https://registry.example:5000/", true},
      {"registry.example:5000", "https://registry.example/", false},
      {"10.0.0.0/8", "http://10.1.2.3:5000/", true},
      {"10.0.0.0/8", "http://11.1.2.3:5000/", false},
      {"192.168.1.0/28", "http://192.168.1.15/", true},
      {"192.168.1.0/28", "http://192.168.1.16/", false},
      {"10.1.2.3", "http://10.1.2.3/", true},
      {"10.1.2.3:5000", "http://10.1.2.3:5000/", true},
      {"10.1.2.3:5000", "http://10.1.2.3:5001/", false},
      {"fd00::/8", "http://[fd12::1]:5000/", true},
      {"fd00::/8", "http://[fe80::1]:5000/", false},
      {"[fd12::1]:5000", "http://[fd12::1]:5000/", true},
      {"fd12::1", "http://[fd12:0::1]/", true},
      {"10.0.0.0/33,fd00::/129,x/8,/8,", "http://10.0.0.1/", false},
      {"", "http://localhost:5000/", true},
      {"", "http://app.localhost/", true},
      {"", "http://127.8.9.1/", true},
      {"", "http://[::1]/", true},
      {"", "http://128.0.0.1/", false},
  }));
  CAPTURE(no_proxy, url);
  CHECK(goes_direct(no_proxy, url) == direct);
}

TEST_CASE("link-local is what no router forwards, by address and never by name [attack 34]") {
  for (const char* host : {"169.254.0.0", "169.254.169.254", "169.254.255.255", "fe80::1", "febf::1", "fd00:ec2::254",
                           "fd00:0ec2:ffff::1", "::ffff:169.254.1.1"})
    CHECK(is_link_local(host));
  for (const char* host :
       {"169.253.255.255", "169.255.0.0", "fec0::1", "fd00:ec3::1", "fd01:ec2::1", "10.0.0.1", "127.0.0.1", "::1",
        "localhost", "169.254.169.254.nip.io", "metadata", "", "::ffff:10.0.0.1", "0251.0376.0.1", "2852039166"})
    CHECK_FALSE(is_link_local(host));
}

}  // namespace hallmark::net
