// Endpoint: one way to a repository's registry: the registry itself or a mirror of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hallmark/registry.h"
#include "net/http_client.h"
#include "registry/certs_d.h"

namespace hallmark::registry {

// Proxies, CAs and names as RegistryOptions have them, for every client that speaks to registries.
[[nodiscard]] net::ClientOptions client_options(const RegistryOptions& options);

struct Endpoint {
  std::string base;    // "https://registry-1.docker.io/v2", without a slash at the end
  std::string origin;  // "https://registry-1.docker.io:443"
  std::string host;    // whose credentials it gets: "docker.io", "registry.example:5000"
  std::string
      prefix;  // what stands before the repository's name in its own API ("proxy/" in ".../v2/proxy"), for scopes
  std::string upstream_name;  // of a mirror: the registry it stands for, sent as ?ns= as containerd does
  net::TlsOptions tls;
  net::Headers headers;
  bool pull = true;     // manifests by digest and blobs
  bool resolve = true;  // tags and listings
  bool push = true;
  // Whose word on tags and listings is the last: the registry itself, or the last that may resolve where it may not.
  bool authority = false;

  [[nodiscard]] bool mirror() const { return !upstream_name.empty(); }
};

// "localhost", 127.0.0.0/8, ::1, written so: no name is resolved. `host` without port; brackets or not.
[[nodiscard]] bool is_loopback(std::string_view host);
// The host of "host:port", "[::1]:5000", "host"; IPv6 without brackets, lower case.
[[nodiscard]] std::string host_of(std::string_view registry);

// In the order in which they are asked: mirrors as hosts.toml lists them, then the registry itself. Loopback speaks
// plain HTTP unless a CA, a client certificate, a certs.d entry or `tls` names it; others only with `plain_http`.
// Kind of errors: config.
[[nodiscard]] Result<std::vector<Endpoint>> endpoints_of(const std::string& registry, const RegistryOptions& options,
                                                         const HostConfig& config);

}  // namespace hallmark::registry
