// References and platforms as users and documents write them: what is accepted prints as something that reads back as
// the same, and holds nothing that could end a URL's path or a header.
#include <cstdlib>

#include "hallmark/descriptor.h"
#include "hallmark/reference.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto reference = Reference::parse(text)) {
    const auto shown = reference->text();
    const auto again = Reference::parse(shown);
    if (!again || *again != *reference) std::abort();
    if (shown.find_first_of("%?#\\ \r\n") != std::string::npos || shown.find("..") != std::string::npos) {
      // Two dots may stand in a tag, where they are one name among others.
      if (!reference->tag() || reference->repository().text().find("..") != std::string::npos) std::abort();
    }
  }
  if (const auto repository = Repository::parse(text)) {
    if (Repository::parse(repository->text()) != *repository) std::abort();
  }
  if (const auto pinned = PinnedReference::parse(text)) {
    if (PinnedReference::parse(pinned->text()) != *pinned) std::abort();
  }
  if (const auto platform = Platform::parse(text)) {
    if (Platform::parse(platform->text()) != *platform || !platform->serves(*platform)) std::abort();
  }
  return 0;
}
