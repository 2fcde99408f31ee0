// Manifests, indexes and their descriptors: no document is both, and what was read is written as something that reads
// back as the same.
#include <cstdlib>

#include "oci/manifest.h"
#include "oci/media_type.h"

namespace {

using namespace hallmark;

Content content(BytesView bytes, std::string_view said) {
  return {{std::string(said), Digest::of(bytes), bytes.size()}, Bytes(bytes.begin(), bytes.end())};
}

void check(const oci::Manifest& manifest) {
  const auto json = manifest.to_json();
  const auto again = oci::Manifest::parse(content(as_bytes(json), oci::media_type::kManifest));
  if (!again || again->layers != manifest.layers || again->config != manifest.config ||
      again->subject != manifest.subject || again->annotations != manifest.annotations) {
    std::abort();
  }
}

void check(const oci::Index& index) {
  const auto json = index.to_json();
  const auto again = oci::Index::parse(content(as_bytes(json), oci::media_type::kIndex));
  if (!again || again->manifests != index.manifests || again->subject != index.subject) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView bytes(data, size);
  bool as_manifest = false;
  bool as_index = false;
  for (const std::string_view said :
       {std::string_view{}, std::string_view("application/json"), oci::media_type::kManifest, oci::media_type::kIndex,
        oci::media_type::kDockerManifest, oci::media_type::kDockerManifestList,
        std::string_view("application/vnd.docker.distribution.manifest.v1+prettyjws")}) {
    (void)oci::media_type_of(bytes, said);
    if (const auto manifest = oci::Manifest::parse(content(bytes, said))) {
      as_manifest = true;
      check(*manifest);
    }
    if (const auto index = oci::Index::parse(content(bytes, said))) {
      as_index = true;
      check(*index);
    }
  }
  if (as_manifest && as_index) std::abort();
  return 0;
}
