// What a user types as REF, and durations: a name that is taken is read again as the same.
#include <cstdlib>
#include <string_view>

#include "cmd/common/image_name.h"
#include "cmd/common/registry_settings.h"

using hallmark::cmd::ImageName;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)hallmark::cmd::parse_duration(text);
  const auto name = ImageName::parse(text);
  if (!name) return 0;
  const auto again = ImageName::parse(name->text());
  if (!again || again->text() != name->text()) std::abort();
  if (name->digest()) {
    const auto pinned = ImageName::parse(name->pinned(*name->digest()));
    if (!pinned || pinned->digest() != name->digest() || pinned->place_text() != name->place_text()) std::abort();
  }
  return 0;
}
