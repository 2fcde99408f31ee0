#include "keys/kms/azure_client.h"

#include "base/encoding.h"
#include "base/time.h"
#include "base/try.h"
#include "keys/kms/azure_certificate.h"

namespace hallmark::keys::azure {
namespace {

using Action = Attempt::Action;

// "release" or "release/78de…": the key's path below /keys/.
std::string path_of(const KeyReference& key) { return key.key + (key.version.empty() ? "" : "/" + key.version); }

// " until 2026-12-31T…Z" of a deleted key, where it says so.
std::string purge_date(const base::Json& deleted) {
  const base::Json* date = deleted.find("scheduledPurgeDate");
  const auto seconds = date == nullptr ? std::nullopt : date->as_integer();
  if (!seconds || *seconds < 0 || *seconds > 253'402'300'799) return {};
  return " until " + base::format_time(Time(std::chrono::seconds(*seconds)));
}

}  // namespace

Result<Reply> VaultClient::ask_vault(const Attempt& attempt, const std::string& path, const base::Json& body,
                                     net::Deadline deadline) {
  Question question;
  question.service = kVault;
  question.method = body.is_null() ? "GET" : "POST";
  question.url = "https://" + attempt.key.host + path + "?api-version=7.4";
  question.headers.add("Authorization", "Bearer " + std::string(attempt.token.bearer.text()));
  if (!body.is_null()) question.body = body.dump();
  question.deadline = deadline;
  return ask(services_.http, question);
}

Error VaultClient::gone_or_missing(const Reply& reply, const Attempt& attempt, net::Deadline deadline) {
  const Error missing = vault_error(reply, attempt, services_.clock);
  const auto deleted = ask_vault(attempt, "/deletedkeys/" + attempt.key.key, {}, deadline);
  // Whoever may not ask, or finds nothing there, knows no more than before.
  if (!deleted || !deleted->ok() || deleted->json.find("recoveryId") == nullptr) return missing;
  return service_error(kVault,
                       "key " + attempt.key.key + " of " + attempt.key.host + " is deleted, and can be recovered" +
                           purge_date(deleted->json),
                       Cause::pending_deletion)
      .with_hint("\"az keyvault key recover\" brings it back");
}

Result<VaultKey> VaultClient::get(const KeyReference& key, net::Deadline deadline) {
  HM_TRY(const Token* token, credentials_.token_for(key, deadline));
  const Attempt attempt{Action::get, key, *token};
  HM_TRY(const Reply reply, ask_vault(attempt, "/keys/" + path_of(key), {}, deadline));
  if (reply.ok()) return read_key(reply.json, key);
  if (reply.status == 404) return fail(gone_or_missing(reply, attempt, deadline));
  Error error = vault_error(reply, attempt, services_.clock);
  if (reply.status == 401) credentials_.forget(key);
  return fail(std::move(error));
}

Result<Bytes> VaultClient::sign(const KeyReference& reference, const VaultKey& key, std::string_view algorithm,
                                BytesView digest) {
  const net::Deadline deadline = services_.deadline();
  HM_TRY(const Token* token, credentials_.token_for(reference, deadline));
  const Attempt attempt{Action::sign, reference, *token};
  const base::Json body = base::Json::object({{"alg", algorithm}, {"value", base64url(digest)}});
  HM_TRY(const Reply reply, ask_vault(attempt, "/keys/" + reference.key + "/" + key.version + "/sign", body, deadline));
  if (reply.ok()) return read_signature(reply.json, key);
  Error error = vault_error(reply, attempt, services_.clock);
  if (reply.status == 401) credentials_.forget(reference);
  return fail(std::move(error));
}

Result<VaultKey> VaultClient::create(const KeyReference& key, const base::Json& parameters, net::Deadline deadline) {
  HM_TRY(const Token* token, credentials_.token_for(key, deadline));
  // Creating what exists makes a new version of it, which from then on is what its name means.
  const Attempt look{Action::get, key, *token};
  HM_TRY(const Reply there, ask_vault(look, "/keys/" + key.key, {}, deadline));
  if (there.ok())
    return fail(service_error(kVault, "there is a key " + key.name() + " already", Cause::exists)
                    .with_hint("take another name; a new version of a key is made by \"az keyvault key rotate\""));
  if (there.status != 404) return fail(vault_error(there, look, services_.clock));
  const Attempt attempt{Action::create, key, *token};
  HM_TRY(const Reply reply, ask_vault(attempt, "/keys/" + key.key + "/create", parameters, deadline));
  if (!reply.ok()) return fail(vault_error(reply, attempt, services_.clock));
  return read_key(reply.json, key);
}

}  // namespace hallmark::keys::azure
