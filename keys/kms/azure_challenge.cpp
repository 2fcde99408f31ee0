#include "keys/kms/azure_challenge.h"

#include <algorithm>

#include "keys/kms/azure_reference.h"
#include "net/url.h"

namespace hallmark::keys::azure {
namespace {

constexpr std::size_t kParametersMost = 16;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_separator(char c) { return c == ' ' || c == '\t' || c == ','; }

std::string_view without_separators(std::string_view text) {
  const auto start = std::ranges::find_if_not(text, is_separator);
  return text.substr(static_cast<std::size_t>(start - text.begin()));
}

struct Parameter {
  std::string_view name;
  std::string_view value;
};

// Takes name=value or name="value" from the front; nothing at the end and at what is neither.
std::optional<Parameter> take(std::string_view& rest) {
  rest = without_separators(rest);
  const auto equals = rest.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  Parameter found{rest.substr(0, equals), {}};
  if (std::ranges::any_of(found.name, is_separator)) return std::nullopt;
  rest.remove_prefix(equals + 1);
  const bool quoted = rest.starts_with('"');
  if (quoted) rest.remove_prefix(1);
  const auto end = quoted ? rest.find('"') : rest.find_first_of(" \t,");
  if (quoted && end == std::string_view::npos) return std::nullopt;
  found.value = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), found.value.size() + (quoted ? 1 : 0)));
  return found;
}

// "https://login.microsoftonline.com/TENANT[/…]"
void read_authority(std::string_view text, Challenge& into) {
  const auto url = net::Url::parse(text);
  if (!url || !url->tls() || url->port != "443") return;
  const std::string_view whole = url->text;
  const auto path = whole.find('/', whole.find("://") + 3);
  if (path == std::string_view::npos) return;
  const std::string_view tenant = whole.substr(path + 1, whole.find_first_of("/?", path + 1) - path - 1);
  if (!is_tenant(tenant)) return;
  into.login_host = url->host;
  into.tenant = tenant;
}

bool is_bearer(std::string_view field) {
  constexpr std::string_view kBearer = "bearer ";
  return field.size() > kBearer.size() && std::ranges::equal(field.substr(0, kBearer.size()), kBearer, {}, lower);
}

}  // namespace

std::optional<Challenge> read_challenge(const net::Headers& headers) {
  for (const std::string& field : headers.all("WWW-Authenticate")) {
    if (!is_bearer(field)) continue;
    Challenge challenge;
    std::string_view rest = std::string_view(field).substr(std::string_view("bearer ").size());
    for (std::size_t count = 0; count < kParametersMost; ++count) {
      const auto parameter = take(rest);
      if (!parameter) break;
      if (parameter->name == "authorization") read_authority(parameter->value, challenge);
      if (parameter->name == "resource" || (parameter->name == "scope" && challenge.resource.empty()))
        challenge.resource = parameter->value;
      if (parameter->name == "error") challenge.error = parameter->value;
    }
    if (!challenge.tenant.empty()) return challenge;
  }
  return std::nullopt;
}

bool is_believable(const Challenge& challenge, std::string_view vault_host) {
  const auto resource = net::Url::parse(challenge.resource);
  return resource && resource->tls() && vault_host.ends_with("." + resource->host) &&
         is_login_host(challenge.login_host);
}

bool is_tenant(std::string_view text) {
  constexpr std::size_t kMost = 253;  // a domain's name
  return !text.empty() && text.size() <= kMost && !text.starts_with('.') && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

}  // namespace hallmark::keys::azure
