// VaultSettings: where Vault is and how it is reached, from the variables that Vault's and OpenBao's own clients read.
#pragma once

#include <optional>
#include <string>

#include "keys/provider/services.h"

namespace hallmark::keys {

// The value of VAULT_NAME, else of BAO_NAME, in cosign's order; `name` says which of the two it was.
struct VaultVariable {
  std::string name;
  std::string value;
};
[[nodiscard]] std::optional<VaultVariable> vault_variable(const Services& services, const std::string& name);

struct VaultSettings {
  std::string address;    // https://host[:port][/path], without a slash at its end; http on loopback only
  std::string mount;      // of the Transit engine: "transit"
  std::string space;      // the namespace; empty: the root
  net::TlsOptions tls;    // of VAULT_CACERT, _CACERT_BYTES, _CLIENT_CERT and _CLIENT_KEY
  std::string proxy;      // of VAULT_PROXY_ADDR; empty: as for every request
  bool by_agent = false;  // an agent or proxy on this machine, which adds a token itself

  // Kind of errors: key, with cause no_credentials where no address is set, else unsupported. What would make a
  // connection less safe (VAULT_SKIP_VERIFY, http to another machine), or cannot be followed (VAULT_TLS_SERVER_NAME),
  // is refused rather than left out.
  [[nodiscard]] static Result<VaultSettings> read(const Services& services);

  // "Vault at https://vault.example:8200, mount transit, namespace team-a"
  [[nodiscard]] std::string place() const;
  // The URL of an API path, already percent-encoded where it has to be.
  [[nodiscard]] std::string url(std::string_view path) const { return address + "/v1/" + std::string(path); }
};

}  // namespace hallmark::keys
