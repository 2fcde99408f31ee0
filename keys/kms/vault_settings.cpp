#include "keys/kms/vault_settings.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/provider/rest.h"
#include "net/proxy.h"
#include "net/url.h"

namespace hallmark::keys {
namespace {

std::unexpected<Error> refuse(std::string_view problem, std::string hint) {
  return fail(service_error("Vault", problem, Cause::unsupported).with_hint(std::move(hint)));
}

// As Go's strconv.ParseBool, which Vault's client reads it with.
bool is_true(const std::string& text) {
  constexpr std::array kTrue = {"1", "t", "T", "true", "TRUE", "True"};
  return std::ranges::find(kTrue, text) != kTrue.end();
}

Result<VaultVariable> find_address(const Services& services, bool& by_agent) {
  if (auto agent = vault_variable(services, "AGENT_ADDR")) {
    by_agent = true;
    return *std::move(agent);
  }
  if (auto address = vault_variable(services, "ADDR")) return *std::move(address);
  return fail(
      service_error("Vault", "neither VAULT_ADDR nor BAO_ADDR is set: its address is not known", Cause::no_credentials)
          .with_hint("set VAULT_ADDR=https://HOST:8200"));
}

Result<std::string> checked_address(const VaultVariable& variable) {
  const auto url = net::Url::parse(variable.value);
  const std::string shown = base::printable(net::redacted(variable.value));
  if (!url && variable.value.find('@') != std::string::npos)
    return refuse(variable.name + " is \"" + shown + "\" with a user or password, which are not taken there",
                  "write https://HOST:PORT; docs/kms/vault.md has the ways to log in");
  if (!url || url->text.find('?') != std::string::npos)
    return refuse(variable.name + " is \"" + shown + "\", which is no address",
                  "write https://HOST:PORT; sockets (unix://) are not supported");
  if (!url->tls() && !net::is_loopback(url->host))
    return refuse(variable.name + " is " + base::printable(url->origin()) +
                      ": without TLS its token could be read on the way, so it is not sent",
                  "write https://; plain http is taken for this machine only (localhost, 127.0.0.1)");
  std::string text = url->text;
  while (text.ends_with('/')) text.pop_back();
  return text;
}

Result<void> refuse_unsafe(const Services& services) {
  if (const auto skip = vault_variable(services, "SKIP_VERIFY"); skip && is_true(skip->value))
    return refuse(skip->name + " is set: whoever answers would get the token, so hallmark never does that",
                  "unset " + skip->name + ", and name Vault's CA with VAULT_CACERT");
  if (const auto name = vault_variable(services, "TLS_SERVER_NAME"))
    return refuse(name->name + " is set, which is not supported: a certificate has to be for the host of the address",
                  "use an address whose host is in the certificate, and unset " + name->name);
  if (const auto lookup = vault_variable(services, "SRV_LOOKUP"); lookup && is_true(lookup->value))
    return refuse(lookup->name + " is set, which is not supported", "give the host and port themselves in VAULT_ADDR");
  return {};
}

// With a CA of its own, Vault's client trusts that one alone; so do we.
Result<void> read_cas(const Services& services, net::TlsOptions& tls) {
  if (const auto bytes = vault_variable(services, "CACERT_BYTES")) {
    tls.ca_pem = bytes->value;
    return {};
  }
  if (const auto file = vault_variable(services, "CACERT")) {
    auto bytes = base::read_file(file->value, limits::ca_file_bytes, Outcome::key);
    if (!bytes) return fail(bytes.error().within("Vault: " + file->name).because(Cause::unreachable));
    tls.ca_pem = as_text(*bytes);
    return {};
  }
  if (const auto folder = vault_variable(services, "CAPATH"))
    return refuse(folder->name + " is set, which is not supported", "name a file of CA certificates with VAULT_CACERT");
  return {};
}

Result<void> read_tls(const Services& services, net::TlsOptions& tls) {
  HM_DO(refuse_unsafe(services));
  HM_DO(read_cas(services, tls));
  const auto certificate = vault_variable(services, "CLIENT_CERT");
  const auto key = vault_variable(services, "CLIENT_KEY");
  if (certificate.has_value() != key.has_value())
    return refuse((certificate ? certificate : key)->name + " is set without its other half",
                  "set both VAULT_CLIENT_CERT and VAULT_CLIENT_KEY");
  if (!certificate) return {};
  tls.client_certificate = certificate->value;
  tls.client_key = key->value;
  return {};
}

// "a/b" of "/a/b/"; an error for what could lead elsewhere in a URL.
Result<std::string> checked_mount(std::string_view text) {
  const std::string typed(text);
  while (text.starts_with('/')) text.remove_prefix(1);
  while (text.ends_with('/')) text.remove_suffix(1);
  bool good = !text.empty();
  for (std::size_t at = 0; good && at <= text.size();) {
    const std::size_t end = std::min(text.find('/', at), text.size());
    const std::string_view part = text.substr(at, end - at);
    good = !part.empty() && part != "." && part != ".." && part.find('%') == std::string_view::npos &&
           std::ranges::all_of(part, [](char c) { return c > 0x20 && c < 0x7f; });
    at = end + 1;
  }
  if (!good)
    return refuse("TRANSIT_SECRET_ENGINE_PATH is \"" + base::printable(typed) + "\", which is no mount path",
                  "write it as \"vault secrets list\" shows it: transit, team/transit");
  return std::string(text);
}

}  // namespace

std::optional<VaultVariable> vault_variable(const Services& services, const std::string& name) {
  for (const char* product : {"VAULT_", "BAO_"}) {
    if (auto value = services.setting(product + name)) return VaultVariable{product + name, *std::move(value)};
  }
  return std::nullopt;
}

Result<VaultSettings> VaultSettings::read(const Services& services) {
  VaultSettings settings;
  HM_TRY(const VaultVariable address, find_address(services, settings.by_agent));
  HM_TRY(settings.address, checked_address(address));
  HM_DO(read_tls(services, settings.tls));
  HM_TRY(settings.mount, checked_mount(services.setting("TRANSIT_SECRET_ENGINE_PATH").value_or("transit")));
  if (const auto space = vault_variable(services, "NAMESPACE")) settings.space = space->value;
  for (const char* name : {"PROXY_ADDR", "HTTP_PROXY"}) {
    if (const auto proxy = vault_variable(services, name); proxy && settings.proxy.empty())
      settings.proxy = proxy->value;
  }
  return settings;
}

std::string VaultSettings::place() const {
  std::string text = "Vault at " + base::printable(address) + ", mount " + base::printable(mount);
  if (!space.empty()) text += ", namespace " + base::printable(space);
  return text;
}

}  // namespace hallmark::keys
