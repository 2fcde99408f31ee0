#include "keys/kms/vault_login.h"

#include <algorithm>
#include <system_error>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kms/vault_answer.h"
#include "keys/kms/vault_refusal.h"
#include "keys/provider/rest.h"

namespace hallmark::keys {

// How one of Vault's auth methods is asked: POST auth/MOUNT/login with these fields.
struct VaultLogin::Method {
  std::string title;  // "the AppRole login"
  std::string mount;
  base::Json body;
};

namespace {

constexpr std::string_view kPodToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

Error no_credentials(std::string_view problem) { return service_error("Vault", problem, Cause::no_credentials); }

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// What Vault's client would refuse to send: a header field of several lines, for one.
bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= limits::token_bytes &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

Result<std::string> read_text(const std::string& path, std::string_view variable) {
  const auto text = base::read_secret_file(path, limits::token_bytes, Outcome::key);
  if (!text) return fail(text.error().within("Vault: " + std::string(variable)).because(Cause::no_credentials));
  return std::string(trimmed(text->text()));
}

// Both addresses are set, and VAULT_ADDR is the one that is asked: what is for the other goes nowhere.
bool bao_is_elsewhere(const Services& services) {
  const auto vault = services.setting("VAULT_ADDR");
  const auto bao = services.setting("BAO_ADDR");
  return vault && bao && *vault != *bao;
}

// VAULT_NAME or BAO_NAME, else the file that HALLMARK_VAULT_NAME_FILE names; "" where none is set.
Result<std::string> role_part(const Services& services, const std::string& name) {
  for (const char* product : {"VAULT_", "BAO_"}) {
    if (product == std::string_view("BAO_") && bao_is_elsewhere(services)) break;
    if (const auto value = services.secret(product + name)) return std::string(trimmed(value->text()));
  }
  const std::string variable = "HALLMARK_VAULT_" + name + "_FILE";
  const auto path = services.setting(variable);
  return path ? read_text(*path, variable) : Result<std::string>(std::string());
}

}  // namespace

Result<const VaultToken*> VaultLogin::token(const VaultSettings& settings, net::Deadline deadline) {
  if (kept_ && kept_->ends && *kept_->ends - services_.clock.steady() <= limits::login_margin) kept_.reset();
  if (!kept_) HM_DO(find(settings, deadline));
  return kept_ ? &kept_->token : nullptr;
}

Result<void> VaultLogin::find(const VaultSettings& settings, net::Deadline deadline) {
  std::vector<std::string> looked;
  const auto name = services_.setting("HALLMARK_VAULT_AUTH");
  if (name && *name != "token") {
    HM_TRY(const Method method, chosen_method(*name));
    return log_in(method, settings, deadline);
  }
  take_variable(looked);
  if (!kept_) take_file(looked);
  if (kept_) return {};
  const bool with_bao = !bao_is_elsewhere(services_) && services_.setting("BAO_ROLE_ID");
  if (!name && (services_.setting("VAULT_ROLE_ID") || with_bao)) {
    HM_TRY(const Method method, approle());
    return log_in(method, settings, deadline);
  }
  if (!name) looked.emplace_back("VAULT_ROLE_ID and BAO_ROLE_ID are not set");
  if (settings.by_agent) return {};
  std::string places;
  for (const std::string& each : looked) places += (places.empty() ? "" : "; ") + each;
  return fail(no_credentials("no token was found: " + places)
                  .with_hint("log in with \"vault login\", set VAULT_TOKEN, or choose a login with "
                             "HALLMARK_VAULT_AUTH=approle, kubernetes or jwt"));
}

void VaultLogin::take_variable(std::vector<std::string>& looked) {
  for (const char* name : {"VAULT_TOKEN", "BAO_TOKEN"}) {
    const auto value = services_.secret(name);
    if (!value) {
      looked.push_back(std::string(name) + " is not set");
      continue;
    }
    if (name == std::string_view("BAO_TOKEN") && bao_is_elsewhere(services_)) {
      looked.emplace_back("BAO_TOKEN is for BAO_ADDR, and VAULT_ADDR is another address");
      continue;
    }
    const std::string_view text = trimmed(value->text());
    if (is_token(text)) {
      kept_ = Kept{{Secret::copy_of(text), name}, {}};
      return;
    }
    looked.push_back(std::string(name) + " holds no token");
  }
}

void VaultLogin::take_file(std::vector<std::string>& looked) {
  if (services_.home.empty()) {
    looked.emplace_back("there is no home folder for .vault-token");
    return;
  }
  const std::filesystem::path path = services_.home / ".vault-token";
  const std::string name = base::printable(path.string());
  std::error_code problem;
  const auto status = std::filesystem::status(path, problem);
  if (!std::filesystem::exists(status)) {
    looked.push_back(name + " does not exist");
    return;
  }
  using Perms = std::filesystem::perms;
  if ((status.permissions() & (Perms::group_all | Perms::others_all)) != Perms::none) {
    looked.push_back(name + " can be read or changed by others (chmod 600 it)");
    return;
  }
  const auto text = base::read_secret_file(path, limits::token_bytes, Outcome::key);
  if (!text)
    looked.push_back(text.error().message());
  else if (const std::string_view token = trimmed(text->text()); !is_token(token))
    looked.push_back(name + " holds no token");
  else
    kept_ = Kept{{Secret::copy_of(token), name}, {}};
}

Result<VaultLogin::Method> VaultLogin::chosen_method(std::string_view name) const {
  if (name == "approle") return approle();
  if (name == "kubernetes" || name == "jwt") return by_jwt(name);
  return fail(service_error("Vault", "HALLMARK_VAULT_AUTH is \"" + base::printable(name) + "\", which is no login",
                            Cause::unsupported)
                  .with_hint("it is one of token, approle, kubernetes, jwt"));
}

// api-docs/auth/approle. A role may do without a secret id (bind_secret_id=false).
Result<VaultLogin::Method> VaultLogin::approle() const {
  HM_TRY(const std::string role, role_part(services_, "ROLE_ID"));
  HM_TRY(const std::string secret, role_part(services_, "SECRET_ID"));
  if (role.empty())
    return fail(
        no_credentials("the AppRole login needs a role id: VAULT_ROLE_ID, BAO_ROLE_ID and "
                       "HALLMARK_VAULT_ROLE_ID_FILE are not set, or empty"));
  base::Json body = base::Json::object({{"role_id", role}});
  if (!secret.empty()) body.set("secret_id", secret);
  return Method{"the AppRole login", services_.setting("HALLMARK_VAULT_AUTH_MOUNT").value_or("approle"),
                std::move(body)};
}

// api-docs/auth/kubernetes and auth/jwt: they take the same. The file is read for each login: kubelet renews it.
Result<VaultLogin::Method> VaultLogin::by_jwt(std::string_view name) const {
  const bool in_pod = name == "kubernetes";
  const auto role = services_.setting("HALLMARK_VAULT_ROLE");
  if (in_pod && !role) return fail(no_credentials("the Kubernetes login needs a role: HALLMARK_VAULT_ROLE is not set"));
  std::string token;
  if (const auto value = services_.secret("HALLMARK_VAULT_JWT")) {
    token = trimmed(value->text());
  } else {
    const auto path = services_.setting("HALLMARK_VAULT_JWT_FILE");
    if (!path && !in_pod)
      return fail(
          no_credentials("the JWT login needs one: HALLMARK_VAULT_JWT and HALLMARK_VAULT_JWT_FILE are not set"));
    HM_TRY(token, read_text(path.value_or(std::string(kPodToken)),
                            path ? "HALLMARK_VAULT_JWT_FILE" : "the service account's token"));
  }
  if (!is_token(token)) return fail(no_credentials("what is to log in is no JWT: it is empty, or of several lines"));
  base::Json body = base::Json::object({{"jwt", token}});
  if (role) body.set("role", *role);
  return Method{in_pod ? "the Kubernetes login" : "the JWT login",
                services_.setting("HALLMARK_VAULT_AUTH_MOUNT").value_or(std::string(name)), std::move(body)};
}

Result<void> VaultLogin::log_in(const Method& method, const VaultSettings& settings, net::Deadline deadline) {
  const std::string path = "auth/" + base::percent_encode(method.mount, "/") + "/login";
  Question question = vault_question(settings, "POST", path, deadline);
  question.body = method.body.dump();
  question.limit = limits::login_answer_bytes;
  for (const auto& [name, value] : *method.body.as_object())
    if (name != "role") question.secrets.push_back(*value.as_string());
  HM_TRY(const Reply reply, ask_vault(services_.http, question));
  const std::string from = method.title + " at " + base::printable(path);
  if (!reply.ok()) return fail(vault_login_refusal(reply, from, settings, services_.clock));
  auto lease = vault_lease(reply.json);
  if (!lease) return fail(malformed_answer("Vault", lease.error().within(from)));
  kept_ = Kept{{std::move(lease->token), from}, {}};
  if (lease->lasts.count() > 0) kept_->ends = services_.clock.steady() + lease->lasts;
  return {};
}

}  // namespace hallmark::keys
