// config.json and auth.json: read or refused, and a credential is only ever found for its own host.
#include <cstdint>
#include <cstdlib>

#include "registry/docker_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  const auto config = registry::DockerConfig::parse({data, size}, "config.json");
  if (!config) return 0;
  for (const auto* host : {"registry.example", "registry.example:5000", "docker.io", "[::1]:5000"}) {
    (void)config->helper_for(host);
    const auto credential = config->find(host, "shop/api");
    if (credential && *credential && (*credential)->source != "config.json") std::abort();
  }
  return 0;
}
