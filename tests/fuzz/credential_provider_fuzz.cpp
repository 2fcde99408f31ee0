// kubelet's CredentialProviderConfig, and which images its providers want.
#include <cstdint>

#include "hallmark/bytes.h"
#include "node/credential_provider.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  const auto providers = node::parse_credential_providers(as_text({data, size}), "config.yaml");
  if (!providers) return 0;
  for (const auto& provider : *providers) (void)provider.wants("registry.example:5000/shop/api");
  return 0;
}
