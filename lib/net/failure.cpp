#include "net/failure.h"

#include <curl/curl.h>
#include <openssl/x509_vfy.h>

#include <cstring>
#include <string_view>
#include <system_error>

#include "base/encoding.h"

namespace hallmark::net {
namespace {

bool says(const Breakage& breakage, std::string_view words) { return breakage.detail.find(words) != std::string::npos; }

std::string detail_of(const Breakage& breakage) {
  if (!breakage.detail.empty()) return base::printable(breakage.detail);
  return curl_easy_strerror(static_cast<CURLcode>(breakage.code));
}

Failure lasting(std::string message, std::string hint = {}) {
  const Error error(Outcome::unreachable, std::move(message));
  return {hint.empty() ? error : error.with_hint(std::move(hint)), false};
}

Failure passing(std::string message) { return {Error(Outcome::unreachable, std::move(message)), true}; }

std::string peer(const Route& route) { return route.url.authority(); }

// The host as a reference names it: without the port that goes without saying.
std::string as_typed(const Url& url) {
  return url.port == "443" ? url.authority().substr(0, url.authority().rfind(':')) : url.authority();
}

std::string through(const Route& route) {
  return route.proxy == nullptr ? std::string() : " through the proxy " + route.proxy->url;
}

std::string seconds(std::chrono::milliseconds time) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
  return whole == time ? std::to_string(whole.count()) + " s" : std::to_string(time.count()) + " ms";
}

struct Reason {
  std::string text;
  bool by_ca = false;  // giving a CA would help
};

Reason certificate_reason(long verify_result, const Breakage& breakage, const std::string& host) {
  switch (verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {"its TLS certificate, or one above it, has expired"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {"its TLS certificate, or one above it, is not valid yet"};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return {"its TLS certificate is self-signed", true};
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return {"its TLS certificate is by a CA that is not trusted here", true};
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return {"its TLS certificate is not by the CA that it names", true};
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:  // curl's word before it has looked
      if (says(breakage, "subject name") || says(breakage, "common name"))
        return {"its TLS certificate is for other names than \"" + host + "\""};
      return {"its TLS certificate was refused: " + detail_of(breakage)};
    default:
      return {std::string("its TLS certificate was refused: ") + X509_verify_cert_error_string(verify_result)};
  }
}

Failure bad_certificate(const Breakage& breakage, const Route& route) {
  if (route.proxy != nullptr && route.proxy->tls() && breakage.proxy_verify_result != X509_V_OK) {
    const Reason reason = certificate_reason(breakage.proxy_verify_result, breakage, route.proxy->url);
    return lasting("the proxy " + route.proxy->url + " cannot be trusted: " + reason.text,
                   reason.by_ca ? "give the CA of the proxy with --proxy-ca FILE" : "");
  }
  const Reason reason = certificate_reason(breakage.verify_result, breakage, route.url.host);
  return lasting(peer(route) + " cannot be trusted: " + reason.text,
                 reason.by_ca
                     ? "give its CA with --registry-ca FILE, or put it into certs.d/" + as_typed(route.url) + "/ca.crt"
                     : "");
}

Failure tls_failed(const Breakage& breakage, const Route& route) {
  if (breakage.verify_result != X509_V_OK && breakage.verify_result != X509_V_ERR_UNSPECIFIED)
    return bad_certificate(breakage, route);
  if (says(breakage, "wrong version number") || says(breakage, "http request") ||
      says(breakage, "packet length too long"))
    return lasting(peer(route) + " answers on this port, but not with TLS",
                   "if this registry has no TLS, pass --plain-http");
  if (says(breakage, "unsupported protocol") || says(breakage, "protocol version") || says(breakage, "version too low"))
    return lasting(peer(route) + " offers no TLS 1.2 or newer");
  if (says(breakage, "certificate required") || says(breakage, "bad certificate") || says(breakage, "unknown ca") ||
      says(breakage, "certificate unknown"))
    return {client_certificate_wanted(route.url), false};
  if (says(breakage, "SSL_ERROR_SYSCALL") || says(breakage, "reset by peer") || says(breakage, "unexpected eof"))
    return passing(peer(route) + " broke the connection off during the TLS handshake" + through(route));
  return lasting("TLS with " + peer(route) + " failed: " + detail_of(breakage));
}

Failure not_connected(const Breakage& breakage, const Route& route) {
  const std::string whom = route.proxy == nullptr ? peer(route) : "the proxy " + route.proxy->url;
  const std::string why = breakage.os_error != 0 ? std::generic_category().message(static_cast<int>(breakage.os_error))
                                                 : detail_of(breakage);
  if (breakage.os_error == ECONNREFUSED)
    return lasting(
        "cannot connect to " + whom + ": connection refused",
        "nothing listens there: check host and port" + std::string(route.proxy == nullptr ? "" : " of the proxy"));
  return lasting("cannot connect to " + whom + ": " + why);
}

Failure timed_out(const Breakage& breakage, const Route& route) {
  if (says(breakage, "too slow"))
    return lasting(peer(route) + " sends next to nothing" + through(route) + ": the transfer was broken off");
  if (says(breakage, "Resolving")) return lasting("looking up " + route.url.host + " took too long (DNS)");
  if (!breakage.connected || says(breakage, "onnection time"))
    return lasting("no connection to " + peer(route) + through(route) + " within " + seconds(route.connect_timeout) +
                   " or the time limit");
  return lasting(peer(route) + " did not answer" + through(route) + " within the time limit");
}

Failure connection_broke(const Breakage& breakage, const Route& route) {
  if (breakage.connect_status == 407)
    return lasting("the proxy " + (route.proxy == nullptr ? std::string() : route.proxy->url) +
                       " wants credentials, or others than were given",
                   "put them into the proxy's URL: http://user:password@host:port");
  if (breakage.connect_status >= 300)
    return lasting("the proxy " + (route.proxy == nullptr ? std::string() : route.proxy->url) + " refused the way to " +
                   peer(route) + " with " + std::to_string(breakage.connect_status));
  // TLS 1.3 servers refuse a client certificate only after the handshake.
  if (says(breakage, "alert")) return tls_failed(breakage, route);
  return passing(peer(route) + " broke the connection off" + through(route) + ": " + detail_of(breakage));
}

Failure not_http(const Breakage& breakage, const Route& route) {
  const Error error(Outcome::malformed, peer(route) + " does not answer in HTTP: " + detail_of(breakage));
  if (route.url.tls() || breakage.got_status) return {error, false};
  return lasting(peer(route) + " answers on this port, but not in plain HTTP", "if it speaks TLS, pass --tls");
}

}  // namespace

Error client_certificate_wanted(const Url& url) {
  return Error(Outcome::unreachable, url.authority() + " did not take our TLS client certificate, or wants one")
      .with_hint("give one with --registry-client-cert and --registry-client-key, or put it into certs.d/" +
                 as_typed(url));
}

Failure explain(const Breakage& breakage, const Route& route) {
  switch (breakage.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return lasting("cannot find the host " + route.url.host + " (DNS)",
                     "check its spelling; where names outside are known only to a proxy, name it: --proxy URL");
    case CURLE_COULDNT_RESOLVE_PROXY:
      return lasting("cannot find the proxy " + (route.proxy == nullptr ? std::string() : route.proxy->url) + " (DNS)",
                     "check --proxy, HTTP_PROXY and HTTPS_PROXY");
    case CURLE_COULDNT_CONNECT:
      return not_connected(breakage, route);
    case CURLE_OPERATION_TIMEDOUT:
      return timed_out(breakage, route);
    case CURLE_PEER_FAILED_VERIFICATION:
      return bad_certificate(breakage, route);
    case CURLE_SSL_CONNECT_ERROR:
      return tls_failed(breakage, route);
    case CURLE_SSL_CACERT_BADFILE:
      return {Error(Outcome::config, "a CA file for " + peer(route) + " cannot be read: " + detail_of(breakage)),
              false};
    case CURLE_SSL_CERTPROBLEM:
      return {Error(Outcome::config, "TLS client certificate for " + peer(route) + ": " + detail_of(breakage)), false};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_FILESIZE_EXCEEDED:
      return not_http(breakage, route);
    case CURLE_OUT_OF_MEMORY:  // what curl 7.88 says to a header line of more than 100 KiB
      return {Error(Outcome::malformed, peer(route) + " sent a header line without end"), false};
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_PROXY:
    case CURLE_SEND_FAIL_REWIND:
      return connection_broke(breakage, route);
    default:
      return lasting("request to " + peer(route) + through(route) + " failed: " + detail_of(breakage));
  }
}

}  // namespace hallmark::net
