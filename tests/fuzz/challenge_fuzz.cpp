// WWW-Authenticate: whatever a server writes into it is read or refused.
#include <cstdint>
#include <cstdlib>

#include "hallmark/bytes.h"
#include "registry/challenge.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  const auto challenges = registry::parse_challenges(as_text({data, size}));
  if (!challenges) return 0;
  for (const auto& challenge : *challenges) {
    if (challenge.scheme.empty()) std::abort();
    (void)challenge.parameter("realm");
  }
  return 0;
}
