// containerd's config.toml, and what is said of it.
#include <cstdint>

#include "hallmark/bytes.h"
#include "node/containerd_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  node::ContainerdConfig config;
  if (!config.add(as_text({data, size}), "/etc/containerd/config.toml")) return 0;
  (void)config.certs_dirs();
  for (const auto& off : switch_offs(config)) (void)off.place.text();
  return 0;
}
