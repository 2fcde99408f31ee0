#include <map>

#include "base/try.h"
#include "keys/tpm/create.h"
#include "keys/tpm/public_area.h"
#include "keys/tpm/tpm.h"
#include "keys/tpm/tpm_inspect.h"
#include "keys/tpm/tpm_signer.h"

namespace hallmark::keys {
namespace {

class TpmProvider final : public KeyProvider {
 public:
  explicit TpmProvider(const Services& services) : services_(services) {}

  [[nodiscard]] std::string_view scheme() const override { return "tpm"; }

  [[nodiscard]] Result<std::unique_ptr<Signer>> open_signer(const std::string& reference) override {
    HM_TRY(const auto parsed, TpmReference::parse(reference));
    HM_TRY(TpmKeySource source, TpmKeySource::of(parsed, services_));
    HM_TRY(auto line, line_to(parsed));
    return TpmSigner::open(std::move(source), std::move(line), services_);
  }

  // A key file says it itself: nothing is asked of a TPM.
  [[nodiscard]] Result<PublicKey> public_key(const std::string& reference) override {
    HM_TRY(const auto parsed, TpmReference::parse(reference));
    HM_TRY(const TpmKeySource source, TpmKeySource::of(parsed, services_));
    if (source.file) {
      HM_TRY(const Tss* const tss, Tss::available());
      HM_TRY(const auto area, unmarshal_public(*tss, source.file->public_area, source.name));
      return public_key_of(area.publicArea, source.name);
    }
    HM_TRY(const auto line, line_to(parsed));
    const auto reading = [source](TpmDevice& device) -> Result<PublicKey> {
      HM_TRY(const OpenTpmKey key, open_key(device, source));
      return key.public_key;
    };
    return line->ask<PublicKey>(services_.timeout, reading);
  }

  [[nodiscard]] Result<PublicKey> create(const std::string& reference, const KeyType& type) override {
    HM_TRY(const auto parsed, TpmReference::parse(reference));
    HM_TRY(const auto line, line_to(parsed));
    return create_key(parsed, type, *line, services_);
  }

  [[nodiscard]] Result<KeyInfo> inspect(const std::string& reference) override {
    HM_TRY(const auto parsed, TpmReference::parse(reference));
    HM_TRY(const TpmKeySource source, TpmKeySource::of(parsed, services_));
    HM_TRY(const auto line, line_to(parsed));
    return inspect_key(source, *line, services_.timeout);
  }

 private:
  // One connection for all keys of a TPM: it has few places for sessions.
  Result<std::shared_ptr<TpmLine>> line_to(const TpmReference& reference) {
    HM_TRY(const Tcti tcti, tcti_for(reference, services_));
    auto& line = lines_[tcti];
    if (!line || line->lost()) {
      HM_TRY(line, TpmLine::open(tcti, services_.timeout));
    }
    return line;
  }

  const Services& services_;
  std::map<Tcti, std::shared_ptr<TpmLine>> lines_;
};

}  // namespace

std::unique_ptr<KeyProvider> tpm(const Services& services) { return std::make_unique<TpmProvider>(services); }

}  // namespace hallmark::keys
