#include "keys/kms/azure_error.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "keys/kms/azure_challenge.h"

namespace hallmark::keys::azure {
namespace {

using Action = Attempt::Action;

std::string text_at(const base::Json* object, std::string_view key) {
  const base::Json* value = object == nullptr ? nullptr : object->find(key);
  const std::string* text = value == nullptr ? nullptr : value->as_string();
  return text == nullptr ? std::string() : *text;
}

struct Refusal {
  std::string code;     // "Forbidden"
  std::string inner;    // "ForbiddenByRbac"; empty: not said
  std::string message;  // as the vault wrote it

  [[nodiscard]] bool is(std::string_view word) const { return code == word || inner == word; }
  [[nodiscard]] bool says(std::string_view words) const { return message.find(words) != std::string::npos; }
};

Refusal refusal_of(const Reply& reply) {
  const base::Json* error = reply.json.find("error");
  const base::Json* inner = error == nullptr ? nullptr : error->find("innererror");
  return {text_at(error, "code"), text_at(inner, "code"), text_at(error, "message")};
}

// " (Forbidden, ForbiddenByRbac: Caller is not …)"
std::string words_of(const Reply& reply, const Refusal& refusal) {
  std::string words = "HTTP " + std::to_string(reply.status);
  if (!refusal.code.empty()) words += ", " + refusal.code;
  if (!refusal.inner.empty()) words += ", " + refusal.inner;
  if (!refusal.message.empty()) words += ": " + refusal.message;
  std::ranges::replace(words, '\r', ' ');
  std::ranges::replace(words, '\n', ' ');
  return " (" + base::printable(words, 300) + ")";
}

std::string named(const Attempt& attempt) { return described(attempt.action) + " on " + attempt.key.name(); }

bool is_expired(const Refusal& refusal) {
  return refusal.is("TokenExpired") || refusal.says("TokenExpired") || refusal.says("expired") ||
         refusal.says("Expired");
}

Error unauthenticated(const Reply& reply, const Refusal& refusal, const Attempt& attempt, const Clock& clock) {
  if (const auto skew = clock_skew(reply.headers, clock)) return skew_error(kVault, *skew);
  const std::string words = words_of(reply, refusal);
  const auto challenge = read_challenge(reply.headers);
  if (challenge && !attempt.token.tenant.empty() && challenge->tenant != attempt.token.tenant &&
      is_believable(*challenge, attempt.key.host))
    return service_error(kVault,
                         attempt.key.host + " belongs to tenant " + challenge->tenant + ", the login is of " +
                             base::printable(attempt.token.tenant, 80) + words,
                         Cause::refused_credentials)
        .with_hint("set AZURE_TENANT_ID to the tenant of the vault");
  if ((challenge && challenge->error == "insufficient_claims") || is_expired(refusal))
    return service_error(kVault, "the token has ended or was revoked" + words, Cause::expired_credentials)
        .with_hint("try again; a session that was revoked needs a new login");
  return service_error(kVault, attempt.key.host + " does not take the token" + words, Cause::refused_credentials)
      .with_hint("look at AZURE_TENANT_ID and AZURE_CLIENT_ID: tenant and cloud must be those of the vault");
}

Error forbidden(const Reply& reply, const Refusal& refusal, const Attempt& attempt) {
  const std::string words = words_of(reply, refusal);
  if (refusal.is("KeyDisabled") || refusal.says("disabled key"))
    return service_error(kVault, attempt.key.name() + " is disabled" + words, Cause::disabled)
        .with_hint("enable it: \"az keyvault key set-attributes --enabled true\"");
  if (refusal.is("KeyExpired") || refusal.is("KeyNotYetValid") || refusal.says("expired key") ||
      refusal.says("not yet valid"))
    return service_error(kVault, attempt.key.name() + " is outside its time" + words, Cause::disabled)
        .with_hint("look at its activation and expiration date: \"az keyvault key show\"");
  Error error = service_error(kVault, "may not " + named(attempt) + words, Cause::access_denied);
  if (refusal.is("ForbiddenByFirewall"))
    return error.with_hint(
        "the vault's firewall keeps this address out: add it to the network rules, or come through "
        "a network that is allowed");
  if (refusal.is("ForbiddenByConnection"))
    return error.with_hint("the vault takes private endpoints only: come from a network that has one");
  return error.with_hint("grant " + data_action(attempt.action, *attempt.key.cloud) +
                         " on that key, or the key permission \"" + described(attempt.action).substr(5) +
                         "\" in an access policy of the vault");
}

Error conflict(const Reply& reply, const Refusal& refusal, const Attempt& attempt) {
  const std::string words = words_of(reply, refusal);
  constexpr std::array<std::string_view, 3> kDeleted{"ObjectIsDeletedButRecoverable", "ObjectIsBeingDeleted",
                                                     "ObjectIsBeingRecovered"};
  const bool deleted = std::ranges::any_of(kDeleted, [&](std::string_view word) { return refusal.is(word); });
  if (deleted || refusal.says("deleted but recoverable"))
    return service_error(kVault, attempt.key.name() + " is deleted, and its name not yet free" + words,
                         Cause::pending_deletion)
        .with_hint("\"az keyvault key recover\" brings it back, \"az keyvault key purge\" ends it");
  return service_error(kVault, "cannot " + named(attempt) + " just now" + words, Cause::unreachable);
}

Error bad_request(const Reply& reply, const Refusal& refusal, const Attempt& attempt) {
  const std::string words = words_of(reply, refusal);
  switch (attempt.action) {
    case Action::sign:
      return service_error(kVault, attempt.key.name() + " does not sign in this way" + words, Cause::wrong_key);
    case Action::create:
      return service_error(kVault, "cannot make " + attempt.key.name() + words, Cause::unsupported);
    case Action::get:
      break;
  }
  return service_error(kVault, "there is no " + attempt.key.name() + words, Cause::not_found);
}

}  // namespace

std::string described(Action action) {
  switch (action) {
    case Action::sign:
      return "keys/sign";
    case Action::create:
      return "keys/create";
    case Action::get:
      break;
  }
  return "keys/get";
}

std::string data_action(Action action, const Cloud& cloud) {
  const std::string keys =
      cloud.managed_hsm ? "Microsoft.KeyVault/managedHsm/keys/" : "Microsoft.KeyVault/vaults/keys/";
  switch (action) {
    case Action::sign:
      return keys + "sign/action";
    case Action::create:
      return keys + (cloud.managed_hsm ? "create" : "create/action");
    case Action::get:
      break;
  }
  return keys + (cloud.managed_hsm ? "read/action" : "read");
}

Error vault_error(const Reply& reply, const Attempt& attempt, const Clock& clock) {
  const Refusal refusal = refusal_of(reply);
  switch (reply.status) {
    case 400:
      return bad_request(reply, refusal, attempt);
    case 401:
      return unauthenticated(reply, refusal, attempt, clock);
    case 403:
      return forbidden(reply, refusal, attempt);
    case 404:
      return service_error(kVault, "there is no key " + attempt.key.name() + words_of(reply, refusal), Cause::not_found)
          .with_hint("\"az keyvault key list\" shows which there are");
    case 409:
      return conflict(reply, refusal, attempt);
    default:
      break;
  }
  return service_error(kVault, "cannot " + named(attempt) + words_of(reply, refusal),
                       reply.status >= 500 ? Cause::unreachable : Cause::malformed_answer);
}

}  // namespace hallmark::keys::azure
