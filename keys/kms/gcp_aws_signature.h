// The signature of a request to AWS that somebody else sends: Signature Version 4 in a header
// (docs.aws.amazon.com, "Create a signed AWS API request").
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hallmark/clock.h"
#include "hallmark/result.h"
#include "hallmark/secret.h"

namespace hallmark::keys {

struct GcpAwsKey {
  std::string id;
  Secret secret;
  Secret session_token;  // empty: none
};

// To "/", without a body.
struct GcpAwsRequest {
  std::string method;
  std::string query;                                         // canonical: encoded, sorted by name
  std::vector<std::pair<std::string, std::string>> headers;  // all are signed: lower case, sorted by name, "host" too
  std::string region;
  std::string service;
  Time at;
};

// What stands in x-amz-date: "20261128T120000Z".
[[nodiscard]] std::string aws_date(Time at);
// What stands in Authorization. Kind of errors: internal.
[[nodiscard]] Result<std::string> aws_authorization(const GcpAwsRequest& request, const GcpAwsKey& key);

}  // namespace hallmark::keys
