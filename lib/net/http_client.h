// HttpClient: HTTP/1.1 and 2 over one connection pool and one event loop, bounded in time, bytes, redirects and
// retries.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hallmark/bytes.h"
#include "hallmark/clock.h"
#include "hallmark/content_store.h"
#include "hallmark/result.h"

namespace hallmark::net {

// Header fields in the order received; names compare without regard to case (RFC 9110 section 5.1).
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void remove(std::string_view name);
  [[nodiscard]] const std::string* find(std::string_view name) const;  // the first
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// How one host is to be spoken to: from flags and certs.d. TLS 1.2 is the least, always.
struct TlsOptions {
  std::vector<std::filesystem::path> ca_files = {};  // beside the system's CAs
  std::filesystem::path client_certificate = {};     // PEM chain; with its key below
  std::filesystem::path client_key = {};
  bool skip_verify = false;  // only where a hosts.toml says so for this host
  // PEM in memory. These CAs count instead of the system's: of a cluster or a Vault that has its own.
  std::string ca_pem = {};
  std::string client_certificate_pem = {};  // a chain; with its key below, instead of the files
  std::string client_key_pem = {};
  friend bool operator==(const TlsOptions&, const TlsOptions&) = default;
};

// A point on Clock::steady by which an operation must have ended.
using Deadline = std::chrono::steady_clock::time_point;

// AWS Signature Version 4 (docs.aws.amazon.com, "Signing AWS API requests"): libcurl computes it over the method, the
// path, all header fields and the body. A session token is a header field of its own, X-Amz-Security-Token.
struct AwsSignature {
  std::string access_key_id;
  std::string secret_access_key;
  std::string region;   // "eu-north-1"
  std::string service;  // "kms"
};

struct Request {
  std::string method = "GET";
  std::string url;  // http:// or https://, no user info
  Headers headers;  // Authorization among them; it is dropped when a redirect leaves the origin (scheme, host, port)
  BlobSource* body = nullptr;     // for PUT, POST, PATCH; read again on a retry
  std::uint64_t body_offset = 0;  // the part of `body` that is sent: a chunk
  std::optional<std::uint64_t> body_length;
  TlsOptions tls;
  Deadline deadline = {};  // not set: limits::operation_time from now
  std::size_t limit =
      0;  // bytes of a 2xx body taken into memory; one more is malformed. Other bodies: limits::error_body_bytes
  BlobSink sink;                         // when set, 2xx bodies stream into it instead (no limit but the caller's own)
  bool follow_redirects = true;          // GET and HEAD only; https never goes to http
  std::optional<AwsSignature> aws = {};  // the body is then held in memory
  bool may_retry = true;   // false: the request is sent once; of a Retry-After it has seen the end when it fails
  std::string proxy = {};  // instead of the client's: a URL as in ClientOptions, for every host but loopback
  bool temporary_answers = false;  // true: a 429, 502, 503 or 504 that stays is a Response: its body says more
};

struct Response {
  int status = 0;
  Headers headers;
  Bytes body;
  std::string url;  // where it came from in the end
};

struct ClientOptions {
  std::string http_proxy = {};  // URL, user:password@ allowed; empty: none
  std::string https_proxy = {};
  std::string no_proxy = {};
  std::filesystem::path proxy_ca_file = {};
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
  std::string user_agent = {};
  // The system's CAs: a folder of hashed links (or several, with ':'), which costs nothing until one is needed, and a
  // bundle, which costs its parsing. What SSL_CERT_DIR and SSL_CERT_FILE say is handed in here. Without hashed links
  // in the folder and without a file, a bundle is looked for where distributions put it.
  std::filesystem::path ca_dir = "/etc/ssl/certs";
  std::filesystem::path ca_file = {};
  // Not where credentials are worth more than a connection: nghttp2 does not overwrite the headers that it gives back.
  bool http2 = true;
};

struct Statistics {
  std::uint64_t requests = 0;        // sent, retries and redirects included
  std::uint64_t bytes_received = 0;  // of bodies
  std::uint64_t connections = 0;     // opened
};

// Thread-safe; send blocks its caller while the loop's thread (started with the first request) does the I/O.
class HttpClient {
 public:
  [[nodiscard]] static Result<std::unique_ptr<HttpClient>> create(ClientOptions options, const Clock& clock);
  virtual ~HttpClient() = default;

  // Any status is a Response, but after retries: 429 (throttled) and 502, 503, 504 (unreachable) are Errors once the
  // deadline or limits::retries is spent, as are DNS, connect, TLS, proxy and time-outs (unreachable), and broken
  // limits (malformed). A 407 is unreachable: the message says that the proxy wants credentials. Retry-After later than
  // the deadline is throttled at once.
  [[nodiscard]] virtual Result<Response> send(const Request& request) = 0;
  [[nodiscard]] virtual Statistics statistics() const = 0;
};

// scheme://host:port of a URL, lower case, default ports written out; an error for anything but http(s) with a host.
[[nodiscard]] Result<std::string> origin_of(std::string_view url);
// A relative or absolute URL against the one it was found in (RFC 3986 section 5).
[[nodiscard]] Result<std::string> resolve_url(std::string_view base, std::string_view relative);
// For messages and logs: without user info, query and fragment.
[[nodiscard]] std::string redacted(std::string_view url);

}  // namespace hallmark::net
