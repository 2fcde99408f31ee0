#include "keys/kms/vault_provider.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/try.h"
#include "keys/kms/vault_client.h"
#include "keys/provider/signature.h"

namespace hallmark::keys {
namespace {

// A version of a key that may be used, and its public half.
struct Opened {
  VaultReference reference;
  std::uint64_t version = 0;
  PublicKey public_key;
};

class VaultSigner final : public Signer {
 public:
  VaultSigner(const Services& services, VaultClient& client, Opened key)
      : services_(services), client_(client), key_(std::move(key)) {}

  const PublicKey& public_key() const override { return key_.public_key; }

  Result<Bytes> sign(BytesView message) override {
    const KeyAlgorithm algorithm = key_.public_key.algorithm();
    const Bytes input = hashed(hash_of(algorithm), message);
    HM_TRY(Bytes signature, client_.sign(key_.reference, key_.version, algorithm, input, services_.deadline()));
    return checked_signature(key_.public_key, message, std::move(signature), "Vault");
  }

 private:
  const Services& services_;
  VaultClient& client_;
  Opened key_;
};

Error about(const VaultReference& reference, std::string_view problem, Cause cause) {
  return service_error("Vault", base::printable(reference.text) + " " + std::string(problem), cause);
}

// Keys that exist and still are none for images.
Result<void> check_kind(const VaultReference& reference, const VaultKey& key) {
  if (key.soft_deleted)
    return fail(about(reference, "is marked as deleted", Cause::pending_deletion)
                    .with_hint("restore it with keys/NAME/soft-delete-restore, or take another key"));
  if (!key.signs())
    return fail(
        about(reference, "is of type " + base::printable(key.type, 20) + ", which signs no images", Cause::wrong_key)
            .with_hint("take one of ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519, rsa-2048, rsa-3072, rsa-4096"));
  if (key.derived)
    return fail(about(reference, "makes another key for every context (derived): it has no public key of its own",
                      Cause::wrong_key));
  return {};
}

// The version that counts, if it may still be used.
Result<std::uint64_t> check_version(const VaultReference& reference, const VaultKey& key) {
  const std::uint64_t version = reference.version.value_or(key.latest);
  const std::string named = "has version " + std::to_string(version);
  if (version > key.latest)
    return fail(about(reference, "has no such version: the newest is " + std::to_string(key.latest), Cause::not_found));
  if (version < key.min_available)
    return fail(
        about(reference,
              "has no such version any more: those before " + std::to_string(key.min_available) + " were trimmed away",
              Cause::pending_deletion));
  if (version < key.min_decryption || !key.publics.contains(std::to_string(version)))
    return fail(about(reference,
                      named + " switched off: min_decryption_version is " + std::to_string(key.min_decryption),
                      Cause::disabled));
  return version;
}

std::string_view type_name(const KeyType& type) {
  switch (type.algorithm) {
    case KeyAlgorithm::ecdsa_p256:
      return "ecdsa-p256";
    case KeyAlgorithm::ecdsa_p384:
      return "ecdsa-p384";
    case KeyAlgorithm::ecdsa_p521:
      return "ecdsa-p521";
    case KeyAlgorithm::ed25519:
      return "ed25519";
    case KeyAlgorithm::rsa_pkcs1:
      return type.bits == 2048 ? "rsa-2048" : type.bits == 3072 ? "rsa-3072" : "rsa-4096";
    case KeyAlgorithm::rsa_pss:
      break;  // an RSA key of Vault does not say that it is for PSS: peers would try PKCS#1
  }
  return {};
}

class VaultProvider final : public KeyProvider {
 public:
  VaultProvider(const Services& services, std::string_view scheme)
      : services_(services), scheme_(scheme), client_(services) {}

  std::string_view scheme() const override { return scheme_; }
  Result<std::unique_ptr<Signer>> open_signer(const std::string& reference) override;
  Result<PublicKey> public_key(const std::string& reference) override;
  Result<PublicKey> create(const std::string& reference, const KeyType& type) override;
  Result<KeyInfo> inspect(const std::string& reference) override;

 private:
  struct Found {
    VaultKey key;
    Opened opened;
  };
  Result<Found> find(const VaultReference& reference, net::Deadline deadline);
  std::vector<KeyRight> rights(const VaultReference& reference, const PublicKey& key, net::Deadline deadline);

