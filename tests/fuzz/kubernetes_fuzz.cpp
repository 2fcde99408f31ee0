// Whatever is taken as a manifest: with its own images put in, it is the same bytes; with others, these are found
// there.
#include <cstdlib>

#include "base/encoding.h"
#include "cmd/common/kubernetes_manifest.h"

using hallmark::cmd::KubernetesManifest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto manifest = KubernetesManifest::parse(text, "m.yaml");
  if (!manifest) {
    const auto& message = manifest.error().message();
    if (hallmark::base::printable(message, message.size()) != message) std::abort();
    return 0;
  }
  std::vector<std::string> same;
  std::vector<std::string> others;
  for (const auto& image : manifest->images()) {
    same.push_back(image.name);
    others.push_back("r.test/i" + std::to_string(others.size()));
  }
  if (manifest->with(same) != text) std::abort();
  const auto again = KubernetesManifest::parse(manifest->with(others), "m.yaml");
  if (!again || again->images().size() != others.size()) std::abort();
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (again->images()[i].name != others[i]) std::abort();
  }
  return 0;
}
