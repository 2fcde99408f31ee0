// A bundle or a reason; what is taken is written and read back as the same envelope. And what a legacy attestation is
// made of: a lone envelope, and the log entry in an annotation.
#include <cstdlib>

#include "formats/bundle.h"
#include "formats/dsse.h"
#include "formats/log_entry.h"

namespace {

using namespace hallmark;

constexpr std::string_view kKey =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEkptUTV60Yj2VXTq0WGFH/5sq0jzu\n"
    "4tBG2HtNKHwN660VXafsbsggZbCifs/xba9pDfMCXcXEwq8vK5azMU4Lhw==\n"
    "-----END PUBLIC KEY-----\n";

void expect(bool holds) {
  if (!holds) std::abort();
}

void read_legacy(const Descriptor& source, BytesView bytes) {
  if (const auto envelope = formats::read_envelope(source, bytes)) {
    expect(!envelope->signatures.empty());
    expect(envelope->signed_bytes == formats::pre_authentication_encoding(envelope->payload_type, envelope->payload));
  }
  const auto entries =
      formats::log_entries_of_annotations({{"dev.sigstore.cosign/bundle", std::string(as_text(bytes))}});
  expect(!entries || entries->size() <= 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto key = *PublicKey::from_pem(kKey);
  const Descriptor source{std::string(formats::kBundleType), Digest::of({data, size}), size};
  read_legacy(source, {data, size});
  const auto signature = formats::read_bundle(source, {data, size});
  if (!signature) {
    expect(signature.error().kind() == Outcome::malformed && !signature.error().message().empty());
    return 0;
  }
  expect(signature->signatures.size() == 1);
  expect(signature->signed_bytes == formats::pre_authentication_encoding(signature->payload_type, signature->payload));
  expect(!formats::VerifiedPayload::open(*signature, key));
  const formats::Envelope envelope{signature->payload_type, signature->payload, signature->signatures};
  const auto again = formats::read_bundle(source, as_bytes(formats::write_bundle(envelope, key)));
  expect(again && again->signed_bytes == signature->signed_bytes && again->signatures == signature->signatures &&
         again->key_hint == key.hint());
  const auto manifest = formats::bundle_manifest(source, source, "type", "2026-11-22T08:00:00Z").to_json();
  expect(formats::is_bundle_type(source.media_type) && !manifest.empty());
  return 0;
}
