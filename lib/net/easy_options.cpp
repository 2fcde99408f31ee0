#include "net/easy_options.h"

#include <algorithm>
#include <span>

#include "base/limits.h"
#include "base/try.h"

namespace hallmark::net {
namespace {

// Collects the first failure of many settings.
class Setter {
 public:
  explicit Setter(CURL* handle) : handle_(handle) {}
  template <class T>
  void operator()(CURLoption option, T value) {
    if (code_ == CURLE_OK) code_ = curl_easy_setopt(handle_, option, value);
  }
  void path(CURLoption option, const std::string& value) { (*this)(option, value.empty() ? nullptr : value.c_str()); }
  [[nodiscard]] Result<void> done() const {
    if (code_ == CURLE_OK) return {};
    return fail(Outcome::internal, std::string("curl refuses a setting: ") + curl_easy_strerror(code_));
  }

 private:
  CURL* handle_;
  CURLcode code_ = CURLE_OK;
};

void set_conduct(Setter& set, const Try& what) {
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);  // http_client.cpp follows, by our rules for credentials
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_HTTP_VERSION, static_cast<long>(what.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  set(CURLOPT_PIPEWAIT, what.wait_for_multiplex ? 1L : 0L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_TIMEOUT_MS, std::max<long>(1, static_cast<long>(what.time_left.count())));
  set(CURLOPT_CONNECTTIMEOUT_MS,
      std::max<long>(1, static_cast<long>(std::min(what.time_left, what.route.connect_timeout).count())));
  set(CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(limits::stall_bytes));
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(std::chrono::seconds(limits::stall_time).count()));
  set.path(CURLOPT_USERAGENT, what.user_agent);
  if (what.request.sink) set(CURLOPT_BUFFERSIZE, 128L << 10);
  // On a connection out of the pool curl itself sends a request again when the server had closed it.
  if (!what.request.may_retry) set(CURLOPT_FRESH_CONNECT, 1L);
}

void set_method(Setter& set, const Request& request, std::uint64_t upload_bytes) {
  const std::string& method = request.method;
  if (upload_bytes > 0) {
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(upload_bytes));
    set(CURLOPT_CUSTOMREQUEST, method.c_str());
  } else if (method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (method == "GET") {
    set(CURLOPT_HTTPGET, 1L);
  } else {
    if (method == "POST" || method == "PUT" || method == "PATCH") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(0));  // writes "Content-Length: 0"
      set(CURLOPT_POSTFIELDS, "");
    }
    set(CURLOPT_CUSTOMREQUEST, method.c_str());
  }
}

// libcurl signs the hash of a body only where it holds the body itself. POST alone: what AWS asks of its JSON services.
Result<void> set_aws(Setter& set, const Request& request) {
  if (!request.aws) return {};
  Bytes body(request.body == nullptr ? 0 : static_cast<std::size_t>(request.body->size()));
  for (std::size_t at = 0; at < body.size();) {
    HM_TRY(const std::size_t count, request.body->read(at, std::span(body).subspan(at)));
    if (count == 0) return fail(Outcome::malformed, "what is to be sent ends before the size it said");
    at += count;
  }
  set(CURLOPT_POST, 1L);
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  set(CURLOPT_COPYPOSTFIELDS, body.empty() ? "" : reinterpret_cast<const char*>(body.data()));
  const std::string scope = "aws:amz:" + request.aws->region + ":" + request.aws->service;
  set(CURLOPT_AWS_SIGV4, scope.c_str());
  set(CURLOPT_USERNAME, request.aws->access_key_id.c_str());
  set(CURLOPT_PASSWORD, request.aws->secret_access_key.c_str());
  return {};
}

curl_blob blob_of(const std::string& text) {
  return {const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};  // the settings outlive the handle
}

