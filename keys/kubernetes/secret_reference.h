// SecretReference: "k8s://NAMESPACE/SECRET", as cosign spells it.
#pragma once

#include <string>
#include <string_view>

#include "hallmark/result.h"

namespace hallmark::keys {

struct SecretReference {
  std::string space;  // the namespace: a DNS label (RFC 1123), at most 63 characters
  std::string name;   // a DNS subdomain, at most 253

  // Names that no API server would take are refused before anybody is asked. Kind of errors: key.
  [[nodiscard]] static Result<SecretReference> parse(std::string_view text);
  [[nodiscard]] std::string path() const { return space + "/" + name; }  // for messages
};

}  // namespace hallmark::keys
