// KeyProvider: a kind of place where keys live beside files: a key service, a token, a TPM, a cluster's secrets.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/clock.h"
#include "hallmark/keys.h"
#include "hallmark/registry.h"

namespace hallmark::keys {

// One object for one scheme, used by one thread at a time. Kind of all errors: key, with a cause; none of them holds a
// secret. A reference is as typed, scheme included. What was fetched for one call (a login, a session, a public key) is
// kept in memory for the next.
class KeyProvider {
 public:
  virtual ~KeyProvider() = default;
  // What a reference begins with, up to its colon: "awskms", "pkcs11".
  [[nodiscard]] virtual std::string_view scheme() const = 0;

  // Fetches the public key, at least; the signer must not outlive the provider. Every signature is verified by that
  // public key before it is handed out.
  [[nodiscard]] virtual Result<std::unique_ptr<Signer>> open_signer(const std::string& reference) = 0;
  [[nodiscard]] virtual Result<PublicKey> public_key(const std::string& reference) = 0;
  // Makes a key of this name and answers its public half. Nothing is overwritten: a name that is taken is an error.
  // By default `unsupported`.
  [[nodiscard]] virtual Result<PublicKey> create(const std::string& reference, const KeyType& type);
  // Nothing is changed. What the service does not say without effect stays `unknown`.
  [[nodiscard]] virtual Result<KeyInfo> inspect(const std::string& reference) = 0;
};

// What providers may use of the world outside, decided by the caller; defaults are safe.
struct ProviderOptions {
  VariableSource variable;     // as the SDKs of the services find their settings; none: no variable is set
  PasswordSource password;     // PINs of tokens, passwords of keys; none: what needs one is an error
  std::filesystem::path home;  // ~ of ~/.aws/config, ~/.kube/config; empty: no such file is looked for
  ProxyOptions proxy;
  std::filesystem::path system_ca_dir;  // as in RegistryOptions
  std::filesystem::path system_ca_file;
  std::chrono::milliseconds timeout = std::chrono::seconds(30);  // over all requests of one call
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
  std::string user_agent = "hallmark";
  std::map<std::string, std::string> plugin_environment = {};  // all that exec plugins of a kubeconfig see
};

// Whom open_signer and the other functions of keys.h ask for references that are no files.
class KeyProviders {
 public:
  KeyProviders() = default;
  // `kept` lives as long as the providers: what they share.
  explicit KeyProviders(std::vector<std::unique_ptr<KeyProvider>> providers, std::shared_ptr<void> kept = {})
      : kept_(std::move(kept)), providers_(std::move(providers)) {}

  // Null: no provider has the scheme of this reference.
  [[nodiscard]] KeyProvider* find(std::string_view reference) const;
  [[nodiscard]] const std::vector<std::unique_ptr<KeyProvider>>& all() const { return providers_; }

 private:
  std::shared_ptr<void> kept_;  // destroyed last
  std::vector<std::unique_ptr<KeyProvider>> providers_;
};

// Every provider that this program has: awskms, gcpkms, azurekms, hashivault, k8s, pkcs11, tpm. No request is made and
// no file is read before a key asks for it. Kind of errors: config (a proxy URL that is none).
[[nodiscard]] Result<KeyProviders> every_provider(const ProviderOptions& options, const Clock& clock);

}  // namespace hallmark::keys
