// Container credentials: of ECS tasks and EKS Pod Identity (docs.aws.amazon.com, "Container credential provider").
#pragma once

#include <optional>

#include "keys/kms/aws_credentials.h"

namespace hallmark::keys::aws {

// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI at 169.254.170.2, or AWS_CONTAINER_CREDENTIALS_FULL_URI: https, or http at
// loopback or one of the addresses that AWS gives these services. AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE is read anew
// each time, as its token is changed by the cluster; AWS_CONTAINER_AUTHORIZATION_TOKEN else. Nothing: neither of the
// two is set. Kind of errors: key.
[[nodiscard]] Result<std::optional<Credentials>> container_credentials(const Scene& scene);

}  // namespace hallmark::keys::aws
