// One PEM block or a reason; what is taken is written and read back as the same.
#include <algorithm>
#include <cstdlib>

#include "base/encoding.h"
#include "crypto/pem.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  const auto block = crypto::read_pem(as_text({data, size}));
  if (!block) {
    const auto& message = block.error().message();
    if (message.empty() || base::printable(message, message.size()) != message) std::abort();
    return 0;
  }
  const auto again = crypto::read_pem(crypto::write_pem(block->label, block->bytes.view()).text());
  if (!again || again->label != block->label || !std::ranges::equal(again->bytes.view(), block->bytes.view()))
    std::abort();
  (void)crypto::write_public_pem(block->label, block->bytes.view());
  return 0;
}
