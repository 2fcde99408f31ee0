#include "keys/pkcs11/pkcs11.h"

namespace hallmark::keys {
namespace {

std::unexpected<Error> refused() {
  return fail(Error(Outcome::key,
                    "keys on PKCS#11 tokens cannot be used by this program: it is linked statically, and loads no "
                    "modules")
                  .because(Cause::unsupported)
                  .with_hint("use the hallmark that is linked with shared libraries"));
}

class NoTokens final : public KeyProvider {
 public:
  [[nodiscard]] std::string_view scheme() const override { return "pkcs11"; }
  [[nodiscard]] Result<std::unique_ptr<Signer>> open_signer(const std::string& /*reference*/) override {
    return refused();
  }
  [[nodiscard]] Result<PublicKey> public_key(const std::string& /*reference*/) override { return refused(); }
  [[nodiscard]] Result<PublicKey> create(const std::string& /*reference*/, const KeyType& /*type*/) override {
    return refused();
  }
  [[nodiscard]] Result<KeyInfo> inspect(const std::string& /*reference*/) override { return refused(); }
};

}  // namespace

std::unique_ptr<KeyProvider> pkcs11(const Services& /*services*/) { return std::make_unique<NoTokens>(); }

}  // namespace hallmark::keys