CURLcode serve_bundle(CURL*, void* context, void* bundle) {
  return static_cast<CaBundle*>(bundle)->serve(static_cast<SSL_CTX*>(context)) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

void set_tls(Setter& set, const TlsSettings& tls) {
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // curl has a bundle built in as default, which would be parsed for 40 ms: both are always said.
  set.path(CURLOPT_CAPATH, tls.system.dir.string());
  set(CURLOPT_CAINFO, nullptr);
  if (tls.bundle) {
    set(CURLOPT_SSL_CTX_FUNCTION, &serve_bundle);
    set(CURLOPT_SSL_CTX_DATA, tls.bundle.get());
  }
  if (!tls.ca_pem.empty()) {
    curl_blob blob = blob_of(tls.ca_pem);
    set(CURLOPT_CAINFO_BLOB, &blob);
  }
  set(CURLOPT_SSL_VERIFYPEER, tls.skip_verify ? 0L : 1L);
  set(CURLOPT_SSL_VERIFYHOST, tls.skip_verify ? 0L : 2L);
  set.path(CURLOPT_SSLCERT, tls.client_certificate);
  set.path(CURLOPT_SSLKEY, tls.client_key);
  if (tls.client_certificate_pem.empty()) return;
  curl_blob certificate = blob_of(tls.client_certificate_pem);
  curl_blob key = blob_of(tls.client_key_pem);
  set(CURLOPT_SSLCERT_BLOB, &certificate);
  set(CURLOPT_SSLKEY_BLOB, &key);
}

void set_proxy(Setter& set, const Proxy* proxy, const TlsSettings* tls, const TlsSettings* server) {
  set(CURLOPT_NOPROXY, "");  // neither of the two is ever taken from the environment
  set(CURLOPT_PROXY, proxy == nullptr ? "" : proxy->url.c_str());
  if (proxy == nullptr) return;
  set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));  // Authorization is for the server, not for CONNECT
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (!proxy->user.empty() || !proxy->password.empty()) {
    set(CURLOPT_PROXYUSERNAME, proxy->user.c_str());
    set(CURLOPT_PROXYPASSWORD, proxy->password.c_str());
    // Not ANY: where a proxy offers Negotiate too, curl would try that alone, and fail without a ticket.
    set(CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC | CURLAUTH_DIGEST));
  }
  if (tls == nullptr) return;
  set(CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set.path(CURLOPT_PROXY_CAPATH, tls->system.dir.string());
  set(CURLOPT_PROXY_CAINFO, nullptr);
  // curl calls it for the server's context, too.
  if (tls->bundle && (server == nullptr || server->trusts_system)) {
    set(CURLOPT_SSL_CTX_FUNCTION, &serve_bundle);
    set(CURLOPT_SSL_CTX_DATA, tls->bundle.get());
  }
  if (!tls->ca_pem.empty()) {
    curl_blob blob = blob_of(tls->ca_pem);
    set(CURLOPT_PROXY_CAINFO_BLOB, &blob);
  }
}

bool breaks_line(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f'; });
}

}  // namespace

Result<void> add_header_lines(const Try& what, CurlList& lines) {
  // Ours first: "Name:" with nothing behind it tells curl not to send its own. libcurl 7.88 would sign such lines as if
  // they were sent, and sorts "accept-encoding" before "accept": what is signed has neither.
  std::vector<std::string> all;
  if (!what.request.aws) {
    all = {"Expect:", "Accept-Encoding: identity"};
    if (what.headers.find("Content-Type") == nullptr) all.emplace_back("Content-Type:");
  }
  if (what.resume_from > 0) all.push_back("Range: bytes=" + std::to_string(what.resume_from) + "-");
  for (const auto& [name, value] : what.headers.fields()) {
    if (breaks_line(name) || breaks_line(value) || name.find(':') != std::string::npos)
      return fail(Outcome::malformed, "a request header holds a line break or control byte");
    all.push_back(value.empty() ? name + ";" : name + ": " + value);
  }
  for (const std::string& line : all) {
    if (!lines.append(line)) return fail(Outcome::internal, "no memory for request headers");
  }
  return {};
}

Result<void> set_options(CURL* handle, const Try& what, std::uint64_t upload_bytes) {
  Setter set(handle);
  set(CURLOPT_URL, what.url.text.c_str());
  set_conduct(set, what);
  set_method(set, what.request, upload_bytes);
  HM_DO(set_aws(set, what.request));
  if (what.tls != nullptr) set_tls(set, *what.tls);
  set_proxy(set, what.route.proxy, what.proxy_tls, what.tls);
  return set.done();
}

}  // namespace hallmark::net
