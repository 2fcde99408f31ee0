// Response headers as hostile servers send them, line by line, with Retry-After.
#include "base/limits.h"
#include "net/answer.h"
#include "net/retry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark::net;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Answer answer({.limit = 16, .streamed = size % 2 == 0, .resume_from = size % 3});
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    if (!answer.header_line(text.substr(0, end))) return 0;
    text.remove_prefix(end);
  }
  if (const std::string* value = answer.headers().find("Retry-After"))
    (void)parse_retry_after(*value, hallmark::Time{});
  (void)answer.unseen({data, size});
  (void)answer.keep({data, size});
  return 0;
}
