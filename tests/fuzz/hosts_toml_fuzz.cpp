// hosts.toml, and the endpoints that come of it.
#include <cstdint>

#include "hallmark/bytes.h"
#include "registry/endpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  registry::HostConfig config;
  config.found = true;
  config.folder = "/etc/certs.d/registry.example";
  auto hosts = registry::HostsToml::parse(as_text({data, size}), config.folder / "hosts.toml");
  if (!hosts) return 0;
  config.hosts = *std::move(hosts);
  (void)registry::endpoints_of("registry.example", {}, config);
  (void)registry::endpoints_of("127.0.0.1:5000", {}, config);
  return 0;
}
