#include "registry/basic.h"

#include <algorithm>

#include "base/encoding.h"

namespace hallmark::registry {

std::string basic_authorization(const Credential& credential) {
  Secret pair(credential.user.size() + 1 + credential.password.size());
  auto out = std::ranges::copy(credential.user, pair.writable().begin()).out;
  *out++ = ':';
  std::ranges::copy(credential.password.view(), out);
  return "Basic " + base::base64_encode(pair.view());
}

std::string describe(const Credential& credential) {
  const std::string who = credential.user.empty() ? "an identity token" : base::printable(credential.user, 60);
  return credential.source.empty() ? who : who + " from " + credential.source;
}

}  // namespace hallmark::registry
