// Link: whatever a server writes into it is read or refused.
#include <cstdint>
#include <string>

#include "hallmark/bytes.h"
#include "registry/link_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  (void)registry::next_link({std::string(as_text({data, size}))});
  return 0;
}
