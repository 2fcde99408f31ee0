// In place of all else in this room, in the programs that are linked statically.
#include "keys/tpm/tpm.h"

namespace hallmark::keys {
namespace {

std::unexpected<Error> refuse() {
  return fail(Error(Outcome::key,
                    "keys in a TPM are not in this program: it is linked statically, and tpm2-tss cannot "
                    "be loaded into it")
                  .because(Cause::unsupported)
                  .with_hint("use the hallmark that is linked dynamically"));
}

class NoTpm final : public KeyProvider {
 public:
  [[nodiscard]] std::string_view scheme() const override { return "tpm"; }
  [[nodiscard]] Result<std::unique_ptr<Signer>> open_signer(const std::string& /*reference*/) override {
    return refuse();
  }
  [[nodiscard]] Result<PublicKey> public_key(const std::string& /*reference*/) override { return refuse(); }
  [[nodiscard]] Result<PublicKey> create(const std::string& /*reference*/, const KeyType& /*type*/) override {
    return refuse();
  }
  [[nodiscard]] Result<KeyInfo> inspect(const std::string& /*reference*/) override { return refuse(); }
};

}  // namespace

std::unique_ptr<KeyProvider> tpm(const Services& /*services*/) { return std::make_unique<NoTpm>(); }

}  // namespace hallmark::keys
