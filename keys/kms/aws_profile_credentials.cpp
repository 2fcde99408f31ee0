// How a profile of the shared files leads to credentials, by itself or by another profile.
#include <set>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kms/aws_container.h"
#include "keys/kms/aws_credential_chain.h"
#include "keys/kms/aws_metadata.h"
#include "keys/kms/aws_process.h"
#include "keys/kms/aws_sts.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::aws {
namespace {

constexpr std::size_t kChain = 8;  // profiles that lead to one another; people use two

class ProfileWalk {
 public:
  ProfileWalk(const Scene& scene, const Profiles& profiles) : scene_(scene), profiles_(profiles) {}

  Result<std::optional<Credentials>> from(const std::string& name, std::string& why);

 private:
  using Found = Result<std::optional<Credentials>>;

  Found base_of(const std::string& name, const Section& profile, std::string& why);
  Found static_keys(const std::string& name, const Section& profile) const;
  Found source_profile(const std::string& name, const std::string& source);
  Found credential_source(const std::string& name, const std::string& source) const;
  [[nodiscard]] std::unexpected<Error> refused(const std::string& name, const std::string& problem,
                                               Cause cause = Cause::no_credentials) const {
    return fail(service_error("AWS", "profile " + base::printable(name, 100) + ": " + problem, cause));
  }

  const Scene& scene_;
  const Profiles& profiles_;
  std::set<std::string> visited_;
};

Result<std::optional<Credentials>> ProfileWalk::from(const std::string& name, std::string& why) {
  const Section* profile = profiles_.profile(name);
  if (profile == nullptr) {
    why = "it is not in " + scene_.settings.files.text();
    return std::nullopt;
  }
  if (!visited_.insert(name).second) return refused(name, "its source_profile leads back to it");
  if (visited_.size() > kChain) return refused(name, "too many profiles lead to one another");
  const Role role{value_of(*profile, "role_arn"), value_of(*profile, "role_session_name"),
                  value_of(*profile, "external_id"), value_of(*profile, "duration_seconds")};
  if (!value_of(*profile, "mfa_serial").empty())
    return refused(name, "its role wants a one-time password (mfa_serial), which is not asked for here",
                   Cause::unsupported);
  const std::string file = value_of(*profile, "web_identity_token_file");
  if (!file.empty() && value_of(*profile, "source_profile").empty() &&
      value_of(*profile, "aws_access_key_id").empty()) {
    HM_TRY(Credentials credentials, assume_role_with_web_identity(scene_, role, file));
    return credentials;
  }
  HM_TRY(auto found, base_of(name, *profile, why));
  if (!found || role.arn.empty()) return found;
  HM_TRY(Credentials credentials, assume_role(scene_, role, *found));
  return credentials;
}

// Before a role is assumed. The order is that of aws-sdk-go-v2.
Result<std::optional<Credentials>> ProfileWalk::base_of(const std::string& name, const Section& profile,
                                                        std::string& why) {
  const bool has_role = !value_of(profile, "role_arn").empty();
  const std::string source = value_of(profile, "source_profile");
  if (has_role && !source.empty()) return source_profile(name, source);
  if (!value_of(profile, "aws_access_key_id").empty() || !value_of(profile, "aws_secret_access_key").empty())
    return static_keys(name, profile);
  if (const std::string from = value_of(profile, "credential_source"); has_role && !from.empty())
    return credential_source(name, from);
  if (!value_of(profile, "sso_session").empty() || !value_of(profile, "sso_start_url").empty() ||
      !value_of(profile, "login_session").empty())
    return fail(service_error("AWS",
                              "profile " + base::printable(name, 100) +
                                  ": logins by IAM Identity Center (SSO) "
                                  "and \"aws login\" are not read here",
                              Cause::unsupported)
                    .with_hint("a profile with credential_process = aws configure export-credentials --profile " +
                               base::printable(name, 100) + " --format process takes them from the AWS CLI"));
  if (const std::string command = value_of(profile, "credential_process"); !command.empty()) {
    HM_TRY(Credentials credentials, process_credentials(scene_, command));
    return credentials;
  }
  if (has_role) return refused(name, "its role_arn needs a source_profile, credential_source or web identity");
  why = "it has no credentials";
  return std::nullopt;
}

Result<std::optional<Credentials>> ProfileWalk::static_keys(const std::string& name, const Section& profile) const {
  const std::string id = value_of(profile, "aws_access_key_id");
  const std::string secret = value_of(profile, "aws_secret_access_key");
  if (id.empty()) return refused(name, "it has aws_secret_access_key and no aws_access_key_id");
  if (secret.empty()) return refused(name, "it has aws_access_key_id and no aws_secret_access_key");
  HM_TRY(Credentials credentials, make_credentials({id, secret, value_of(profile, "aws_session_token"), ""},
                                                   "profile " + base::printable(name, 100) + " of AWS"));
  return credentials;
}

// A profile may name itself: its own keys assume its role.
Result<std::optional<Credentials>> ProfileWalk::source_profile(const std::string& name, const std::string& source) {
  if (source == name) return static_keys(name, *profiles_.profile(name));
  std::string why;
  HM_TRY(auto found, from(source, why));
  if (!found) return refused(name, "its source_profile " + base::printable(source, 100) + " gives nothing: " + why);
  return found;
}

Result<std::optional<Credentials>> ProfileWalk::credential_source(const std::string& name,
                                                                  const std::string& source) const {
  std::string why = "is not set";
  Found found = std::nullopt;
  if (source == "Environment")
    found = environment_credentials(scene_.services, why);
  else if (source == "EcsContainer")
    found = container_credentials(scene_);
  else if (source == "Ec2InstanceMetadata")
    found = instance_credentials(scene_, why);
  else
    return refused(name, "its credential_source is none of Environment, EcsContainer and Ec2InstanceMetadata");
  if (found && !*found) return refused(name, "its credential_source " + source + " gives nothing: " + why);
  return found;
}

}  // namespace

Result<std::optional<Credentials>> profile_credentials(const Scene& scene, std::string& why) {
  HM_TRY(const Profiles profiles, scene.settings.files.read());
  return ProfileWalk(scene, profiles).from(scene.settings.profile, why);
}

}  // namespace hallmark::keys::aws