  const Services& services_;
  const std::string_view scheme_;
  VaultClient client_;
};

Result<VaultProvider::Found> VaultProvider::find(const VaultReference& reference, net::Deadline deadline) {
  HM_TRY(VaultKey key, client_.read_key(reference, deadline));
  HM_DO(check_kind(reference, key));
  HM_TRY(const std::uint64_t version, check_version(reference, key));
  auto public_key = vault_public_key(key, version);
  if (!public_key) return fail(malformed_answer("Vault", public_key.error().within(base::printable(reference.text))));
  return Found{std::move(key), {reference, version, *std::move(public_key)}};
}

Result<std::unique_ptr<Signer>> VaultProvider::open_signer(const std::string& text) {
  HM_TRY(const VaultReference reference, VaultReference::parse(text, scheme_));
  HM_TRY(Found found, find(reference, services_.deadline()));
  if (found.opened.version < found.key.min_encryption)
    return fail(about(reference,
                      "has version " + std::to_string(found.opened.version) +
                          " only to verify with: min_encryption_version is " + std::to_string(found.key.min_encryption),
                      Cause::disabled)
                    .with_hint("take a newer version, or lower min_encryption_version"));
  return std::make_unique<VaultSigner>(services_, client_, std::move(found.opened));
}

Result<PublicKey> VaultProvider::public_key(const std::string& text) {
  HM_TRY(const VaultReference reference, VaultReference::parse(text, scheme_));
  HM_TRY(Found found, find(reference, services_.deadline()));
  return std::move(found.opened.public_key);
}

Result<PublicKey> VaultProvider::create(const std::string& text, const KeyType& type) {
  HM_TRY(const VaultReference reference, VaultReference::parse(text, scheme_));
  if (reference.version)
    return fail(about(reference, "names a version: a new key begins with version 1", Cause::unsupported));
  const std::string_view name = type_name(type);
  if (name.empty())
    return fail(about(reference,
                      "cannot be made as " + describe(type.algorithm, type.bits) +
                          ": Vault's RSA keys do not say that they are for PSS",
                      Cause::unsupported)
                    .with_hint("make an rsa-3072 or ecdsa-p256 key"));
  const net::Deadline deadline = services_.deadline();
  HM_DO(client_.create(reference, name, deadline));
  HM_TRY(Found found, find(reference, deadline));
  return std::move(found.opened.public_key);
}

Result<KeyInfo> VaultProvider::inspect(const std::string& text) {
  HM_TRY(const VaultReference reference, VaultReference::parse(text, scheme_));
  const net::Deadline deadline = services_.deadline();
  HM_TRY(const Found found, find(reference, deadline));
  HM_TRY(const VaultSettings* const settings, client_.settings());
  KeyInfo info;
  info.is_private = true;
  info.format = scheme_;
  info.public_key = found.opened.public_key;
  info.place = settings->place();
  info.name = reference.key + " version " + std::to_string(found.opened.version);
  info.exportable = found.key.exportable || found.key.plaintext_backup ? Known::yes : Known::no;
  info.rights = rights(reference, found.opened.public_key, deadline);
  return info;
}

// sys/capabilities-self tells what the token's policies grant, and changes nothing.
std::vector<KeyRight> VaultProvider::rights(const VaultReference& reference, const PublicKey& key,
                                            net::Deadline deadline) {
  struct Wanted {
    KeyRight::Action action;
    std::string capability;
    std::string path;
  };
  using Action = KeyRight::Action;
  const std::vector<Wanted> all = {
      {Action::read_public_key, "read", client_.path("keys", reference)},
      {Action::sign, "update", client_.sign_path(reference, key.algorithm())},
      {Action::export_key, "read", client_.path("export/signing-key", reference)},
      {Action::export_key, "read", client_.path("backup", reference)},
      {Action::delete_key, "delete", client_.path("keys", reference)},
  };
  std::vector<std::string> paths;
  for (const Wanted& each : all) {
    if (std::ranges::find(paths, each.path) == paths.end()) paths.push_back(each.path);
  }
  const auto granted = client_.capabilities(paths, deadline);
  std::vector<KeyRight> rights;
  for (const Wanted& each : all) {
    Known held = Known::unknown;
    if (granted) {
      const auto words = granted->find(each.path);
      const auto has = [&](std::string_view word) {
        return words != granted->end() && std::ranges::find(words->second, word) != words->second.end();
      };
      if (words != granted->end())
        held = !has("deny") && (has("root") || has(each.capability)) ? Known::yes : Known::no;
    }
    if (each.action == Action::read_public_key) held = Known::yes;  // it was just read
    rights.push_back({each.action, held, each.capability + " on " + base::printable(each.path)});
  }
  return rights;
}

}  // namespace

std::unique_ptr<KeyProvider> hashivault(const Services& services) {
  return std::make_unique<VaultProvider>(services, "hashivault");
}

std::unique_ptr<KeyProvider> openbao(const Services& services) {
  return std::make_unique<VaultProvider>(services, "openbao");
}

}  // namespace hallmark::keys
