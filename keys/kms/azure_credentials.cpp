#include "keys/kms/azure_credentials.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kms/azure_application.h"
#include "keys/kms/azure_managed_identity.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::azure {
namespace {

// Which of the three places are looked at.
struct Selected {
  bool environment = true;
  bool workload = true;
  bool managed = true;
};

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

Error needs_other_login(std::string_view variable, const std::string& value) {
  return service_error(kVault,
                       std::string(variable) + " is \"" + base::printable(value, 40) +
                           "\": the logins of az, azd and PowerShell are kept by those tools, and hallmark starts none",
                       Cause::unsupported)
      .with_hint("unset " + std::string(variable) +
                 ", and set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or use a managed or workload "
                 "identity");
}

// azidentity, default_azure_credential.go: AZURE_TOKEN_CREDENTIALS is "dev", "prod" or the name of one credential.
Result<Selected> selected_by(const std::string& value) {
  if (value == "prod") return Selected{};
  if (same_word(value, "EnvironmentCredential")) return Selected{true, false, false};
  if (same_word(value, "WorkloadIdentityCredential")) return Selected{false, true, false};
  if (same_word(value, "ManagedIdentityCredential")) return Selected{false, false, true};
  constexpr std::array<std::string_view, 4> kDeveloper{"dev", "AzureCLICredential", "AzureDeveloperCLICredential",
                                                       "AzurePowerShellCredential"};
  if (std::ranges::any_of(kDeveloper, [&](std::string_view name) { return same_word(value, name); }))
    return fail(needs_other_login("AZURE_TOKEN_CREDENTIALS", value));
  return fail(service_error(
      kVault, "AZURE_TOKEN_CREDENTIALS is \"" + base::printable(value, 40) + "\", which is no kind of credentials",
      Cause::no_credentials));
}

Result<Selected> selected(const Services& services) {
  // sigstore's own variable: "environment" is what happens anyway, other words mean nothing to it either.
  if (const auto method = services.setting("AZURE_AUTH_METHOD"); method && same_word(*method, "cli"))
    return fail(needs_other_login("AZURE_AUTH_METHOD", *method));
  if (const auto value = services.setting("AZURE_TOKEN_CREDENTIALS")) return selected_by(*value);
  return Selected{};
}

Error nothing_found(const Looked& looked) {
  std::string places;
  for (const std::string& place : looked) places += (places.empty() ? "" : "; ") + place;
  return service_error(kVault,
                       "no credentials were found: " + places +
                           "; the logins of az, azd and PowerShell: not supported, hallmark starts no other program",
                       Cause::no_credentials)
      .with_hint(
          "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or run where a managed or workload "
          "identity is");
}

Result<Token> find(const Services& services, const KeyReference& vault, net::Deadline deadline) {
  HM_TRY(const Selected which, selected(services));
  Looked looked;
  const ApplicationLogin login{services, vault, deadline};
  if (which.environment) {
    HM_TRY(auto token, from_environment(login, looked));
    if (token) return *std::move(token);
  }
  if (which.workload) {
    HM_TRY(auto token, from_workload_identity(login, looked));
    if (token) return *std::move(token);
  }
  if (which.managed) {
    HM_TRY(auto token, managed_identity(services, vault.cloud->resource, deadline, looked));
    if (token) return *std::move(token);
  }
  return fail(nothing_found(looked));
}

}  // namespace

// A vault's own tenant counts where none is set: then a token is for that vault alone.
std::string Credentials::kept_for(const KeyReference& vault) const {
  const std::string resource(vault.cloud->resource);
  return services_.setting("AZURE_TENANT_ID") ? resource : resource + " " + vault.host;
}

Result<const Token*> Credentials::token_for(const KeyReference& vault, net::Deadline deadline) {
  const std::string name = kept_for(vault);
  const auto kept = tokens_.find(name);
  if (kept != tokens_.end() && kept->second.ends - limits::login_margin > services_.clock.now()) return &kept->second;
  HM_TRY(Token token, find(services_, vault, deadline));
  return &tokens_.insert_or_assign(name, std::move(token)).first->second;
}

void Credentials::forget(const KeyReference& vault) { tokens_.erase(kept_for(vault)); }

}  // namespace hallmark::keys::azure
