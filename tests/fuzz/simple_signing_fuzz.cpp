// The same bytes as a payload and as a `.sig` manifest: a claim or a reason, and layers that are added without loss.
#include <cstdlib>

#include "base/encoding.h"
#include "formats/log_entry.h"
#include "formats/simple_signing.h"
#include "oci/media_type.h"

namespace {

using namespace hallmark;

void expect(bool holds) {
  if (!holds) std::abort();
}

void as_payload(BytesView data) {
  const auto claim = formats::claim_of_simple_signing(data);
  if (!claim) {
    expect(claim.error().kind() == Outcome::malformed && !claim.error().message().empty());
    return;
  }
  expect(claim->subjects.size() == 1);
  const auto written =
      formats::simple_signing_payload(claim->subjects.front(), claim->docker_reference, claim->annotations);
  const auto again = formats::claim_of_simple_signing(as_bytes(written));
  expect(again && again->subjects == claim->subjects && again->docker_reference == claim->docker_reference &&
         again->annotations == claim->annotations);
}

void as_manifest(BytesView data) {
  const Content content{{std::string(oci::media_type::kManifest), Digest::of(data), data.size()},
                        Bytes(data.begin(), data.end())};
  const auto manifest = oci::Manifest::parse(content);
  if (!manifest) return;
  for (const auto& layer : manifest->layers) {
    const auto signature = formats::read_simple_signature(layer, to_bytes("payload"));
    expect(!signature || signature->signatures.size() == 1);
  }
  const auto added =
      formats::with_layer(content, formats::simple_signature_layer(as_bytes("payload"), as_bytes("sig")));
  expect(!added || !*added || (*added)->layers.size() == manifest->layers.size() + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  as_payload({data, size});
  as_manifest({data, size});
  return 0;
}
