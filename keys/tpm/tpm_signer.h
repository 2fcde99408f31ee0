// TpmSigner: signs with a key in a TPM.
#pragma once

#include <memory>

#include "hallmark/key.h"
#include "keys/provider/services.h"
#include "keys/tpm/open_key.h"
#include "keys/tpm/password.h"

namespace hallmark::keys {

// One TPM2_Sign per signature, with the session of the line.
class TpmSigner final : public Signer {
 public:
  // `services` outlive it. Kind of errors: key: the key cannot sign (wrong_key, unsupported), no password.
  [[nodiscard]] static Result<std::unique_ptr<Signer>> open(TpmKeySource source, std::shared_ptr<TpmLine> line,
                                                            const Services& services);
  ~TpmSigner() override;
  TpmSigner(const TpmSigner&) = delete;
  TpmSigner& operator=(const TpmSigner&) = delete;

  [[nodiscard]] const PublicKey& public_key() const override { return key_->public_key; }
  [[nodiscard]] Result<Bytes> sign(BytesView message) override;

 private:
  TpmSigner(TpmKeySource source, std::shared_ptr<TpmLine> line, std::shared_ptr<OpenTpmKey> key,
            const TPMT_SIG_SCHEME& scheme, TpmPassword password, const Services& services)
      : source_(std::move(source)),
        line_(std::move(line)),
        key_(std::move(key)),
        scheme_(scheme),
        password_(std::move(password)),
        services_(services) {}
  [[nodiscard]] Result<TPMT_SIGNATURE> sign_digest(const Bytes& digest);
  [[nodiscard]] Result<TPMT_SIGNATURE> sign_with_password(const Bytes& digest);

  TpmKeySource source_;
  std::shared_ptr<TpmLine> line_;
  std::shared_ptr<OpenTpmKey> key_;
  TPMT_SIG_SCHEME scheme_;
  TpmPassword password_;
  const Services& services_;
  bool proven_ = false;                // its password was right before
  std::optional<Error> refused_ = {};  // a wrong password is not tried twice: each costs one of a few tries
};

}  // namespace hallmark::keys
