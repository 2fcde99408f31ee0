#include "keys/kms/vault_refusal.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/limits.h"
#include "keys/kms/vault_answer.h"

namespace hallmark::keys {
namespace {

bool says(std::string_view text, std::string_view words) { return text.find(words) != std::string_view::npos; }

// Vault's own words for what is wrong with a key or version (builtin/logical/transit, sdk/helper/keysutil).
struct Meaning {
  std::string_view words;
  Cause cause;
  std::string_view hint;
};
constexpr std::array kMeanings = {
    Meaning{"key not found", Cause::not_found, ""},
    Meaning{"higher than the latest key version", Cause::not_found,
            "\"hallmark key inspect\" shows the newest version"},
    Meaning{"less than the minimum", Cause::disabled, "take a newer version, or lower min_encryption_version"},
    Meaning{"no such key version", Cause::disabled, "take a newer version"},
    Meaning{"does not contain a private part", Cause::wrong_key, "only its public half was imported"},
    Meaning{"soft-deleted", Cause::pending_deletion, "restore it, or take another key"},
    Meaning{"soft deleted", Cause::pending_deletion, "restore it, or take another key"},
    Meaning{"does not support signing", Cause::wrong_key, ""},
    Meaning{"not supported for key type", Cause::wrong_key, ""},
    Meaning{"missing 'context'", Cause::wrong_key, "keys that are derived from a context sign no images"},
    Meaning{"missing client token", Cause::no_credentials, "set VAULT_TOKEN"},
};

std::string quoted(const std::string& words) { return words.empty() ? "" : ": " + words; }

// Statuses that say that this server does not serve now.
std::optional<Error> out_of_service(const Reply& reply, const std::string& doing, const std::string& words) {
  const auto away = [&](std::string_view state) {
    return service_error("Vault", doing + ": " + std::string(state) + quoted(words), Cause::unreachable);
  };
  switch (reply.status) {
    case 412:
      return away("it has not yet caught up with another node (412)").with_hint("try again in a moment");
    case 429:
      return service_error("Vault", doing + ": too many requests (429), also after waiting" + quoted(words),
                           Cause::throttled);
    case 472:
      return away("this node stands by for another site (472)").with_hint("name the active cluster with VAULT_ADDR");
    case 473:
      return away("this node stands by and only reads (473)").with_hint("name the active node with VAULT_ADDR");
    case 501:
      return away("it is not initialised (501)");
    case 503:
      return away(says(words, "sealed") ? "it is sealed (503)" : "it is sealed or does not serve now (503)")
          .with_hint("it has to be unsealed by its operators; \"vault status\" shows how it stands");
    default:
      break;
  }
  if (reply.status >= 500) return away("it failed (" + std::to_string(reply.status) + ")");
  return std::nullopt;
}

Error not_there(const std::string& doing, std::string_view path, const std::string& words,
                const VaultSettings& settings) {
  if (words.empty())
    return service_error("Vault", doing + ": there is no such key", Cause::not_found)
        .with_hint(settings.place() + " was asked; \"vault list " + base::printable(settings.mount) +
                   "/keys\" shows what is there");
  return service_error("Vault", doing + ": nothing is mounted at " + base::printable(path) + quoted(words),
                       Cause::not_found)
      .with_hint("check the mount path and the namespace (VAULT_NAMESPACE): " + settings.place() + " was asked");
}

}  // namespace

Question vault_question(const VaultSettings& settings, std::string_view method, std::string_view path,
                        net::Deadline deadline) {
  Question question;
  question.service = "Vault";
  question.method = method;
  question.url = settings.url(path);
  question.headers.add("X-Vault-Request", "true");  // agents may demand it, against forged requests
  if (!settings.space.empty()) question.headers.add("X-Vault-Namespace", settings.space);
  question.tls = settings.tls;
  question.proxy = settings.proxy;
  question.deadline = deadline;
  question.temporary_answers = true;  // a 503 says whether it is sealed
  question.ca_hint = "name its CA with VAULT_CACERT=FILE";
  return question;
}

Result<Reply> ask_vault(net::HttpClient& http, const Question& question) {
  auto reply = ask(http, question);
  if (!reply && says(reply.error().message(), "redirects ("))
    return fail(
        reply.error().with_hint("a node that stands by leads to the active one: name that, or the load "
                                "balancer before them, with VAULT_ADDR"));
  return reply;
}

Error vault_refusal(const Reply& reply, const VaultAction& action, const VaultSettings& settings) {
  const std::string words = vault_errors(reply.json);
  if (auto away = out_of_service(reply, action.doing, words)) return *std::move(away);
  if (reply.status == 404) return not_there(action.doing, action.path, words, settings);
  for (const Meaning& meaning : kMeanings) {
    if (!says(words, meaning.words)) continue;
    Error error = service_error("Vault", action.doing + quoted(words), meaning.cause);
    return meaning.hint.empty() ? error : error.with_hint(std::string(meaning.hint));
  }
  if (reply.status == 403)
    return service_error("Vault", action.doing + " is not allowed (403)" + quoted(words), Cause::access_denied)
        .with_hint("the token's policies have to grant \"" + action.capability + "\" on " +
                   base::printable(action.path) + "; " + settings.place() + " was asked");
  return service_error("Vault", action.doing + " is refused (" + std::to_string(reply.status) + ")" + quoted(words),
                       Cause::unsupported);
}

Error vault_login_refusal(const Reply& reply, std::string_view from, const VaultSettings& settings,
                          const Clock& clock) {
  const std::string words = vault_errors(reply.json);
  const std::string doing(from);
  if (reply.status == 404)
    return service_error("Vault", doing + ": there is no such login" + quoted(words), Cause::not_found)
        .with_hint("check HALLMARK_VAULT_AUTH_MOUNT and VAULT_NAMESPACE: " + settings.place() + " was asked");
  const bool early = says(words, "not yet valid") || says(words, "issued in the future");
  const bool late = says(words, "expired");
  if (early || late) {
    if (const auto skew = clock_skew(reply.headers, clock)) return skew_error("Vault", *skew);
    const Cause cause = late ? Cause::expired_credentials : Cause::clock_skew;
    return service_error("Vault", doing + " was refused" + quoted(words), cause)
        .with_hint(late ? "get a new token or secret id, and log in with that"
                        : "the clocks of Vault and of the token's issuer differ: set them");
  }
  if (reply.status >= 400 && reply.status < 500 && reply.status != 429 && reply.status != 412 && reply.status < 470)
    return service_error("Vault", doing + " was refused (" + std::to_string(reply.status) + ")" + quoted(words),
                         Cause::refused_credentials)
        .with_hint("check the role, what it is bound to, and the credentials; " + settings.place() + " was asked");
  if (auto away = out_of_service(reply, doing, words)) return *std::move(away);
  return service_error("Vault", doing + " failed (" + std::to_string(reply.status) + ")" + quoted(words),
                       Cause::unreachable);
}

bool vault_knows_no_token(const Reply& reply) {
  const std::string words = vault_errors(reply.json);
  return reply.status == 403 && (says(words, "invalid token") || says(words, "bad token"));
}

Error vault_token_ended(std::string_view from, const VaultAction& action) {
  return service_error("Vault",
                       action.doing + ": the token of " + std::string(from) +
                           " is not known (403): it has expired, was revoked, or is another Vault's",
                       Cause::expired_credentials)
      .with_hint("log in again");
}

}  // namespace hallmark::keys
