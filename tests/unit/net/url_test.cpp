#include "net/url.h"

#include <catch2/catch.hpp>

#include "net/http_client.h"

namespace hallmark::net {

TEST_CASE("an origin is scheme, host and port, written one way") {
  struct Case {
    const char* url;
    const char* origin;
  };
  const auto [url, origin] = GENERATE(values<Case>({
      {"https://registry.example", "https://registry.example:443"},
      {"HTTPS://Registry.EXAMPLE:443/v2/", "https://registry.example:443"},
      {"http://registry.example/v2/?a=b#c", "http://registry.example:80"},
      {"http://127.0.0.1:5000/v2/", "http://127.0.0.1:5000"},
      {"http://0x7f.1:5000/v2/", "http://127.0.0.1:5000"},
      {"http://[::1]:5000/", "http://[::1]:5000"},
      {"https://a_b.example/", "https://a_b.example:443"},
  }));
  CAPTURE(url);
  const auto result = origin_of(url);
  REQUIRE(result);
  CHECK(*result == origin);
}

TEST_CASE("a URL that could lead elsewhere than it says is refused [attack 34]") {
  struct Case {
    const char* url;
    const char* reason;
  };
  const auto [url, reason] = GENERATE(values<Case>({
      {"", "expected http:// or https://"},
      {"registry.example/v2", "expected http:// or https://"},
      {"file:///etc/passwd", "expected http://"},
      {"ftp://registry.example/", "expected http:// or https://"},
      {"gopher://registry.example/", "expected http:// or https://"},
      {"https://user:pw@registry.example/", "user info is not allowed"},
      {"https://user@registry.example/", "user info is not allowed"},
      {"https://registry.example\\@evil.example/", "white space, control or non-ASCII"},
      {"https://registry.example /", "white space, control or non-ASCII"},
      {"https://registry.example/\r\nHost: evil", "white space, control or non-ASCII"},
      {"https://registry\xc3\xa9.example/", "white space, control or non-ASCII"},
      {"https://registry.example%2f@evil.example/", "user info is not allowed"},
      {"https://registry.example%2fevil/", "expected http"},
      {"https:///v2/", "expected http"},
      {"https://registry.example:99999/", "expected a port from 1 to 65535"},
      {"https://registry.example:0/", "port 0"},
      {"https://[fe80::1%25eth0]/", "zone ids"},
  }));
  CAPTURE(url);
  const auto result = origin_of(url);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == Outcome::malformed);
  CHECK_THAT(result.error().message(), Catch::Contains(reason));
  CHECK_THAT(result.error().message(), !Catch::Contains("user:pw"));
}

TEST_CASE("a URL of more than 8 KiB is refused") {
  CHECK_THAT(origin_of("https://registry.example/" + std::string(9000, 'a')).error().message(),
             Catch::Contains("longer than 8192 bytes"));
}

TEST_CASE("relative references resolve as RFC 3986 section 5.4 says") {
  struct Case {
    const char* reference;
    const char* target;
  };
  const auto [reference, target] = GENERATE(values<Case>({
      {"g", "http://a.example/b/c/g"},
      {"./g", "http://a.example/b/c/g"},
      {"g/", "http://a.example/b/c/g/"},
      {"/g", "http://a.example/g"},
      {"//g.example", "http://g.example/"},
      {"?y", "http://a.example/b/c/d;p?y"},
      {"g?y", "http://a.example/b/c/g?y"},
      {"g#s", "http://a.example/b/c/g"},
      {"", "http://a.example/b/c/d;p?q"},
      {"..", "http://a.example/b/"},
      {"../g", "http://a.example/b/g"},
      {"../../g", "http://a.example/g"},
      {"../../../g", "http://a.example/g"},
      {"/v2/x/blobs/uploads/1?_state=a%2Fb", "http://a.example/v2/x/blobs/uploads/1?_state=a%2Fb"},
      {"https://b.example:8443/x?y=z", "https://b.example:8443/x?y=z"},
  }));
  CAPTURE(reference);
  const auto result = resolve_url("http://a.example/b/c/d;p?q", reference);
  REQUIRE(result);
  CHECK(*result == target);
}

TEST_CASE("a reference to another kind of place is refused [attack 34]") {
  const auto reference =
      GENERATE("file:///etc/passwd", "https://user:pw@b.example/", "http://b.example\n", "//u@b.example/");
  CAPTURE(reference);
  const auto result = resolve_url("https://a.example/v2/", reference);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == Outcome::malformed);
}

TEST_CASE("what is shown of a URL holds no secret [attack 48]") {
  struct Case {
    const char* url;
    const char* shown;
  };
  const auto [url, shown] = GENERATE(values<Case>({
      {"https://user:secret@registry.example/v2/x?token=secret#secret", "https://registry.example/v2/x"},
      {"https://registry.example:5000/v2/x", "https://registry.example:5000/v2/x"},
      {"https://registry.example/v2/a@b", "https://registry.example/v2/a@b"},
      {"http://user:sec/ret@proxy.example:3128", "http://proxy.example:3128"},
      {"http://user:s@ecret@proxy.example", "http://proxy.example"},
      {"user:secret@proxy.example:3128", "proxy.example:3128"},
      {"http://[::1]:5000/x", "http://[::1]:5000/x"},
      {"http://a\x1b[2Jb/", "http://a\\x1b[2Jb/"},
      {"", ""},
  }));
  CAPTURE(url);
  CHECK(redacted(url) == shown);
}

}  // namespace hallmark::net
