// explain: what an error of AWS means for whoever wanted to use a key.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "hallmark/result.h"

namespace hallmark::keys::aws {

struct ErrorAnswer {
  int status = 0;
  std::string code;     // "AccessDeniedException"; empty: the answer has none
  std::string message;  // the service's own words
};

struct Attempt {
  std::string service;      // "AWS KMS", "AWS STS"
  std::string action;       // as IAM calls it: "kms:Sign"
  std::string object;       // "alias/release in eu-north-1"
  std::string region = {};  // that was asked; empty: it does not matter
};

// Whether another try may help soon: throttling, which AWS answers with 400, and trouble of its own.
[[nodiscard]] bool is_temporary(const ErrorAnswer& answer);

// `skew`: by how much the two clocks differ, where it is too much. Kind: key.
[[nodiscard]] Error explain(const ErrorAnswer& answer, const Attempt& attempt,
                            std::optional<std::chrono::seconds> skew);

}  // namespace hallmark::keys::aws
