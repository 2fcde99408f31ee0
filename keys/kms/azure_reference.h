// KeyReference: which key of which vault, and in which of Azure's clouds that vault is.
#pragma once

#include <string>
#include <string_view>

#include "hallmark/result.h"

namespace hallmark::keys::azure {

// Opens every message.
inline constexpr std::string_view kVault = "Azure Key Vault";
inline constexpr std::string_view kLogin = "Microsoft Entra ID";

// One kind of vault in one cloud, as learn.microsoft.com, "Azure Key Vault keys, secrets, and certificates overview"
// (DNS suffixes) and "Microsoft Entra authentication endpoints" have them.
struct Cloud {
  std::string_view name;      // "public cloud"
  std::string_view domain;    // ".vault.azure.net"
  std::string_view resource;  // whom a token is for: "https://vault.azure.net"
  std::string_view login;     // "https://login.microsoftonline.com"
  bool managed_hsm;
};

// azurekms://VAULT.vault.azure.net/KEY[/VERSION], as sigstore's pkg/signature/kms/azure has it. The host is one label
// below a domain of Key Vault or Managed HSM, or loopback: nobody else is sent a token.
struct KeyReference {
  std::string host;     // lower case; of loopback with its port: "acme.vault.azure.net", "127.0.0.1:8443"
  std::string key;      // letters, digits and hyphens
  std::string version;  // empty: the newest
  const Cloud* cloud;

  // Kind of errors: key, cause unsupported; they name the right form.
  [[nodiscard]] static Result<KeyReference> parse(std::string_view text);
  // "KEY of acme.vault.azure.net": for messages.
  [[nodiscard]] std::string name() const;
};

// "https://login.microsoftonline.com" and the like: where Microsoft's clouds log in, under all their names.
[[nodiscard]] bool is_login_host(std::string_view host);

}  // namespace hallmark::keys::azure
