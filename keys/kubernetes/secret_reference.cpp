#include "keys/kubernetes/secret_reference.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/shown_reference.h"

namespace hallmark::keys {
namespace {

constexpr std::string_view kPrefix = "k8s://";
constexpr std::size_t kLabelMost = 63;
constexpr std::size_t kSubdomainMost = 253;

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// kubernetes.io, "Object Names and IDs": RFC 1123 labels.
bool is_label(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_subdomain(std::string_view text) {
  if (text.size() > kSubdomainMost) return false;
  while (true) {
    const auto dot = text.find('.');
    if (!is_label(text.substr(0, dot), kSubdomainMost)) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::unexpected<Error> refuse(std::string_view text, std::string_view problem) {
  return fail(Error(Outcome::key, "key \"" + base::shown_reference(text) + "\": " + std::string(problem))
                  .because(Cause::not_found)
                  .with_hint("a key in a cluster is named as k8s://NAMESPACE/SECRET"));
}

}  // namespace

Result<SecretReference> SecretReference::parse(std::string_view text) {
  if (!text.starts_with(kPrefix)) return refuse(text, "expected k8s://NAMESPACE/SECRET");
  const std::string_view rest = text.substr(kPrefix.size());
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos || rest.find('/', slash + 1) != std::string_view::npos)
    return refuse(text, "expected k8s://NAMESPACE/SECRET");
  const std::string_view space = rest.substr(0, slash);
  const std::string_view name = rest.substr(slash + 1);
  if (!is_label(space, kLabelMost)) return refuse(text, "its namespace is none (lower-case letters, digits and \"-\")");
  if (!is_subdomain(name))
    return refuse(text, "its secret has no valid name (lower-case letters, digits, \"-\" and \".\")");
  return SecretReference{std::string(space), std::string(name)};
}

}  // namespace hallmark::keys
