#include "net/proxy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/try.h"
#include "net/curl_handle.h"
#include "net/http_client.h"

namespace hallmark::net {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// The 4 or 16 bytes of an IP address, or nothing for a name. IPv4 inside IPv6 (::ffff:a.b.c.d) is the IPv4 address.
std::string address_bytes(std::string_view host) {
  const std::string text(host);
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return {};
  const std::string address(bytes.data(), bytes.size());
  const std::string mapped = std::string(10, '\0') + "\xff\xff";
  return address.starts_with(mapped) ? address.substr(12) : address;
}

bool in_network(std::string_view address, std::string_view network, unsigned prefix) {
  if (address.size() != network.size()) return false;
  const std::size_t whole = prefix / 8;
  if (address.substr(0, whole) != network.substr(0, whole)) return false;
  if (prefix % 8 == 0) return true;
  const auto mask = static_cast<unsigned char>(0xff << (8 - prefix % 8));
  return ((static_cast<unsigned char>(address[whole]) ^ static_cast<unsigned char>(network[whole])) & mask) == 0;
}

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  const CurlText owner(text);
  return text;
}

Result<std::optional<Proxy>> parse_proxy(std::string_view text, std::string_view what) {
  if (text.empty()) return std::nullopt;
  const auto bad = [&](std::string_view why) {
    return fail(Error(Outcome::config, std::string(what) + " " + redacted(text) + ": " + std::string(why))
                    .with_hint("write it as http://[user:password@]host:port, with user and password percent-encoded"));
  };
  const UrlHandle handle(curl_url());
  if (!handle) return fail(Outcome::internal, "no memory for a URL");
  const std::string full =
      text.find("://") == std::string_view::npos ? "http://" + std::string(text) : std::string(text);
  if (curl_url_set(handle.get(), CURLUPART_URL, full.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return bad("not a URL");
  const std::string scheme = lower(part(handle.get(), CURLUPART_SCHEME));
  if (scheme != "http" && scheme != "https") return bad("expected an http:// or https:// proxy");
  const std::string host = lower(part(handle.get(), CURLUPART_HOST));
  if (host.empty()) return bad("expected a host");
  Proxy proxy;
  proxy.url = scheme + "://" + host + ":" + part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  proxy.user = part(handle.get(), CURLUPART_USER, CURLU_URLDECODE);
  proxy.password = part(handle.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
  return proxy;
}

}  // namespace

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  const std::string address = address_bytes(host);
  if (address.size() == 4) return address[0] == 127;
  return address == std::string(15, '\0') + '\1';
}

bool is_link_local(std::string_view host) {
  const std::string address = address_bytes(host);
  using namespace std::string_literals;
  return in_network(address, "\xa9\xfe\0\0"s, 16) || in_network(address, "\xfe\x80"s + std::string(14, '\0'), 10) ||
         in_network(address, "\xfd\0\x0e\xc2"s + std::string(12, '\0'), 32);
}

Result<ProxyRules> ProxyRules::parse(std::string_view http_proxy, std::string_view https_proxy,
                                     std::string_view no_proxy) {
  ProxyRules rules;
  HM_TRY(rules.http_, parse_proxy(http_proxy, "HTTP proxy"));
  HM_TRY(rules.https_, parse_proxy(https_proxy, "HTTPS proxy"));
  while (!no_proxy.empty()) {
    const std::size_t comma = std::min(no_proxy.find(','), no_proxy.size());
    if (auto exception = parse_exception(no_proxy.substr(0, comma))) rules.exceptions_.push_back(*std::move(exception));
    no_proxy.remove_prefix(std::min(comma + 1, no_proxy.size()));
  }
  return rules;
}

std::optional<ProxyRules::Exception> ProxyRules::parse_exception(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  Exception exception;
  if (text == "*") {
    exception.any = true;
    return exception;
  }
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    exception.network = address_bytes(text.substr(0, slash));
    const std::string_view length = text.substr(slash + 1);
    const auto [end, problem] = std::from_chars(length.data(), length.data() + length.size(), exception.prefix);
    if (problem != std::errc() || end != length.data() + length.size()) return std::nullopt;
    if (exception.network.empty() || exception.prefix > exception.network.size() * 8) return std::nullopt;
    return exception;
  }
  const std::size_t colon = text.rfind(':');
  const bool bracketed = text.starts_with('[');
  if (colon != std::string_view::npos && (bracketed ? text.rfind(']') < colon : text.find(':') == colon)) {
    exception.port = std::string(text.substr(colon + 1));
    text = text.substr(0, colon);
  }
  if (bracketed && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (text.starts_with('*')) text.remove_prefix(1);
  if (text.starts_with('.')) text.remove_prefix(1);
  exception.network = address_bytes(text);
  exception.prefix = static_cast<unsigned>(exception.network.size() * 8);
  exception.name = lower(text);
  return exception;
}

bool ProxyRules::matches(const Exception& exception, const Url& url) {
  if (exception.any) return true;
  if (!exception.port.empty() && exception.port != url.port) return false;
  if (!exception.network.empty()) return in_network(address_bytes(url.host), exception.network, exception.prefix);
  if (exception.name.empty()) return false;
  return url.host == exception.name || url.host.ends_with("." + exception.name);
}

const Proxy* ProxyRules::proxy_for(const Url& url) const {
  const std::optional<Proxy>& proxy = url.tls() ? https_ : http_;
  if (!proxy || is_loopback(url.host)) return nullptr;
  const bool excepted = std::any_of(exceptions_.begin(), exceptions_.end(),
                                    [&](const Exception& exception) { return matches(exception, url); });
  return excepted ? nullptr : &*proxy;
}

}  // namespace hallmark::net
