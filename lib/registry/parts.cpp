#include "registry/parts.h"

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "net/url.h"
#include "registry/certs_d.h"

namespace hallmark {
namespace {

using registry::Access;
using registry::Authorization;

// 401 → answer → 401 with another demand → answer: a registry gets two chances to say what it wants.
constexpr int kMostAnswers = 2;

net::TlsOptions user_tls(const RegistryOptions& options) {
  net::TlsOptions tls;
  if (!options.ca_file.empty()) tls.ca_files.push_back(options.ca_file);
  return tls;
}

// Most addresses are the endpoint's base and a path, and need not be taken apart to see where they lead.
Result<bool> goes_to(const registry::Endpoint& endpoint, const std::string& url) {
  if (url.starts_with(endpoint.base) && url.substr(endpoint.base.size()).starts_with('/')) return true;
  HM_TRY(const std::string origin, net::origin_of(url));
  return origin == endpoint.origin;
}

}  // namespace

RegistryClient::Parts::Parts(RegistryOptions given, const Clock& time, std::unique_ptr<net::HttpClient> client,
                             registry::CredentialSource source, RegistryTuning figures)
    : options(std::move(given)),
      clock(time),
      http(std::move(client)),
      credentials(std::move(source)),
      tuning(figures),
      authorizer(*http, clock, credentials, options.token_realms,
                 [this](const net::Url& realm) { return token_server_tls(realm); }) {}

Result<std::unique_ptr<RegistryClient>> RegistryClient::Parts::assemble(RegistryOptions options, const Clock& clock,
                                                                        std::unique_ptr<net::HttpClient> http,
                                                                        RegistryTuning tuning) {
  HM_TRY(auto credentials, registry::CredentialSource::open(options));
  auto parts = std::make_unique<Parts>(std::move(options), clock, std::move(http), std::move(credentials), tuning);
  return std::unique_ptr<RegistryClient>(new RegistryClient(std::move(parts)));
}

Result<RegistryClient::Parts::Endpoints> RegistryClient::Parts::endpoints_for(const std::string& registry) {
  const std::lock_guard lock(mutex_);
  auto& known = endpoints_[registry];
  if (known) return known;
  HM_TRY(const auto config, registry::host_config(options.certs_dirs, registry));
  HM_TRY(auto endpoints, registry::endpoints_of(registry, options, config));
  known = std::make_shared<const std::vector<registry::Endpoint>>(std::move(endpoints));
  return known;
}

std::optional<bool> RegistryClient::Parts::conditions_of(const std::string& origin) const {
  const std::lock_guard lock(mutex_);
  const auto found = conditions_.find(origin);
  return found == conditions_.end() ? std::nullopt : std::optional(found->second);
}

void RegistryClient::Parts::note_conditions(const std::string& origin, bool honoured) {
  const std::lock_guard lock(mutex_);
  conditions_[origin] = honoured;
}

bool RegistryClient::Parts::lacks_referrers(const std::string& origin) const {
  const auto now = clock.steady();
  const std::lock_guard lock(mutex_);
  const auto found = no_referrers_.find(origin);
  return found != no_referrers_.end() && now - found->second < limits::referrers_memory;
}

void RegistryClient::Parts::note_no_referrers(const std::string& origin) {
  const auto now = clock.steady();
  const std::lock_guard lock(mutex_);
  no_referrers_[origin] = now;
}

// A token server is spoken to as certs.d says of its own name; `_default` speaks of registries.
Result<net::TlsOptions> RegistryClient::Parts::token_server_tls(const net::Url& realm) {
  net::TlsOptions tls = user_tls(options);
  if (!realm.tls()) return tls;
  for (const std::string& name : {realm.authority(), realm.host}) {
    if (name == realm.host && realm.port != "443") continue;
    HM_TRY(const auto config, registry::host_config(options.certs_dirs, name));
    if (!config.found || config.folder.filename() == "_default") continue;
    const net::TlsOptions& own = config.hosts.server.tls;
    tls.ca_files.insert(tls.ca_files.end(), own.ca_files.begin(), own.ca_files.end());
    tls.client_certificate = own.client_certificate;
    tls.client_key = own.client_key;
    tls.skip_verify = own.skip_verify;
    break;
  }
  return tls;
}

Result<net::Response> RegistryClient::Parts::send_elsewhere(net::Request request) {
  request.tls = user_tls(options);
  return http->send(request);
}

Result<net::Response> RegistryClient::Parts::send(const Access& access, net::Request request, std::string* sent_as) {
  const registry::Endpoint& endpoint = *access.endpoint;
  request.deadline = access.deadline;
  HM_TRY(const bool at_home, goes_to(endpoint, request.url));
  if (!at_home) return send_elsewhere(std::move(request));
  request.tls = endpoint.tls;
  for (const auto& [name, value] : endpoint.headers.fields()) request.headers.add(name, value);  // Authorization: below
  HM_TRY(Authorization authorization, authorizer.before(access));
  for (int answers = 0;; ++answers) {
    request.headers.remove("Authorization");
    if (!authorization.value.empty()) request.headers.add("Authorization", authorization.value);
    if (sent_as != nullptr) *sent_as = authorization.whose;
    HM_TRY(net::Response response, http->send(request));
    if (response.status != 401 || answers == kMostAnswers) return response;
    // A 401 from where a redirect led is not the registry's challenge.
    if (const auto from = net::origin_of(response.url); from && *from != endpoint.origin) return response;
    HM_TRY(auto answer, authorizer.after(access, response, authorization));
    if (!answer) return response;
    authorization = *std::move(answer);
  }
}

}  // namespace hallmark
