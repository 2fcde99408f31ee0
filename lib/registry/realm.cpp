#include "registry/realm.h"

#include <libpsl.h>

#include <algorithm>
#include <memory>

#include "registry/endpoint.h"

namespace hallmark::registry {
namespace {

bool is_address(std::string_view host) {
  return host.find(':') != std::string_view::npos || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

// A name that is looked up in the public DNS; "metadata", "localhost", "10.0.0.1" and odd spellings of addresses
// ("0x7f.1", "2130706433") are not.
bool is_public_name(std::string_view host) {
  while (host.ends_with('.')) host.remove_suffix(1);
  const auto dot = host.rfind('.');
  if (dot == std::string_view::npos || is_address(host)) return false;
  const std::string_view last = host.substr(dot + 1);
  return !last.empty() && (last.front() < '0' || last.front() > '9') && last != "localhost" && last != "local" &&
         last != "internal";
}

std::string_view site_of(std::string_view host, std::string& storage) {
  if (!is_public_name(host)) return {};
  storage = std::string(host);
  const psl_ctx_t* list = psl_builtin();
  const char* domain = list == nullptr ? nullptr : psl_registrable_domain(list, storage.c_str());
  return domain == nullptr ? std::string_view() : std::string_view(domain);
}

bool same_host(const net::Url& a, const net::Url& b) {
  return a.host == b.host || (is_loopback(a.host) && is_loopback(b.host));
}

bool is_named(const net::Url& realm, const std::vector<std::string>& named) {
  return std::ranges::any_of(named, [&](const std::string& text) {
    const auto url = net::Url::parse(text.find("://") == std::string::npos ? "https://" + text : text);
    if (!url || url->origin() != realm.origin()) return false;
    const auto path = url->text.find('/', url->text.find("://") + 3);  // a realm named without path covers the host
    return path == std::string::npos || url->text.substr(path) == "/" || url->text == realm.text;
  });
}

}  // namespace

bool same_site(std::string_view host, std::string_view other) {
  if (host == other) return true;
  std::string a;
  std::string b;
  const std::string_view site = site_of(host, a);
  return !site.empty() && site == site_of(other, b);
}

Result<RealmTrust> judge_realm(const net::Url& realm, const net::Url& registry,
                               const std::vector<std::string>& named_by_user) {
  const bool named = is_named(realm, named_by_user);
  const auto refuse = [&](std::string_view why) {
    return fail(Error(Outcome::unauthorized, "registry " + registry.authority() + " names the token server " +
                                                 realm.origin() + ", which is " + std::string(why))
                    .with_hint("if this token server is right, name it yourself: --token-realm " + realm.origin()));
  };
  if (!realm.tls() && !is_loopback(realm.host)) {
    if (registry.tls()) return refuse("plain http where the registry is https");
    if (!same_host(realm, registry)) return refuse("plain http on another host");
    return RealmTrust::anonymous;  // a credential never goes over plain HTTP except to loopback
  }
  if (named) return RealmTrust::credentials;
  if (!realm.tls() && registry.tls()) return refuse("plain http where the registry is https");
  if (same_host(realm, registry)) return RealmTrust::credentials;
  if (!is_public_name(realm.host)) return refuse("an address or a local name that is not the registry's own");
  // A same-site rule over plain HTTP would let whoever sits on the line choose the realm.
  if (registry.tls() && same_site(realm.host, registry.host)) return RealmTrust::credentials;
  return RealmTrust::anonymous;
}

}  // namespace hallmark::registry
