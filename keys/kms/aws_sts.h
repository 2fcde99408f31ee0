// STS: roles that are assumed by a web identity or by other credentials (docs.aws.amazon.com, STS API Reference).
#pragma once

#include "keys/kms/aws_credentials.h"

namespace hallmark::keys::aws {

struct Role {
  std::string arn;
  std::string session_name = {};  // empty: hallmark and the time
  std::string external_id = {};
  std::string duration_seconds = {};
};

// AssumeRoleWithWebIdentity: IRSA on EKS, OIDC tokens of CI. `file` holds the token and is read anew each time, as its
// owner changes it. Kind of errors: key.
[[nodiscard]] Result<Credentials> assume_role_with_web_identity(const Scene& scene, const Role& role,
                                                                const std::string& file);
// AssumeRole, signed by `by`.
[[nodiscard]] Result<Credentials> assume_role(const Scene& scene, const Role& role, const Credentials& by);

// What STS answers to `action`, "AssumeRole" or "AssumeRoleWithWebIdentity".
[[nodiscard]] Result<Credentials> read_role_answer(std::string_view document, const std::string& action,
                                                   const std::string& role_arn);

}  // namespace hallmark::keys::aws
