#include "registry/endpoint.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/try.h"
#include "net/url.h"
#include "registry/text.h"

namespace hallmark::registry {
namespace {

constexpr std::string_view kHubApi = "registry-1.docker.io";

void add_user_tls(net::TlsOptions& tls, const RegistryOptions& options) {
  if (!options.ca_file.empty()) tls.ca_files.push_back(options.ca_file);
  if (!options.client_certificate.empty()) {  // a flag outweighs a file
    tls.client_certificate = options.client_certificate;
    tls.client_key = options.client_key.empty() ? options.client_certificate : options.client_key;
  }
}

// "host[:port]" as it is written in an absolute URL, lower case.
std::string authority_in(std::string_view url) {
  const auto start = url.find("://") + 3;
  const auto end = url.find('/', start);
  return lower(url.substr(start, end == std::string_view::npos ? end : end - start));
}

bool says_tls(const RegistryOptions& options, const HostConfig& config) {
  return options.tls || !options.ca_file.empty() || !options.client_certificate.empty() ||
         (config.found && config.folder.filename() != "_default");
}

std::string scheme_of(const std::string& registry, const RegistryOptions& options, const HostConfig& config) {
  for (const HostEntry& entry : config.hosts.hosts) {  // listed by its own name: what is said there holds
    if (entry.url.find("://") != std::string::npos && authority_in(entry.url) == lower(registry))
      return entry.url.starts_with("http://") ? "http" : "https";
  }
  if (is_loopback(host_of(registry))) return says_tls(options, config) ? "https" : "http";
  return options.plain_http ? "http" : "https";
}

// What follows "/v2/" in the base is part of every repository's name there.
std::string prefix_of(std::string_view base) {
  const auto api = base.find("/v2/");
  return api == std::string_view::npos ? std::string() : std::string(base.substr(api + 4)) + "/";
}

Result<Endpoint> endpoint_at(const std::string& url, const HostEntry& entry, const HostConfig& config) {
  const std::string absolute = url.find("://") == std::string::npos ? "https://" + url : url;  // as containerd reads it
  auto parsed = net::Url::parse(absolute);
  if (!parsed || absolute.find_first_of("?#") != std::string::npos)
    return fail(Outcome::config, (config.folder / "hosts.toml").string() + ": \"" + base::printable(url, 100) +
                                     "\" is not the URL of a registry");
  Endpoint endpoint;
  endpoint.origin = parsed->origin();
  const std::size_t path_start = absolute.find('/', absolute.find("://") + 3);
  std::string path = path_start == std::string::npos ? std::string() : absolute.substr(path_start);
  while (path.ends_with('/')) path.pop_back();
  if (!entry.override_path && !path.ends_with("/v2")) path += "/v2";
  endpoint.base = parsed->scheme + "://" + authority_in(absolute) + path;
  endpoint.prefix = prefix_of(endpoint.base);
  endpoint.host = authority_in(absolute);
  endpoint.tls = entry.tls;
  endpoint.headers = entry.headers;
  return endpoint;
}

// The registry itself: `server` where hosts.toml has one, else its own name.
Result<Endpoint> upstream_of(const std::string& registry, const RegistryOptions& options, const HostConfig& config) {
  const HostEntry& server = config.hosts.server;
  const std::string host = registry == "docker.io" ? std::string(kHubApi) : registry;
  HM_TRY(Endpoint endpoint,
         endpoint_at(server.url.empty() ? scheme_of(registry, options, config) + "://" + host : server.url, server,
                     config));
  endpoint.pull = server.can("pull", true);
  endpoint.resolve = server.can("resolve", true);
  endpoint.push = server.can("push", true);
  if (endpoint.host == lower(host)) {
    endpoint.host = registry;
    add_user_tls(endpoint.tls, options);
  } else {
    endpoint.upstream_name = registry;
  }
  return endpoint;
}

void mark_authority(std::vector<Endpoint>& endpoints, const std::string& upstream_origin) {
  Endpoint* last = nullptr;
  for (Endpoint& endpoint : endpoints) {
    if (!endpoint.resolve) continue;
    last = &endpoint;
    if (endpoint.origin == upstream_origin) break;
  }
  if (last != nullptr) last->authority = true;
}

}  // namespace

net::ClientOptions client_options(const RegistryOptions& options) {
  net::ClientOptions http;
  http.http_proxy = options.proxy.http;
  http.https_proxy = options.proxy.https;
  http.no_proxy = options.proxy.none;
  http.proxy_ca_file = options.proxy.ca_file;
  http.connect_timeout = options.connect_timeout;
  http.user_agent = options.user_agent;
  if (!options.system_ca_dir.empty() || !options.system_ca_file.empty()) {
    http.ca_dir = options.system_ca_dir;
    http.ca_file = options.system_ca_file;
  }
  return http;
}

std::string host_of(std::string_view registry) {
  if (registry.starts_with('[')) {
    const auto end = registry.find(']');
    return lower(registry.substr(1, end == std::string_view::npos ? end : end - 1));
  }
  return lower(registry.substr(0, registry.find(':')));
}

bool is_loopback(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost" || host == "::1") return true;
  return host.starts_with("127.") && std::ranges::count(host, '.') == 3 &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

Result<std::vector<Endpoint>> endpoints_of(const std::string& registry, const RegistryOptions& options,
                                           const HostConfig& config) {
  HM_TRY(Endpoint upstream, upstream_of(registry, options, config));
  const std::string upstream_origin = upstream.origin;
  std::vector<Endpoint> endpoints;
  bool upstream_listed = false;
  for (const HostEntry& entry : config.hosts.hosts) {
    HM_TRY(Endpoint endpoint, endpoint_at(entry.url, entry, config));
    const bool itself = endpoint.origin == upstream_origin;
    if (itself) {
      endpoint.host = upstream.host;
      endpoint.upstream_name = upstream.upstream_name;
      add_user_tls(endpoint.tls, options);
    } else {
      endpoint.upstream_name = registry;
    }
    endpoint.pull = entry.can("pull", true);
    endpoint.resolve = entry.can("resolve", true);
    endpoint.push = entry.can("push", itself);  // what we write goes to the registry that was named, unless said so
    upstream_listed = upstream_listed || (itself && !entry.capabilities);
    endpoints.push_back(std::move(endpoint));
  }
  if (!upstream_listed) endpoints.push_back(std::move(upstream));
  mark_authority(endpoints, upstream_origin);
  return endpoints;
}

}  // namespace hallmark::registry
