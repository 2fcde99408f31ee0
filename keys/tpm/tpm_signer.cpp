#include "keys/tpm/tpm_signer.h"

#include "base/try.h"
#include "keys/provider/signature.h"
#include "keys/tpm/public_area.h"

namespace hallmark::keys {
namespace {

constexpr auto kFarewell = std::chrono::seconds(2);  // to flush a key; a TPM takes 20 ms

}  // namespace

Result<std::unique_ptr<Signer>> TpmSigner::open(TpmKeySource source, std::shared_ptr<TpmLine> line,
                                                const Services& services) {
  using Key = std::shared_ptr<OpenTpmKey>;
  const auto opening = [source](TpmDevice& device) -> Result<Key> {
    HM_TRY(OpenTpmKey opened, open_key(device, source));
    return std::make_shared<OpenTpmKey>(std::move(opened));
  };
  HM_TRY(Key key, line->ask<Key>(services.timeout, opening));
  HM_TRY(const auto scheme, signing_scheme(key->area.publicArea, key->public_key, source.name));
  HM_TRY(TpmPassword password, password_for(source, *key, *line, services));
  return std::unique_ptr<Signer>(
      new TpmSigner(std::move(source), std::move(line), std::move(key), scheme, std::move(password), services));
}

TpmSigner::~TpmSigner() {
  if (line_->lost()) return;
  (void)line_->ask<bool>(kFarewell, [key = std::exchange(key_, nullptr)](TpmDevice& /*device*/) mutable {
    key.reset();
    return Result<bool>(true);
  });
}

Result<TPMT_SIGNATURE> TpmSigner::sign_digest(const Bytes& digest) {
  return line_->ask<TPMT_SIGNATURE>(
      services_.timeout,
      [key = key_, digest, scheme = scheme_, password = password_.value, name = source_.name](TpmDevice& device) {
        return device.sign(key->object, digest, scheme, *password, "signing with " + name);
      });
}

Result<TPMT_SIGNATURE> TpmSigner::sign_with_password(const Bytes& digest) {
  if (refused_) return fail(*refused_);
  if (!proven_) HM_DO(may_be_tried(password_, source_, *key_, *line_, services_));
  auto signature = sign_digest(digest);
  const bool guessed = password_.origin == TpmPassword::Origin::assumed_free;
  const bool free = (key_->area.publicArea.objectAttributes & TPMA_OBJECT_NODA) != 0;
  if (!signature && signature.error().cause() == Cause::wrong_pin && guessed && free) {
    HM_TRY(password_, ask_for_password(source_, services_));
    signature = sign_digest(digest);
  }
  proven_ = signature.has_value();
  if (signature) return signature;
  const Error error = explain_refusal(signature.error(), password_, *key_, *line_, services_.timeout);
  if (error.cause() == Cause::wrong_pin) refused_ = error;
  return fail(error);
}

Result<Bytes> TpmSigner::sign(BytesView message) {
  HM_TRY(const TPMT_SIGNATURE signature, sign_with_password(hashed(hash_of(key_->public_key.algorithm()), message)));
  HM_TRY(Bytes encoded, signature_of(signature, scheme_, key_->public_key, source_.name));
  return checked_signature(key_->public_key, message, std::move(encoded), line_->where());
}

}  // namespace hallmark::keys
