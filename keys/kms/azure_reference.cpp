#include "keys/kms/azure_reference.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/shown_reference.h"
#include "base/try.h"
#include "net/proxy.h"
#include "net/url.h"

namespace hallmark::keys::azure {
namespace {

constexpr std::string_view kScheme = "azurekms://";
constexpr std::size_t kKeyNameMost = 127;  // learn.microsoft.com, "About keys": 1 to 127 of 0-9, a-z, A-Z and -
constexpr std::size_t kVersionMost = 64;   // 32 hex digits today

constexpr std::string_view kPublicLogin = "https://login.microsoftonline.com";
constexpr std::string_view kChinaLogin = "https://login.chinacloudapi.cn";
constexpr std::string_view kGovernmentLogin = "https://login.microsoftonline.us";

// The first is what a loopback vault, an emulator, is taken for.
constexpr std::array<Cloud, 6> kClouds{{
    {"public cloud", ".vault.azure.net", "https://vault.azure.net", kPublicLogin, false},
    {"public cloud", ".managedhsm.azure.net", "https://managedhsm.azure.net", kPublicLogin, true},
    {"China cloud", ".vault.azure.cn", "https://vault.azure.cn", kChinaLogin, false},
    {"China cloud", ".managedhsm.azure.cn", "https://managedhsm.azure.cn", kChinaLogin, true},
    {"US government cloud", ".vault.usgovcloudapi.net", "https://vault.usgovcloudapi.net", kGovernmentLogin, false},
    {"US government cloud", ".managedhsm.usgovcloudapi.net", "https://managedhsm.usgovcloudapi.net", kGovernmentLogin,
     true},
}};

constexpr std::array<std::string_view, 6> kLoginHosts{"login.microsoftonline.com", "login.windows.net",
                                                      "login.microsoft.com",       "login.microsoftonline.us",
                                                      "login.chinacloudapi.cn",    "login.partner.microsoftonline.cn"};

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_name(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most &&
         std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

std::unexpected<Error> malformed(std::string_view text, std::string_view problem) {
  return fail(Error(Outcome::key, "key \"" + base::shown_reference(text) + "\": " + std::string(problem))
                  .because(Cause::not_found)
                  .with_hint("a key of Azure Key Vault is named as azurekms://VAULT.vault.azure.net/KEY or, with its "
                             "version, azurekms://VAULT.vault.azure.net/KEY/VERSION"));
}

struct Place {
  std::string host;
  const Cloud* cloud;
};

Result<Place> place_of(std::string_view authority, std::string_view text) {
  const auto url = net::Url::parse("https://" + std::string(authority) + "/");
  if (!url) return malformed(text, "\"" + base::shown_reference(authority) + "\" is no host");
  if (net::is_loopback(url->host)) return Place{url->port == "443" ? url->host : url->authority(), kClouds.data()};
  for (const Cloud& cloud : kClouds) {
    const std::string_view host = url->host;
    if (!host.ends_with(cloud.domain) || !is_name(host.substr(0, host.size() - cloud.domain.size()), 63)) continue;
    if (url->port != "443") return malformed(text, "vaults are spoken to at port 443 only");
    return Place{url->host, &cloud};
  }
  if (url->host.find('.') == std::string::npos)
    return malformed(text, "\"" + base::shown_reference(authority) + "\" is a vault's name without its domain");
  return malformed(text, "\"" + base::shown_reference(authority) +
                             "\" is no vault of Azure (*.vault.azure.net, *.managedhsm.azure.net, *.vault.azure.cn, "
                             "*.vault.usgovcloudapi.net): a token is not sent there");
}

}  // namespace

Result<KeyReference> KeyReference::parse(std::string_view text) {
  if (text.size() > limits::key_reference_bytes) return malformed(text, "it is too long");
  if (!text.starts_with(kScheme)) return malformed(text, "expected azurekms:// at its beginning");
  const std::string_view rest = text.substr(kScheme.size());
  if (rest.find('@') != std::string_view::npos)
    return malformed(text, "it has a user or password in it: none is taken there");
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return malformed(text, "it names no key");
  HM_TRY(Place place, place_of(rest.substr(0, slash), text));
  const std::string_view path = rest.substr(slash + 1);
  const std::size_t second = path.find('/');
  const std::string_view key = path.substr(0, second);
  // A slash at the end is taken, as sigstore takes it.
  const std::string_view version = second == std::string_view::npos ? std::string_view() : path.substr(second + 1);
  if (key.empty()) return malformed(text, "it names no key");
  if (!is_name(key, kKeyNameMost))
    return malformed(text, "\"" + base::shown_reference(key) + "\" is no key's name: letters, digits and hyphens");
  if (!version.empty() && (version.size() > kVersionMost || !std::ranges::all_of(version, is_letter_or_digit)))
    return malformed(text, "\"" + base::shown_reference(version) + "\" is no version: 32 letters and digits");
  return KeyReference{std::move(place.host), std::string(key), std::string(version), place.cloud};
}

std::string KeyReference::name() const {
  return key + (version.empty() ? "" : ", version " + version + ",") + " of " + host;
}

bool is_login_host(std::string_view host) { return std::ranges::find(kLoginHosts, host) != kLoginHosts.end(); }

}  // namespace hallmark::keys::azure
