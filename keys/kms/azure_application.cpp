#include "keys/kms/azure_application.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kms/azure_certificate.h"
#include "keys/kms/azure_challenge.h"
#include "keys/kms/azure_entra.h"
#include "net/url.h"

namespace hallmark::keys::azure {
namespace {

constexpr std::string_view kEnvironment = "the environment: ";
constexpr std::string_view kWorkload = "a workload identity: ";

Error unusable(std::string_view problem) { return service_error(kLogin, problem, Cause::no_credentials); }

// Of the tenant that a vault trusts: the 401 to a question without a token tells it.
Result<std::string> tenant_of_vault(const ApplicationLogin& login) {
  Question question;
  question.service = kVault;
  question.method = "GET";
  question.url = "https://" + login.vault.host + "/keys/" + login.vault.key + "?api-version=7.4";
  question.deadline = login.deadline;
  HM_TRY(const Reply reply, ask(login.services.http, question));
  const auto challenge = reply.status == 401 ? read_challenge(reply.headers) : std::nullopt;
  if (!challenge)
    return fail(service_error(kVault,
                              login.vault.host + " does not say to which tenant it belongs (HTTP " +
                                  std::to_string(reply.status) + ")",
                              Cause::malformed_answer)
                    .with_hint("set AZURE_TENANT_ID"));
  if (!is_believable(*challenge, login.vault.host))
    return fail(service_error(kVault,
                              login.vault.host + " asks for a token for \"" + base::printable(challenge->resource, 80) +
                                  "\" of " + challenge->login_host + ", which are not its own",
                              Cause::wrong_answer)
                    .with_hint("whatever answers under that name is not to be given a login"));
  return challenge->tenant;
}

Result<std::string> tenant_of(const ApplicationLogin& login) {
  const auto tenant = login.services.setting("AZURE_TENANT_ID");
  if (!tenant) return tenant_of_vault(login);
  if (!is_tenant(*tenant)) return fail(unusable("AZURE_TENANT_ID is neither an id nor a domain"));
  return *tenant;
}

Result<Proof> by_certificate(const ApplicationLogin& login, const Application& application, const std::string& path) {
  const Services& services = login.services;
  const std::string name = base::printable(path);
  auto file = base::read_secret_file(path, limits::key_file_bytes, Outcome::key);
  if (!file) return fail(file.error().within("AZURE_CLIENT_CERTIFICATE_PATH").because(Cause::no_credentials));
  const PasswordSource password = [&services](std::string_view) -> Result<Secret> {
    if (auto value = services.secret("AZURE_CLIENT_CERTIFICATE_PASSWORD")) return *std::move(value);
    return fail(Outcome::key, "the key is encrypted, and AZURE_CLIENT_CERTIFICATE_PASSWORD is not set");
  };
  HM_TRY(ClientCertificate certificate, ClientCertificate::parse(*file, name, password));
  const auto chain = services.setting("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN");
  const bool with_chain = chain && (*chain == "1" || *chain == "true" || *chain == "TRUE" || *chain == "True");
  HM_TRY(Secret assertion, certificate.assertion(application, services.clock.now(), with_chain));
  return Proof{Proof::Kind::certificate, std::move(assertion)};
}

// A compact JWT (RFC 7519): what Kubernetes and CI systems write. Anything else would be refused later with less to
// say.
Result<Proof> by_federated_token(const std::string& path) {
  auto file = base::read_secret_file(path, limits::login_answer_bytes, Outcome::key);
  if (!file) return fail(file.error().within("AZURE_FEDERATED_TOKEN_FILE").because(Cause::no_credentials));
  std::string_view text = file->text();
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  const bool is_token = std::ranges::count(text, '.') == 2 && std::ranges::all_of(text, [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                 c == '-' || c == '_' || c == '.';
                        });
  if (!is_token)
    return fail(unusable("AZURE_FEDERATED_TOKEN_FILE (" + base::printable(path) + ") does not hold a token (JWT)"));
  return Proof{Proof::Kind::federated_token, Secret::copy_of(text)};
}

Result<Token> log_in_as(const ApplicationLogin& login, const Application& application, const Proof& proof) {
  return log_in(login.services, {application, proof, login.vault.cloud->resource, login.deadline});
}

}  // namespace

Result<std::string> authority_of(const Services& services, const Cloud& cloud) {
  const auto set = services.setting("AZURE_AUTHORITY_HOST");
  if (!set) return std::string(cloud.login);
  const auto url = net::Url::parse(*set);
  if (!url || !url->tls() || url->text.find('?') != std::string::npos)
    return fail(unusable("AZURE_AUTHORITY_HOST is no https:// URL: a login is sent nowhere else"));
  std::string text = url->text;
  while (text.ends_with('/')) text.pop_back();
  return text;
}

Result<std::optional<Token>> from_environment(const ApplicationLogin& login, Looked& looked) {
  const Services& services = login.services;
  const auto client = services.setting("AZURE_CLIENT_ID");
  auto secret = services.secret("AZURE_CLIENT_SECRET");
  const auto certificate = services.setting("AZURE_CLIENT_CERTIFICATE_PATH");
  if (!client) {
    looked.push_back(std::string(kEnvironment) + "AZURE_CLIENT_ID is not set");
    return std::nullopt;
  }
  if (!secret && !certificate) {
    if (services.setting("AZURE_USERNAME") && services.secret("AZURE_PASSWORD"))
      return fail(service_error(kLogin, "a login by AZURE_USERNAME and AZURE_PASSWORD is not made", Cause::unsupported)
                      .with_hint("use a client secret, a certificate, or a managed or workload identity"));
    looked.push_back(std::string(kEnvironment) +
                     "neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is set");
    return std::nullopt;
  }
  HM_TRY(std::string authority, authority_of(services, *login.vault.cloud));
  HM_TRY(std::string tenant, tenant_of(login));
  const Application application{std::move(authority), std::move(tenant), *client};
  if (secret) return log_in_as(login, application, {Proof::Kind::secret, *std::move(secret)});
  HM_TRY(const Proof proof, by_certificate(login, application, *certificate));
  return log_in_as(login, application, proof);
}

Result<std::optional<Token>> from_workload_identity(const ApplicationLogin& login, Looked& looked) {
  const Services& services = login.services;
  for (const char* name : {"AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_ID", "AZURE_TENANT_ID"}) {
    if (services.setting(name)) continue;
    looked.push_back(std::string(kWorkload) + name + " is not set");
    return std::nullopt;
  }
  HM_TRY(std::string authority, authority_of(services, *login.vault.cloud));
  HM_TRY(std::string tenant, tenant_of(login));
  const Application application{std::move(authority), std::move(tenant), *services.setting("AZURE_CLIENT_ID")};
  HM_TRY(const Proof proof, by_federated_token(*services.setting("AZURE_FEDERATED_TOKEN_FILE")));
  return log_in_as(login, application, proof);
}

}  // namespace hallmark::keys::azure
