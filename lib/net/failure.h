// Why a try gave no answer: curl's codes in words that a user can act on.
#pragma once

#include <chrono>
#include <string>

#include "hallmark/result.h"
#include "net/proxy.h"
#include "net/url.h"

namespace hallmark::net {

// What curl knows of a transfer that broke.
struct Breakage {
  int code = 0;                  // CURLcode
  std::string detail;            // CURLOPT_ERRORBUFFER
  long verify_result = 0;        // X509_V_… of the server's certificate
  long proxy_verify_result = 0;  // and of an https:// proxy's
  long connect_status = 0;       // what a proxy answered to CONNECT
  long os_error = 0;             // errno of the last connect
  bool connected = false;        // TCP was up
  bool got_status = false;       // the answer had begun
};

struct Failure {
  Error error;     // unreachable, or malformed for an answer that is not HTTP
  bool transient;  // the connection broke: another try may do better
};

// Who was being talked to when it broke.
struct Route {
  const Url& url;
  const Proxy* proxy;
  std::chrono::milliseconds connect_timeout;
};

// The server asked for a TLS client certificate and did not get one that it takes.
[[nodiscard]] Error client_certificate_wanted(const Url& url);

[[nodiscard]] Failure explain(const Breakage& breakage, const Route& route);

}  // namespace hallmark::net
