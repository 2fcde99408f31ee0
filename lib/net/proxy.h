// ProxyRules: through which proxy, if any, a URL is fetched.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/result.h"
#include "net/url.h"

namespace hallmark::net {

struct Proxy {
  std::string url;  // scheme://host:port: fit for messages
  std::string user;
  std::string password;
  [[nodiscard]] bool tls() const { return url.starts_with("https:"); }
};

// Literal loopback hosts: localhost, *.localhost, 127/8, ::1.
[[nodiscard]] bool is_loopback(std::string_view host);
// Literal addresses that no router forwards: 169.254/16 (RFC 3927), fe80::/10 (RFC 4291), and fd00:ec2::/32, where AWS
// has its metadata services. Names are never looked up: they are none.
[[nodiscard]] bool is_link_local(std::string_view host);

class ProxyRules {
 public:
  // http_proxy and https_proxy: "[http://|https://][user:password@]host[:port]", user and password percent-encoded;
  // the port is 80 or 443 where none is given, as Go has it. Kind of errors: config; they never show the user info.
  //
  // no_proxy: comma-separated. "*"; "host" and ".host" and "*.host" (the host and all below it); an IP address; a CIDR
  // block; any of them but the block with ":port". Entries that are none of these are no match, as in the peers.
  [[nodiscard]] static Result<ProxyRules> parse(std::string_view http_proxy, std::string_view https_proxy,
                                                std::string_view no_proxy);
  // Null: directly. Loopback is never fetched through a proxy.
  [[nodiscard]] const Proxy* proxy_for(const Url& url) const;

 private:
  struct Exception {
    std::string name;     // lower case, without leading dot; or
    std::string network;  // address bytes
    unsigned prefix = 0;
    std::string port;
    bool any = false;
  };
  static std::optional<Exception> parse_exception(std::string_view text);
  static bool matches(const Exception& exception, const Url& url);

  std::optional<Proxy> http_;
  std::optional<Proxy> https_;
  std::vector<Exception> exceptions_;
};

}  // namespace hallmark::net
