#include "keys/kms/azure_key_vault.h"

#include "base/encoding.h"
#include "base/time.h"
#include "base/try.h"
#include "keys/kms/azure_client.h"
#include "keys/provider/signature.h"

namespace hallmark::keys {
namespace azure {
namespace {

// RFC 7518 section 3.1. RSA keys of a vault sign by both paddings; PKCS#1 v1.5 is what their public key says to others.
std::string_view jose_name(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::ecdsa_p256:
      return "ES256";
    case KeyAlgorithm::ecdsa_p384:
      return "ES384";
    case KeyAlgorithm::ecdsa_p521:
      return "ES512";
    default:
      break;
  }
  return "RS256";
}

class VaultSigner final : public Signer {
 public:
  VaultSigner(VaultClient& client, KeyReference reference, VaultKey key)
      : client_(client), reference_(std::move(reference)), key_(std::move(key)) {}

  [[nodiscard]] const PublicKey& public_key() const override { return key_.public_key; }

  [[nodiscard]] Result<Bytes> sign(BytesView message) override {
    const KeyAlgorithm algorithm = key_.public_key.algorithm();
    const Bytes digest = hashed(hash_of(algorithm), message);
    HM_TRY(Bytes signature, client_.sign(reference_, key_, jose_name(algorithm), digest));
    if (algorithm != KeyAlgorithm::rsa_pkcs1) {
      HM_TRY(signature, ecdsa_der(algorithm, signature, kVault));
    }
    return checked_signature(key_.public_key, message, std::move(signature), kVault);
  }

 private:
  VaultClient& client_;
  KeyReference reference_;
  VaultKey key_;
};

// A vault would refuse each of these when it is asked to sign; said before anything is done.
Result<void> expect_usable(const VaultKey& key, const KeyReference& reference, Time now) {
  const auto unusable = [&](const std::string& problem, Cause cause, std::string hint) {
    return fail(service_error(kVault, reference.name() + " " + problem, cause).with_hint(std::move(hint)));
  };
  if (!key.enabled)
    return unusable("is disabled", Cause::disabled, "enable it: \"az keyvault key set-attributes --enabled true\"");
  if (key.not_before && *key.not_before > now)
    return unusable("is not yet to be used, only from " + base::format_time(*key.not_before), Cause::disabled,
                    "change its activation date, or wait");
  if (key.expires && *key.expires <= now)
    return unusable("has expired at " + base::format_time(*key.expires), Cause::disabled,
                    "rotate it, or change its expiration date");
  if (!key.may_sign)
    return unusable("is not for signing: its key operations do not name \"sign\"", Cause::wrong_key,
                    "add it: \"az keyvault key set-attributes --ops sign verify\"");
  return {};
}

std::string place_text(const VaultKey& key, const KeyReference& reference) {
  std::string text = std::string(reference.cloud->managed_hsm ? "Azure Managed HSM " : "Azure Key Vault ") +
                     reference.host + " (" + std::string(reference.cloud->name) + "), " +
                     (key.in_hsm ? "in an HSM" : "in software") + ", " + (key.enabled ? "enabled" : "disabled");
  if (key.not_before) text += ", from " + base::format_time(*key.not_before);
  if (key.expires) text += ", until " + base::format_time(*key.expires);
  if (!key.recovery_level.empty()) text += ", recovery level " + base::printable(key.recovery_level, 60);
  return text;
}

// What follows from the key itself: whether a role would allow it, a vault does not say without doing it.
std::vector<KeyRight> rights_of(const VaultKey& key, const KeyReference& reference) {
  using Action = KeyRight::Action;
  const std::string keys =
      reference.cloud->managed_hsm ? "Microsoft.KeyVault/managedHsm/keys/" : "Microsoft.KeyVault/vaults/keys/";
  const bool never_signs = !key.may_sign || !key.enabled;
  return {
      {Action::read_public_key, Known::yes, data_action(Attempt::Action::get, *reference.cloud)},
      {Action::sign, never_signs ? Known::no : Known::unknown, data_action(Attempt::Action::sign, *reference.cloud)},
      {Action::export_key, key.exportable == Known::no ? Known::no : Known::unknown, keys + "release/action"},
      {Action::delete_key, Known::unknown, keys + "delete"},
  };
}

// "Create Key": kty, and crv or key_size. A managed HSM makes HSM keys only.
Result<base::Json> creation(const KeyType& type, const Cloud& cloud) {
  base::Json parameters;
  const std::string suffix = cloud.managed_hsm ? "-HSM" : "";
  switch (type.algorithm) {
    case KeyAlgorithm::ecdsa_p256:
    case KeyAlgorithm::ecdsa_p384:
    case KeyAlgorithm::ecdsa_p521:
      parameters.set("kty", "EC" + suffix);
      parameters.set("crv", "P-" + std::to_string(type.bits));
      break;
    case KeyAlgorithm::rsa_pkcs1:
      parameters.set("kty", "RSA" + suffix);
      parameters.set("key_size", static_cast<std::int64_t>(type.bits));
      break;
    case KeyAlgorithm::rsa_pss:
    case KeyAlgorithm::ed25519:
      return fail(
          service_error(kVault, "it makes no keys of type " + describe(type.algorithm, type.bits), Cause::unsupported)
              .with_hint("it makes ecdsa-p256, ecdsa-p384, ecdsa-p521, rsa-2048, rsa-3072 and rsa-4096"));
  }
  parameters.set("key_ops", base::Json::Array{"sign", "verify"});
  return parameters;
}

class KeyVault final : public KeyProvider {
 public:
  explicit KeyVault(const Services& services) : services_(services), client_(services) {}

