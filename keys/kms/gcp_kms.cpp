#include "keys/kms/gcp_kms.h"

#include <algorithm>
#include <thread>

#include "base/encoding.h"
#include "base/try.h"
#include "crypto/hash.h"
#include "keys/kms/gcp_client.h"
#include "net/retry.h"

namespace hallmark::keys {
namespace {

using Action = KeyRight::Action;

constexpr const char* kViewPublicKey = "cloudkms.cryptoKeyVersions.viewPublicKey";
constexpr const char* kUseToSign = "cloudkms.cryptoKeyVersions.useToSign";
constexpr const char* kDestroy = "cloudkms.cryptoKeyVersions.destroy";

class GcpSigner final : public Signer {
 public:
  GcpSigner(GcpClient& client, const Services& services, GcpPublicKey key)
      : client_(client), services_(services), version_(std::move(key.name)), key_(std::move(key.key)) {}

  [[nodiscard]] const PublicKey& public_key() const override { return key_; }

  [[nodiscard]] Result<Bytes> sign(BytesView message) override {
    HM_TRY(Bytes signature, client_.sign(version_, key_.algorithm(), message, services_.deadline()));
    return checked_signature(key_, message, std::move(signature), kGcpService);
  }

 private:
  GcpClient& client_;
  const Services& services_;
  std::string version_;
  PublicKey key_;
};

// "Google Cloud KMS in europe-north1, project shop, protection level HSM".
std::string place_of(const GcpKeyName& name, const GcpPublicKey& key) {
  std::string place = std::string(kGcpService) + " in " + name.location + ", project " + name.project;
  if (!key.protection.empty()) place += ", protection level " + base::printable(key.protection, 40);
  return place;
}

// Cloud KMS gives no private key away (cloud.google.com/kms/docs/faq); of a key that is only managed elsewhere, that
// place decides.
Known exportable(const GcpPublicKey& key) {
  return key.protection.starts_with("EXTERNAL") || key.protection.empty() ? Known::unknown : Known::no;
}

class GcpKms final : public KeyProvider {
 public:
  explicit GcpKms(const Services& services) : services_(services), client_(services) {}

  [[nodiscard]] std::string_view scheme() const override { return "gcpkms"; }

  [[nodiscard]] Result<std::unique_ptr<Signer>> open_signer(const std::string& reference) override {
    HM_TRY(const GcpKeyName name, GcpKeyName::parse(reference));
    HM_TRY(GcpPublicKey key, fetch(name, services_.deadline()));
    return std::make_unique<GcpSigner>(client_, services_, std::move(key));
  }

  [[nodiscard]] Result<PublicKey> public_key(const std::string& reference) override {
    HM_TRY(const GcpKeyName name, GcpKeyName::parse(reference));
    HM_TRY(GcpPublicKey key, fetch(name, services_.deadline()));
    return std::move(key.key);
  }

  [[nodiscard]] Result<PublicKey> create(const std::string& reference, const KeyType& type) override;
  [[nodiscard]] Result<KeyInfo> inspect(const std::string& reference) override;

 private:
  [[nodiscard]] Result<GcpPublicKey> fetch(const GcpKeyName& name, net::Deadline deadline) {
    HM_TRY(const GcpKeyName version, client_.with_version(name, deadline));
    return client_.public_key(version, deadline);
  }
  [[nodiscard]] Result<GcpPublicKey> await_first_version(GcpKeyName name, net::Deadline deadline);

  const Services& services_;
  GcpClient client_;
};

// A new key's version 1 is PENDING_GENERATION for some seconds: longest for RSA in an HSM.
Result<GcpPublicKey> GcpKms::await_first_version(GcpKeyName name, net::Deadline deadline) {
  name.version = "1";
  for (std::size_t tries = 0;; ++tries) {
    auto key = client_.public_key(name, deadline);
    if (key || key.error().cause() != Cause::disabled) return key;
    const auto pause = net::backoff(tries, crypto::random_bytes(1).front());
    if (services_.clock.steady() + pause >= deadline) return key;
    std::this_thread::sleep_for(pause);
  }
}

Result<PublicKey> GcpKms::create(const std::string& reference, const KeyType& type) {
  HM_TRY(const GcpKeyName name, GcpKeyName::parse(reference));
  if (!name.version.empty())
    return fail(gcp_error("a new key has no version yet: " + reference, Cause::unsupported)
                    .with_hint("leave the version out; it will be 1"));
  const auto algorithm = gcp_algorithm(type);
  if (!algorithm)
    return fail(gcp_error("it has no keys of " + describe(type.algorithm, type.bits), Cause::unsupported)
                    .with_hint("ecdsa-p256, ecdsa-p384, ed25519, rsa-2048 to rsa-4096 and rsa-pss-2048 to "
                               "rsa-pss-4096 it has"));
  const net::Deadline deadline = services_.deadline();
  const auto made = client_.create(name, *algorithm, deadline);
  if (!made && made.error().cause() == Cause::not_found)
    return fail(made.error().with_hint("make the key ring first: gcloud kms keyrings create " + name.ring +
                                       " --location " + name.location + " --project " + name.project));
  if (!made) return fail(made.error());
  HM_TRY(GcpPublicKey key, await_first_version(name, deadline));
  return std::move(key.key);
}

// The rights are those on the whole key; a caller may have none of them and still be answered.
Result<KeyInfo> GcpKms::inspect(const std::string& reference) {
  HM_TRY(const GcpKeyName asked, GcpKeyName::parse(reference));
  const net::Deadline deadline = services_.deadline();
  HM_TRY(const GcpKeyName name, client_.with_version(asked, deadline));
  HM_TRY(const GcpPublicKey key, client_.public_key(name, deadline));
  KeyInfo info;
  info.is_private = true;
  info.format = scheme();
  info.place = place_of(name, key);
  info.name = key.name;
  info.public_key = key.key;
  info.exportable = exportable(key);
  const auto held = client_.held_permissions(name, {kViewPublicKey, kUseToSign, kDestroy}, deadline);
  const auto right = [&](Action action, const char* permission) {
    const Known known = !held ? Known::unknown : held->contains(permission) ? Known::yes : Known::no;
    info.rights.push_back({action, known, permission});
  };
  right(Action::read_public_key, kViewPublicKey);
  right(Action::sign, kUseToSign);
  right(Action::delete_key, kDestroy);
  return info;
}

}  // namespace

std::unique_ptr<KeyProvider> gcp_kms(const Services& services) { return std::make_unique<GcpKms>(services); }

}  // namespace hallmark::keys
