// URLs as servers send them: parsing, resolving and showing never fail but by their own errors, and what was accepted
// is accepted again, to the same origin.
#include <cstdlib>

#include "net/http_client.h"
#include "net/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark::net;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)redacted(text);
  const std::string base = "https://registry.example:5000/v2/app/blobs/uploads/1?state=a";
  for (const auto& url : {Url::parse(text), Url::parse(base)->resolve(text)}) {
    if (!url) continue;
    const auto again = Url::parse(url->text);
    if (!again || again->origin() != url->origin()) std::abort();
    if (url->text.find('@') < url->text.find('/', 8)) std::abort();
  }
  return 0;
}
