#include "keys/kms/gcp_credentials_file.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"
#include "base/try.h"
#include "keys/kms/gcp_subject_source.h"
#include "net/http_client.h"
#include "net/url.h"

namespace hallmark::keys {
namespace {

using base::JsonReader;

std::unexpected<Error> unsupported(const JsonReader& at, std::string_view problem) {
  return fail(at.error(problem).because(Cause::unsupported));
}

Result<std::string> google_url(const JsonReader& from, std::string_view key, std::string_view fallback,
                               std::string_view universe) {
  HM_TRY(std::string url, from.string_or(key, fallback));
  if (!is_google(url, universe))
    return fail(
        from.error(std::string(key) + " is no https URL of " + std::string(universe) + ": " + net::redacted(url)));
  return url;
}

Result<GcpServiceAccount> read_service_account(const JsonReader& file, std::string_view universe) {
  GcpServiceAccount account;
  HM_TRY(account.email, file.string("client_email"));
  HM_TRY(account.key_id, file.string_or("private_key_id", ""));
  HM_TRY(account.private_key, secret_field(file, "private_key"));
  HM_TRY(account.token_url,
         google_url(file, "token_uri", "https://oauth2." + std::string(universe) + "/token", universe));
  return account;
}

Result<GcpUser> read_user(const JsonReader& file, std::string_view universe, bool workforce) {
  GcpUser user;
  user.workforce = workforce;
  HM_TRY(user.client_id, file.string("client_id"));
  HM_TRY(user.client_secret, secret_field(file, "client_secret"));
  HM_TRY(user.refresh_token, secret_field(file, "refresh_token"));
  HM_TRY(user.token_url, google_url(file, workforce ? "token_url" : "token_uri",
                                    workforce ? "https://sts." + std::string(universe) + "/v1/oauthtoken"
                                              : "https://oauth2." + std::string(universe) + "/token",
                                    universe));
  return user;
}

Result<GcpExternalAccount> read_external_account(const JsonReader& file, std::string_view universe) {
  GcpExternalAccount account;
  HM_TRY(account.audience, file.string("audience"));
  HM_TRY(account.subject_token_type, file.string("subject_token_type"));
  HM_TRY(account.token_url,
         google_url(file, "token_url", "https://sts." + std::string(universe) + "/v1/token", universe));
  HM_TRY(account.client_id, file.string_or("client_id", ""));
  if (file.has("client_secret")) {
    HM_TRY(account.client_secret, secret_field(file, "client_secret"));
  }
  HM_TRY(account.workforce_user_project, file.string_or("workforce_pool_user_project", ""));
  HM_TRY(const JsonReader source, file.at("credential_source"));
  HM_TRY(account.source, read_subject_source(source));
  return account;
}

// docs: "service_account_impersonation": {"token_lifetime_seconds": 600 to 43200}
Result<GcpImpersonation> read_impersonation(const JsonReader& file, std::string_view universe) {
  GcpImpersonation impersonation;
  HM_TRY(impersonation.url, google_url(file, "service_account_impersonation_url", "", universe));
  if (impersonation.email().empty())
    return fail(
        file.error("service_account_impersonation_url does not end in "
                   "/serviceAccounts/EMAIL:generateAccessToken: " +
                   net::redacted(impersonation.url)));
  HM_TRY(const auto delegates, file.array("delegates"));
  for (const JsonReader& delegate : delegates) {
    const std::string* name = delegate.value().as_string();
    if (name == nullptr) return fail(delegate.error("expected a string"));
    impersonation.delegates.push_back(*name);
  }
  if (!file.has("service_account_impersonation")) return impersonation;
  HM_TRY(const JsonReader settings, file.at("service_account_impersonation"));
  if (!settings.has("token_lifetime_seconds")) return impersonation;
  HM_TRY(impersonation.lifetime, settings.size("token_lifetime_seconds"));
  if (impersonation.lifetime < 600 || impersonation.lifetime > 43'200)
    return fail(settings.error("token_lifetime_seconds is none of 600 to 43200"));
  return impersonation;
}

Result<GcpCredentials> read_file(const JsonReader& file, bool nested);

// The identity that impersonates is a whole credentials file in this one.
Result<GcpCredentials> read_impersonated(const JsonReader& file, std::string_view universe) {
  HM_TRY(const JsonReader source, file.at("source_credentials"));
  HM_TRY(GcpCredentials credentials, read_file(source, true));
  if (!credentials.impersonation.url.empty())
    return unsupported(source, "impersonates, too: only one step is supported");
  if (credentials.universe != universe) return fail(source.error("is of another universe_domain"));
  HM_TRY(credentials.impersonation, read_impersonation(file, universe));
  return credentials;
}

Result<GcpCredentials> read_kind(const JsonReader& file, const std::string& type, std::string_view universe,
                                 bool nested) {
  if (type == "impersonated_service_account") {
    if (nested) return unsupported(file, "an impersonated service account in another is not supported");
    return read_impersonated(file, universe);
  }
  GcpCredentials credentials;
  if (type == "service_account") {
    HM_TRY(credentials.login, read_service_account(file, universe));
  } else if (type == "authorized_user" || type == "external_account_authorized_user") {
    HM_TRY(credentials.login, read_user(file, universe, type != "authorized_user"));
  } else if (type == "external_account") {
    HM_TRY(credentials.login, read_external_account(file, universe));
    if (file.has("service_account_impersonation_url")) {
      HM_TRY(credentials.impersonation, read_impersonation(file, universe));
    }
  } else if (type == "gdch_service_account") {
    return unsupported(file, "credentials of Google Distributed Cloud are not supported");
  } else {
    return fail(file.error("type \"" + base::printable(type, 60) + "\" is no kind of application default credentials"));
  }
  return credentials;
}

Result<GcpCredentials> read_file(const JsonReader& file, bool nested) {
  HM_DO(file.expect_object());
  if (file.has("web") || file.has("installed"))
    return fail(file.error("is the file of an OAuth client, expected application default credentials"));
  HM_TRY(const std::string type, file.string("type"));
  HM_TRY(const std::string universe, file.string_or("universe_domain", "googleapis.com"));
  if (!is_universe(universe)) return fail(file.error("universe_domain is no domain: " + base::printable(universe, 80)));
  HM_TRY(GcpCredentials credentials, read_kind(file, type, universe, nested));
  credentials.universe = universe;
  if (file.has("quota_project_id")) {
    HM_TRY(credentials.quota_project, file.string("quota_project_id"));
  }
  return credentials;
}

}  // namespace

std::string GcpImpersonation::email() const {
  static constexpr std::string_view kBefore = "/serviceAccounts/";
  static constexpr std::string_view kAfter = ":generateAccessToken";
  const std::size_t at = url.find(kBefore);
  if (at == std::string::npos || !url.ends_with(kAfter)) return {};
  const std::size_t begin = at + kBefore.size();
  return begin + kAfter.size() >= url.size() ? std::string() : url.substr(begin, url.size() - kAfter.size() - begin);
}

Result<GcpCredentials> GcpCredentials::parse(BytesView json, std::string_view what) {
  const auto document = base::Json::parse(json, what);
  if (!document) return fail(document.error().as(Outcome::key).because(Cause::no_credentials));
  auto credentials = read_file(JsonReader(*document, std::string(what)), false);
  if (credentials) return credentials;
  const Error& error = credentials.error();
  return fail(error.as(Outcome::key).because(error.cause() == Cause::none ? Cause::no_credentials : error.cause()));
}

std::string GcpCredentials::who() const {
  if (!impersonation.url.empty()) return impersonation.email();
  if (const auto* account = std::get_if<GcpServiceAccount>(&login)) return account->email;
  if (std::holds_alternative<GcpUser>(login)) return "the user who logged in with gcloud";
  if (const auto* external = std::get_if<GcpExternalAccount>(&login)) return "the identity of " + external->audience;
  return "the service account of this machine";
}

bool is_universe(std::string_view domain) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  return domain.size() <= 253 && std::ranges::all_of(domain, fits) && domain.find('.') != std::string_view::npos &&
         domain.find("..") == std::string_view::npos && domain.front() != '.' && domain.back() != '.' &&
         !(domain.back() >= '0' && domain.back() <= '9');
}

bool is_google(std::string_view text, std::string_view universe) {
  const auto url = net::Url::parse(text);
  if (!url || !url->tls()) return false;
  const std::string_view host = url->host;
  if (host == "accounts.google.com" && universe == "googleapis.com") return true;
  return host.size() > universe.size() && host.ends_with(universe) && host[host.size() - universe.size() - 1] == '.';
}

}  // namespace hallmark::keys
