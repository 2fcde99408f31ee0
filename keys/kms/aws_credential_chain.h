// CredentialChain: where AWS's SDKs look for credentials, in their order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "keys/kms/aws_credentials.h"

namespace hallmark::keys::aws {

// docs.aws.amazon.com, "AWS SDKs and Tools standardized credential providers", in the order of aws-sdk-go-v2: access
// key in the environment; web identity in the environment; the profile (a source profile or credential_source with a
// role, static keys, web identity, credential_process); container credentials; the instance's role.
class CredentialChain {
 public:
  CredentialChain(const Services& services, const Settings& settings) : services_(services), settings_(settings) {}

  // What was found is kept in memory until limits::login_margin before its end. `region` is for STS where the settings
  // have none. Kind of errors: key; where nothing was found, the message tells each place.
  [[nodiscard]] Result<const Credentials*> get(const std::string& region, net::Deadline deadline);

 private:
  [[nodiscard]] bool is_fresh(std::chrono::seconds margin) const;

  const Services& services_;
  const Settings& settings_;
  std::optional<Credentials> kept_;
};

// A profile's own part of the chain. Nothing, with the reason in `why`: it says nothing of credentials.
[[nodiscard]] Result<std::optional<Credentials>> profile_credentials(const Scene& scene, std::string& why);

// AWS_ACCESS_KEY_ID and the like.
[[nodiscard]] Result<std::optional<Credentials>> environment_credentials(const Services& services, std::string& why);

}  // namespace hallmark::keys::aws
