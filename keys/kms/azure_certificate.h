// ClientCertificate: an application's certificate and key, and the assertion that it signs with them.
#pragma once

#include <string_view>
#include <vector>

#include "keys/kms/azure_entra.h"

namespace hallmark::keys::azure {

// A PEM file with an RSA private key (any form that hallmark reads) and its certificate, in any order, perhaps with
// others between them: what "az ad sp create-for-rbac --create-cert" writes. PKCS#12 is `unsupported`.
class ClientCertificate {
 public:
  // `name` opens the messages. Cause: no_credentials, unsupported, or what the key's own error says.
  [[nodiscard]] static Result<ClientCertificate> parse(const Secret& file, std::string_view name,
                                                       const PasswordSource& password);

  // learn.microsoft.com, "Microsoft identity platform application authentication certificate credentials": a JWT signed
  // by PS256 that lives ten minutes. `with_chain` sends the certificates along (subject name and issuer login).
  // Cause: no_credentials, for a key whose parts do not fit.
  [[nodiscard]] Result<Secret> assertion(const Application& application, Time now, bool with_chain);

 private:
  ClientCertificate(std::vector<Bytes> chain, std::unique_ptr<Signer> signer)
      : chain_(std::move(chain)), signer_(std::move(signer)) {}

  std::vector<Bytes> chain_;  // the key's own first
  std::unique_ptr<Signer> signer_;
};

// RFC 4648 section 5, without padding.
[[nodiscard]] std::string base64url(BytesView bytes);

}  // namespace hallmark::keys::azure
