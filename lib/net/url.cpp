#include "net/url.h"

#include <algorithm>
#include <string>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "net/curl_handle.h"
#include "net/http_client.h"

namespace hallmark::net {
namespace {

// Flags for every URL that did not come from us. PATH_AS_IS is not among them: `..` is resolved here, once, so that
// what is compared and what is asked for are one.
constexpr unsigned kStrict = CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME;

Error bad_url(std::string_view text, std::string_view why) {
  return {Outcome::malformed, "URL " + redacted(text) + ": " + std::string(why)};
}

bool has_foreign_byte(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c >= '\x7f' || c == '\\'; });
}

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  const CurlText owner(text);
  return text;
}

bool is_host(std::string_view host) {
  if (host.empty()) return false;
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == ':';
  });
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

Result<Url> taken_apart(CURLU* handle, std::string_view text) {
  Url url;
  url.scheme = lower(part(handle, CURLUPART_SCHEME));
  if (url.scheme != "http" && url.scheme != "https") return fail(bad_url(text, "expected http:// or https://"));
  if (!part(handle, CURLUPART_ZONEID).empty()) return fail(bad_url(text, "zone ids are not allowed"));
  url.host = lower(part(handle, CURLUPART_HOST));
  if (url.host.starts_with('[') && url.host.ends_with(']')) url.host = url.host.substr(1, url.host.size() - 2);
  if (!is_host(url.host)) return fail(bad_url(text, "expected a host"));
  url.port = part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (url.port == "0") return fail(bad_url(text, "port 0 cannot be spoken to"));
  curl_url_set(handle, CURLUPART_FRAGMENT, nullptr, 0);
  url.text = part(handle, CURLUPART_URL);
  if (url.text.empty()) return fail(bad_url(text, "cannot be written out"));
  return url;
}

Result<void> read_into(CURLU* handle, std::string_view text) {
  if (text.size() > limits::url_bytes)
    return fail(bad_url(text.substr(0, 100), "longer than " + std::to_string(limits::url_bytes) + " bytes"));
  if (has_foreign_byte(text)) return fail(bad_url(text, "white space, control or non-ASCII bytes are not allowed"));
  // curl forgives a third slash; RFC 3986 says that the host is empty then.
  if (text.find("///") == text.find("//") && text.find("//") != std::string_view::npos)
    return fail(bad_url(text, "expected http:// or https:// and a host"));
  switch (curl_url_set(handle, CURLUPART_URL, std::string(text).c_str(), kStrict)) {
    case CURLUE_OK:
      return {};
    case CURLUE_USER_NOT_ALLOWED:
      return fail(bad_url(text, "user info is not allowed"));
    case CURLUE_BAD_PORT_NUMBER:
      return fail(bad_url(text, "expected a port from 1 to 65535"));
    default:
      return fail(bad_url(text, "expected http:// or https:// and a host"));
  }
}

Result<UrlHandle> new_handle() {
  UrlHandle handle(curl_url());
  if (!handle) return fail(Outcome::internal, "no memory for a URL");
  return handle;
}

}  // namespace

std::string Url::authority() const {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
}

Result<Url> Url::parse(std::string_view text) {
  HM_TRY(const UrlHandle handle, new_handle());
  if (text.find("://") == std::string_view::npos) return fail(bad_url(text, "expected http:// or https:// and a host"));
  HM_DO(read_into(handle.get(), text));
  return taken_apart(handle.get(), text);
}

Result<Url> Url::resolve(std::string_view reference) const {
  HM_TRY(const UrlHandle handle, new_handle());
  HM_DO(read_into(handle.get(), text));
  if (reference.empty()) return *this;
  HM_DO(read_into(handle.get(), reference));
  return taken_apart(handle.get(), reference);
}

Result<std::string> origin_of(std::string_view url) {
  HM_TRY(const Url parsed, Url::parse(url));
  return parsed.origin();
}

Result<std::string> resolve_url(std::string_view base, std::string_view relative) {
  HM_TRY(const Url from, Url::parse(base));
  HM_TRY(Url to, from.resolve(relative));
  return std::move(to.text);
}

// Works on any text, well-formed or not: what cannot be told apart from user info is dropped with it.
std::string redacted(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme_end = url.find("://");
  const std::size_t start = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const std::string_view rest = url.substr(start);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  // A '/' or '\' in a password would end the authority early: where the authority is not a plain host, the last '@' of
  // the whole text counts.
  const bool plain = std::all_of(authority.begin(), authority.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == ':' || c == '[' || c == ']';
  });
  const std::string_view colon = authority.substr(std::min(authority.rfind(':'), authority.size()));
  const bool port =
      colon.size() < 2 || colon.find_first_not_of("0123456789:]") == std::string_view::npos || authority.ends_with(']');
  const std::size_t at = plain && port ? std::string_view::npos : rest.rfind('@');
  const std::string_view kept = at == std::string_view::npos ? rest : rest.substr(at + 1);
  return base::printable(std::string(url.substr(0, start)) + std::string(kept));
}

}  // namespace hallmark::net
