// IMDSv2: the instance metadata service of EC2 (docs.aws.amazon.com, "Use the Instance Metadata Service").
#pragma once

#include <optional>

#include "keys/kms/aws_credentials.h"

namespace hallmark::keys::aws {

// A session token is fetched first, always: version 1 of the service, which needs none, is never spoken. It is asked
// for no longer than limits::metadata_time, and never through a proxy.
//
// Nothing, with the reason in `why`: it is switched off, does not answer, or has no role for this machine. What it
// answers wrongly is an error. Kind of errors: key.
[[nodiscard]] Result<std::optional<Credentials>> instance_credentials(const Scene& scene, std::string& why);
// Where this machine is: "eu-north-1".
[[nodiscard]] Result<std::optional<std::string>> instance_region(const Scene& scene, std::string& why);

}  // namespace hallmark::keys::aws
