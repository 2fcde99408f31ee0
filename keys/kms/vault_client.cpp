#include "keys/kms/vault_client.h"

#include "base/encoding.h"
#include "base/try.h"
#include "keys/provider/signature.h"

namespace hallmark::keys {
namespace {

using base::Json;

std::string_view hash_path(KeyAlgorithm algorithm) {
  switch (hash_of(algorithm)) {
    case Hash::sha256:
      return "/sha2-256";
    case Hash::sha384:
      return "/sha2-384";
    case Hash::sha512:
      return "/sha2-512";
    case Hash::none:
      break;
  }
  return "";
}

Json sign_body(std::uint64_t version, KeyAlgorithm algorithm, BytesView input) {
  Json body = Json::object({{"input", base::base64_encode(input)},
                            {"key_version", static_cast<std::int64_t>(version)},
                            {"prehashed", hash_of(algorithm) != Hash::none}});
  // Left to itself, Vault signs with PSS and its longest salt.
  if (algorithm == KeyAlgorithm::rsa_pkcs1)
    body.set("signature_algorithm", "pkcs1v15");
  else if (algorithm != KeyAlgorithm::ed25519)
    body.set("marshaling_algorithm", "asn1");
  return body;
}

Error name_taken(const VaultReference& reference) {
  return service_error("Vault", "there is a key " + base::printable(reference.text) + " already: nothing was changed",
                       Cause::exists)
      .with_hint("choose another name; \"vault write -f MOUNT/keys/NAME/rotate\" makes a new version of this one");
}

}  // namespace

Result<const VaultSettings*> VaultClient::settings() {
  if (!settings_) {
    HM_TRY(VaultSettings settings, VaultSettings::read(services_));
    settings_ = std::move(settings);
  }
  return &*settings_;
}

std::string VaultClient::path(std::string_view what, const VaultReference& reference) const {
  return (settings_ ? settings_->mount : "") + "/" + std::string(what) + "/" + reference.key;
}

std::string VaultClient::sign_path(const VaultReference& reference, KeyAlgorithm algorithm) const {
  return path("sign", reference) + std::string(hash_path(algorithm));
}

Result<VaultKey> VaultClient::read_key(const VaultReference& reference, net::Deadline deadline) {
  HM_TRY([[maybe_unused]] const VaultSettings* const ready, settings());
  const VaultAction action{"reading " + base::printable(reference.text), path("keys", reference), "read"};
  HM_TRY(const Reply reply, question("GET", action, {}, deadline));
  auto key = vault_key(reply.json);
  if (!key) return fail(malformed_answer("Vault", key.error().within(action.doing)));
  if (key->name != reference.key)
    return fail(service_error("Vault", action.doing + ": it answers with a key of another name", Cause::wrong_answer));
  return key;
}

Result<Bytes> VaultClient::sign(const VaultReference& reference, std::uint64_t version, KeyAlgorithm algorithm,
                                BytesView input, net::Deadline deadline) {
  HM_TRY([[maybe_unused]] const VaultSettings* const ready, settings());
  const VaultAction action{"signing with " + base::printable(reference.text), sign_path(reference, algorithm),
                           "update"};
  HM_TRY(const Reply reply, question("POST", action, sign_body(version, algorithm, input), deadline));
  auto signature = vault_signature(reply.json);
  if (!signature) return fail(malformed_answer("Vault", signature.error().within(action.doing)));
  if (signature->version != version)
    return fail(service_error("Vault",
                              action.doing + ": version " + std::to_string(version) + " was asked for, and version " +
                                  std::to_string(signature->version) + " has signed",
                              Cause::wrong_answer));
  return std::move(signature->bytes);
}

Result<void> VaultClient::create(const VaultReference& reference, std::string_view type, net::Deadline deadline) {
  if (const auto there = read_key(reference, deadline))
    return fail(name_taken(reference));
  else if (there.error().cause() != Cause::not_found)
    return fail(there.error());
  const VaultAction action{"making " + base::printable(reference.text), path("keys", reference), "update"};
  const Json body = Json::object({{"type", type}, {"exportable", false}, {"allow_plaintext_backup", false}});
  HM_TRY(const Reply reply, question("POST", action, body, deadline));
  // Somebody else was faster: Vault leaves that key as it is, and warns.
  if (vault_warns(reply.json, "already existed")) return fail(name_taken(reference));
  return {};
}

std::optional<VaultCapabilities> VaultClient::capabilities(const std::vector<std::string>& paths,
                                                           net::Deadline deadline) {
  const VaultAction action{"asking what the token may", "sys/capabilities-self", "update"};
  Json::Array list(paths.begin(), paths.end());
  const auto reply = question("POST", action, Json::object({{"paths", std::move(list)}}), deadline);
  if (!reply) return std::nullopt;
  auto capabilities = vault_capabilities(reply->json, paths);
  if (!capabilities) return std::nullopt;
  return *std::move(capabilities);
}

Result<Reply> VaultClient::question(std::string_view method, const VaultAction& action, const Json& body,
                                    net::Deadline deadline) {
  HM_TRY(const VaultSettings* const where, settings());
  Question question = vault_question(*where, method, base::percent_encode(action.path, "/"), deadline);
  if (!body.is_null()) question.body = body.dump();
  return send(std::move(question), action);
}

Result<Reply> VaultClient::send(Question question, const VaultAction& action) {
  HM_TRY(const VaultSettings* const where, settings());
  HM_TRY(const VaultToken* const token, login_.token(*where, question.deadline));
  if (token != nullptr) question.headers.add("X-Vault-Token", std::string(token->text.text()));
  HM_TRY(Reply reply, ask_vault(services_.http, question));
  if (reply.ok()) return reply;
  if (reply.status == 403) return fail(denied(reply, action, token, question.deadline));
  return fail(vault_refusal(reply, action, *where));
}

// A token that has ended and one that may not do this are both answered with 403: only in this case it is asked which.
Error VaultClient::denied(const Reply& reply, const VaultAction& action, const VaultToken* token,
                          net::Deadline deadline) {
  Error refusal = vault_refusal(reply, action, *settings_);
  if (token == nullptr || refusal.cause() != Cause::access_denied) return refusal;
  bool ended = vault_knows_no_token(reply);
  if (!ended) {
    Question look_up = vault_question(*settings_, "GET", "auth/token/lookup-self", deadline);
    look_up.headers.add("X-Vault-Token", std::string(token->text.text()));
    const auto answer = ask_vault(services_.http, look_up);
    ended = answer && vault_knows_no_token(*answer);
    if (answer && answer->status == 403 && !ended)
      refusal = refusal.with_hint(refusal.hint() + "; the token may also have ended: it may not look itself up");
  }
  if (!ended) return refusal;
  Error error = vault_token_ended(token->from, action);
  login_.forget();
  return error;
}

}  // namespace hallmark::keys
