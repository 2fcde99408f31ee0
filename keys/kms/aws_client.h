// Client: the actions of AWS KMS, by its JSON protocol (AWS JSON 1.1), signed.
#pragma once

#include <string>

#include "keys/kms/aws_credential_chain.h"
#include "keys/kms/aws_key.h"
#include "keys/kms/aws_request.h"

namespace hallmark::keys::aws {

// Where one region's KMS is.
struct Place {
  std::string endpoint;  // "https://kms.eu-north-1.amazonaws.com"
  std::string region;
};

// What one call of the provider does; credentials are kept by the chain.
class Client {
 public:
  Client(const Services& services, const Settings& settings, CredentialChain& chain, Place place,
         net::Deadline deadline)
      : services_(services), settings_(settings), chain_(chain), place_(std::move(place)), deadline_(deadline) {}

  [[nodiscard]] const Place& place() const { return place_; }

  [[nodiscard]] Result<KmsKey> public_key(const Reference& reference);
  // One request, without retries of network trouble counted. `message` is hashed here unless the key is Ed25519.
  // Verified before it is handed out.
  [[nodiscard]] Result<Bytes> sign(const Reference& reference, const KmsKey& key, BytesView message);
  // By a Sign that is not carried out (DryRun).
  [[nodiscard]] Result<Known> may_sign(const Reference& reference, const KmsKey& key);
  [[nodiscard]] Result<KeyDescription> describe(const Reference& reference);
  // Nothing is made twice: these two are sent once.
  [[nodiscard]] Result<KeyDescription> create_key(const std::string& spec, const std::string& description);
  [[nodiscard]] Result<void> create_alias(const std::string& alias, const Arn& key);

 private:
  struct Call {
    std::string action;  // "Sign"
    std::string object;  // for messages
    base::Json body;
    bool may_retry = true;
  };
  // What the service answered, error or not.
  Result<Answered> send(const Call& call);
  Result<base::Json> answer_to(const Call& call);
  [[nodiscard]] Error explained(const Answered& answered, const Call& call) const;
  [[nodiscard]] std::string named(const Reference& reference) const;

  const Services& services_;
  const Settings& settings_;
  CredentialChain& chain_;
  Place place_;
  net::Deadline deadline_;
};

}  // namespace hallmark::keys::aws
