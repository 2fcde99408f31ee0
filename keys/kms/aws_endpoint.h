// Endpoints: the hosts of AWS services, by region; and the region that a host name tells.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hallmark/result.h"

namespace hallmark::keys::aws {

struct EndpointChoice {
  bool fips = false;
  bool dual_stack = false;
  std::string override = {};  // a URL; empty: as the partition has it
};

// "https://kms.eu-north-1.amazonaws.com", by the SDKs' own table of partitions. `service` is "kms" or "sts". An
// override is https, or http on loopback, without a path. Kind of errors: key.
[[nodiscard]] Result<std::string> endpoint_of(std::string_view service, const std::string& region,
                                              const EndpointChoice& choice);

// HOST[:PORT]
[[nodiscard]] bool is_authority(std::string_view text);

// "eu-north-1" of kms.eu-north-1.amazonaws.com, kms-fips.… and vpce-….kms.eu-north-1.vpce.amazonaws.com; nothing for
// hosts that are not AWS's.
[[nodiscard]] std::optional<std::string> region_of_host(std::string_view host);

}  // namespace hallmark::keys::aws
