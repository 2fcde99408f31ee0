#include "sign/prepare.h"

#include "base/try.h"
#include "formats/bundle.h"
#include "formats/simple_signing.h"
#include "formats/statement.h"

namespace hallmark::signing {
namespace {

// A KMS may answer for another key or another digest, and a broken key file may sign what nobody can verify: either
// would be published as a signature that fails everywhere.
Result<Bytes> sign_and_check(Signer& signer, BytesView message) {
  const std::string who = "signing with key " + signer.public_key().id();
  auto signature = signer.sign(message);
  if (!signature) return fail(signature.error().within(who));
  if (!signer.public_key().verify(message, *signature)) {
    return fail(Error(Outcome::key, who + ": its own public key does not verify what it made")
                    .with_hint("the private and the public half do not belong together, or the signer is broken"));
  }
  return signature;
}

Result<Prepared> prepare_simple(const Descriptor& subject, Signer& signer, const SignOptions& options) {
  Bytes payload =
      to_bytes(formats::simple_signing_payload(subject.digest, options.docker_reference, options.annotations));
  HM_TRY(const auto signature, sign_and_check(signer, payload));
  auto layer = formats::simple_signature_layer(payload, signature);
  return Prepared{&signer.public_key(), std::move(layer), std::move(payload)};
}

Result<Prepared> prepare_bundle(const Descriptor& subject, Signer& signer, const SignOptions& options) {
  formats::Envelope envelope;
  envelope.payload_type = formats::kInTotoPayloadType;
  envelope.payload = to_bytes(formats::sign_statement(subject.digest, options.annotations));
  const auto message = formats::pre_authentication_encoding(envelope.payload_type, envelope.payload);
  HM_TRY(auto signature, sign_and_check(signer, message));
  envelope.signatures.push_back(std::move(signature));
  Bytes blob = to_bytes(formats::write_bundle(envelope, signer.public_key()));
  Descriptor layer{std::string(formats::kBundleType), Digest::of(blob), blob.size()};
  return Prepared{&signer.public_key(), std::move(layer), std::move(blob)};
}

}  // namespace

Result<std::vector<Prepared>> prepare(const Descriptor& subject, const std::vector<Signer*>& signers,
                                      const SignOptions& options) {
  std::vector<Prepared> made;
  for (Signer* signer : signers) {
    auto one = options.format == Format::simple ? prepare_simple(subject, *signer, options)
                                                : prepare_bundle(subject, *signer, options);
    if (!one) return fail(one.error().within(subject.digest.text()));
    made.push_back(*std::move(one));
  }
  return made;
}

}  // namespace hallmark::signing