  [[nodiscard]] std::string_view scheme() const override { return "azurekms"; }

  // The version is fixed here: a rotation between this and a signature cannot matter.
  [[nodiscard]] Result<std::unique_ptr<Signer>> open_signer(const std::string& text) override {
    HM_TRY(KeyReference reference, KeyReference::parse(text));
    HM_TRY(VaultKey key, client_.get(reference, services_.deadline()));
    HM_DO(expect_usable(key, reference, services_.clock.now()));
    return std::make_unique<VaultSigner>(client_, std::move(reference), std::move(key));
  }

  [[nodiscard]] Result<PublicKey> public_key(const std::string& text) override {
    HM_TRY(const KeyReference reference, KeyReference::parse(text));
    HM_TRY(const VaultKey key, client_.get(reference, services_.deadline()));
    return key.public_key;
  }

  [[nodiscard]] Result<PublicKey> create(const std::string& text, const KeyType& type) override {
    HM_TRY(const KeyReference reference, KeyReference::parse(text));
    if (!reference.version.empty())
      return fail(service_error(kVault, "the version of a new key is chosen by the vault", Cause::unsupported)
                      .with_hint("name it without its version: azurekms://" + reference.host + "/" + reference.key));
    HM_TRY(const base::Json parameters, creation(type, *reference.cloud));
    HM_TRY(const VaultKey key, client_.create(reference, parameters, services_.deadline()));
    if (key.public_key.algorithm() != type.algorithm || key.public_key.bits() != type.bits)
      return fail(service_error(kVault, "it made another type of key than asked for", Cause::wrong_answer));
    return key.public_key;
  }

  [[nodiscard]] Result<KeyInfo> inspect(const std::string& text) override {
    HM_TRY(const KeyReference reference, KeyReference::parse(text));
    HM_TRY(const VaultKey key, client_.get(reference, services_.deadline()));
    KeyInfo info;
    info.is_private = true;
    info.format = scheme();
    info.public_key = key.public_key;
    info.place = place_text(key, reference);
    info.name = key.id;
    info.exportable = key.exportable;
    info.rights = rights_of(key, reference);
    return info;
  }

 private:
  const Services& services_;
  VaultClient client_;
};

}  // namespace
}  // namespace azure

std::unique_ptr<KeyProvider> azure_key_vault(const Services& services) {
  return std::make_unique<azure::KeyVault>(services);
}

}  // namespace hallmark::keys
