#include "node/clock_skew.h"

#include "base/limits.h"
#include "base/try.h"
#include "net/http_client.h"
#include "net/retry.h"
#include "registry/endpoint.h"

namespace hallmark::node {
Result<std::chrono::seconds> clock_skew(const std::string& registry, const RegistryOptions& options,
                                        const Clock& clock) {
  HM_TRY(const auto config, registry::host_config(options.certs_dirs, registry));
  HM_TRY(const auto endpoints, registry::endpoints_of(registry, options, config));
  HM_TRY(const auto client, net::HttpClient::create(registry::client_options(options), clock));
  net::Request request;
  request.url = endpoints.back().base + "/";  // the registry itself; a mirror's clock is another one
  request.tls = endpoints.back().tls;
  request.deadline = clock.steady() + options.timeout;
  request.limit = limits::error_body_bytes;
  request.follow_redirects = false;
  HM_TRY(const net::Response response, client->send(request));
  const std::string* date = response.headers.find("Date");
  const auto theirs = date == nullptr ? std::nullopt : net::parse_http_date(*date);
  if (!theirs) return fail(Outcome::malformed, "registry " + registry + " does not say what time it is");
  return *theirs - clock.now();
}

}  // namespace hallmark::node
