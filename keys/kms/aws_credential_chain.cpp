#include "keys/kms/aws_credential_chain.h"

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kms/aws_container.h"
#include "keys/kms/aws_metadata.h"
#include "keys/kms/aws_sts.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::aws {
namespace {

// IRSA: what EKS sets in the pods of a service account that has a role.
Result<std::optional<Credentials>> web_identity(const Scene& scene) {
  const Services& services = scene.services;
  const auto file = services.setting("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (!file) return std::nullopt;
  const Role role{services.setting("AWS_ROLE_ARN").value_or(""),
                  services.setting("AWS_ROLE_SESSION_NAME").value_or("")};
  HM_TRY(Credentials credentials, assume_role_with_web_identity(scene, role, *file));
  return credentials;
}

Error nothing_found(const std::vector<std::string>& looked) {
  std::string places;
  for (const std::string& one : looked) places += (places.empty() ? "" : "; ") + one;
  return service_error("AWS", "no credentials were found: " + places, Cause::no_credentials)
      .with_hint("docs/kms/aws.md lists every place and how to fill one");
}

// The first place that has some; the order is that of the SDKs.
Result<Credentials> find_credentials(const Scene& scene) {
  std::vector<std::string> looked;
  std::string why;
  HM_TRY(auto from_environment, environment_credentials(scene.services, why));
  if (from_environment) return *std::move(from_environment);
  looked.push_back("environment: " + why);

  HM_TRY(auto from_web_identity, web_identity(scene));
  if (from_web_identity) return *std::move(from_web_identity);
  looked.emplace_back("web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set");

  HM_TRY(auto from_profile, profile_credentials(scene, why));
  if (from_profile) return *std::move(from_profile);
  looked.push_back("profile " + base::printable(scene.settings.profile, 100) + ": " + why);

  HM_TRY(auto from_container, container_credentials(scene));
  if (from_container) return *std::move(from_container);
  looked.emplace_back("container: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor _FULL_URI is set");

  HM_TRY(auto from_instance, instance_credentials(scene, why));
  if (from_instance) return *std::move(from_instance);
  looked.push_back("EC2 metadata service: " + why);
  return fail(nothing_found(looked));
}

}  // namespace

bool CredentialChain::is_fresh(std::chrono::seconds margin) const {
  return kept_ && (!kept_->expiration || *kept_->expiration - services_.clock.now() > margin);
}

Result<const Credentials*> CredentialChain::get(const std::string& region, net::Deadline deadline) {
  if (is_fresh(limits::login_margin)) return &*kept_;
  const Scene scene{services_, settings_, settings_.region.empty() ? region : settings_.region, deadline};
  auto found = find_credentials(scene);
  // Until their very end the old ones do as well.
  if (!found && is_fresh(std::chrono::seconds(0))) return &*kept_;
  if (!found) return fail(std::move(found).error());
  kept_ = *std::move(found);
  return &*kept_;
}

Result<std::optional<Credentials>> environment_credentials(const Services& services, std::string& why) {
  const auto id = services.setting("AWS_ACCESS_KEY_ID");
  const auto secret = services.secret("AWS_SECRET_ACCESS_KEY");
  if (!id || !secret) {
    why = id       ? "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not"
          : secret ? "AWS_SECRET_ACCESS_KEY is set, AWS_ACCESS_KEY_ID is not"
                   : "AWS_ACCESS_KEY_ID is not set";
    return std::nullopt;
  }
  HM_TRY(Credentials credentials,
         make_credentials({*id, std::string(secret->text()), services.setting("AWS_SESSION_TOKEN").value_or(""), ""},
                          "the environment of AWS"));
  return credentials;
}

}  // namespace hallmark::keys::aws
