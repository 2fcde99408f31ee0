// hashivault://KEY?version=N: a name that is taken leads nowhere else in a URL.
#include <cstdint>
#include <cstdlib>

#include "hallmark/bytes.h"
#include "keys/kms/vault_reference.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  const auto reference = keys::VaultReference::parse(as_text({data, size}), "hashivault");
  if (!reference) return 0;
  if (reference->key.empty() || reference->key.find_first_of("/?#%:@ ") != std::string::npos) std::abort();
  if (reference->key == "." || reference->key == ".." || reference->version == 0u) std::abort();
  return 0;
}
