#include "formats/message_bundle.h"

#include "base/encoding.h"
#include "base/json.h"
#include "base/try.h"
#include "formats/bundle.h"
#include "hallmark/digest.h"

namespace hallmark::formats {
namespace {

Result<Bytes> digest_of(BytesView message) { return base::hex_decode(Digest::of(message).hex()); }

// The digest only tells an altered file from a foreign key: the signature is what counts.
Result<void> check_digest(const base::JsonReader& signature, BytesView message) {
  HM_TRY(const auto said, signature.at("messageDigest"));
  const auto algorithm = said.string("algorithm");
  if (!algorithm) return fail(algorithm.error());
  if (*algorithm != std::string_view("SHA2_256")) return {};
  HM_TRY(const auto digest, said.base64("digest"));
  HM_TRY(const auto actual, digest_of(message));
  if (digest != actual) return fail(Outcome::invalid, "it was changed after it was signed");
  return {};
}

}  // namespace

std::string write_message_bundle(BytesView message, BytesView signature, const PublicKey& key) {
  using base::Json;
  const auto digest = digest_of(message);
  const auto said =
      Json::object({{"algorithm", "SHA2_256"}, {"digest", base::base64_encode(digest.value_or(Bytes()))}});
  return Json::object({{"mediaType", kBundleType},
                       {"verificationMaterial", Json::object({{"publicKey", Json::object({{"hint", key.hint()}})}})},
                       {"messageSignature",
                        Json::object({{"messageDigest", said}, {"signature", base::base64_encode(signature)}})}})
      .dump();
}

Result<void> check_message_bundle(BytesView bundle, BytesView message, const PublicKey& key) {
  HM_TRY(const auto json, base::Json::parse(bundle, "bundle"));
  const base::JsonReader root(json, "bundle");
  HM_TRY(const auto type, root.string("mediaType"));
  if (!is_bundle_type(type)) return fail(root.error("mediaType is not one of a bundle v0.1, v0.2 or v0.3"));
  HM_TRY(const auto signature, root.at("messageSignature"));
  HM_TRY(const auto bytes, signature.base64("signature"));
  HM_DO(check_digest(signature, message));
  if (!key.verify(message, bytes)) return fail(Outcome::invalid, "it is not signed by key " + key.id());
  return {};
}

}  // namespace hallmark::formats
