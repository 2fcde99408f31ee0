// index.json of a layout: what was read can be added to, and reads back with what was in it.
#include <cstdlib>

#include "layout/catalogue.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  auto catalogue = layout::EditableCatalogue::parse({data, size}, "index.json");
  if (!catalogue) return 0;
  for (const auto& tag : catalogue->tags()) {
    if (const auto found = catalogue->find(tag); found && !*found) std::abort();
  }
  for (const auto& entry : catalogue->entries()) {
    for (const auto* suffix : {"", ".sig", ".att", ".sbom"}) (void)catalogue->find(entry.digest.tag() + suffix);
  }
  (void)catalogue->made_by_cosign();
  const auto image = Digest::of(as_bytes("image"));
  catalogue->add({"application/vnd.oci.image.manifest.v1+json", image, 5});
  catalogue->set_tag({"application/vnd.oci.image.manifest.v1+json", image, 5}, "fuzz");
  const auto entries = catalogue->entries().size();
  const auto text = catalogue->dump();
  if (!text) return 0;
  const auto again = layout::Catalogue::parse(as_bytes(*text), "index.json");
  if (!again || again->entries().size() != entries) std::abort();
  const auto found = again->find("fuzz");
  if (!found || !*found || (*found)->digest != image) std::abort();
  catalogue->drop_unnamed({image});
  if (!catalogue->lists(image)) std::abort();
  return 0;
}
