#include "keys/kubernetes/key_secret.h"

#include "base/encoding.h"
#include "base/try.h"
#include "crypto/pem.h"
#include "keys/provider/rest.h"
#include "keys/software/open_private_key.h"

namespace hallmark::keys {
namespace {

using base::Json;
using base::JsonReader;

constexpr std::string_view kService = "Kubernetes";
constexpr std::string_view kKey = "cosign.key";
constexpr std::string_view kPublicKey = "cosign.pub";
constexpr std::string_view kPassword = "cosign.password";

std::string named(const SecretReference& reference) { return "the secret " + reference.path(); }

Result<std::optional<Secret>> read_field(const JsonReader& data, std::string_view name) {
  if (!data.has(name)) return std::nullopt;
  HM_TRY(Bytes bytes, data.base64(name));
  Secret value = Secret::copy_of(BytesView(bytes));
  wipe(bytes);
  return value;
}

Result<KeySecret> read(const JsonReader& answer) {
  KeySecret secret;
  HM_TRY(const JsonReader metadata, answer.at("metadata"));
  HM_TRY(secret.uid, metadata.string_or("uid", ""));
  if (!answer.has("data")) return secret;
  HM_TRY(const JsonReader data, answer.at("data"));
  HM_DO(data.expect_object());
  HM_TRY(secret.key, read_field(data, kKey));
  HM_TRY(secret.public_key, read_field(data, kPublicKey));
  HM_TRY(secret.password, read_field(data, kPassword));
  return secret;
}

// That it is the object that was asked for: kind, namespace and name.
Result<bool> is_asked_for(const JsonReader& answer, const SecretReference& reference) {
  HM_TRY(const std::string kind, answer.string("kind"));
  HM_TRY(const std::string version, answer.string("apiVersion"));
  HM_TRY(const JsonReader metadata, answer.at("metadata"));
  HM_TRY(const std::string space, metadata.string("namespace"));
  HM_TRY(const std::string name, metadata.string("name"));
  return kind == "Secret" && version == "v1" && space == reference.space && name == reference.name;
}

Error missing(const SecretReference& reference, std::string_view field) {
  return service_error(kService, named(reference) + " has no field " + std::string(field), Cause::not_found);
}

// cosign.password as a source, or the caller's.
PasswordSource password_of(const KeySecret& secret, const PasswordSource& ask) {
  if (!secret.password) return ask;
  return [&secret](std::string_view) -> Result<Secret> { return Secret::copy_of(secret.password->view()); };
}

// Everything that can go wrong with an encrypted block whose password is at hand is the password, or the bytes.
Cause cause_of(const Error& error, const crypto::PemBlock& block) {
  if (error.cause() != Cause::none) return error.cause();
  const bool encrypted = block.label.starts_with("ENCRYPTED ");
  return encrypted && error.message().find("password") != std::string::npos ? Cause::wrong_pin : Cause::wrong_key;
}

}  // namespace

Result<KeySecret> KeySecret::parse(const Json& answer, const SecretReference& reference) {
  const JsonReader reader(answer, "answer");
  if (auto object = reader.expect_object(); !object) return fail(malformed_answer(kService, object.error()));
  const auto same = is_asked_for(reader, reference);
  if (!same) return fail(malformed_answer(kService, same.error()));
  if (!*same)
    return fail(
        service_error(kService, "it answered with another object than " + named(reference), Cause::wrong_answer));
  auto secret = read(reader);
  if (!secret) return fail(malformed_answer(kService, secret.error()));
  return secret;
}

Result<PublicKey> KeySecret::open_public(const SecretReference& reference) const {
  if (!public_key)
    return fail(missing(reference, kPublicKey)
                    .with_hint("\"hallmark key generate --kms\" and \"cosign generate-key-pair\" write it"));
  auto opened = PublicKey::from_pem(public_key->text());
  if (!opened)
    return fail(opened.error()
                    .within("Kubernetes: " + std::string(kPublicKey) + " of " + named(reference))
                    .because(Cause::wrong_key));
  return opened;
}

Result<PrivateKey> KeySecret::open_private(const SecretReference& reference, const PasswordSource& ask) const {
  if (!key)
    return fail(missing(reference, kKey)
                    .with_hint(public_key ? "it has a public key only: it can verify, not sign" : std::string()));
  const std::string what = "Kubernetes: " + std::string(kKey) + " of " + named(reference);
  const auto block = crypto::read_pem(key->text());
  if (!block) return fail(block.error().within(what).because(Cause::wrong_key));
  auto opened = open_private_block(*block, "k8s://" + reference.path(), password_of(*this, ask));
  if (!opened) {
    Error error = opened.error().within(what).because(cause_of(opened.error(), *block));
    if (password && error.cause() == Cause::wrong_pin)
      error = error.with_hint("the password is the field " + std::string(kPassword) + " of the same secret");
    return fail(error);
  }
  if (!public_key) return opened;
  HM_TRY(const PublicKey told, open_public(reference));
  if (told == opened->public_key) return opened;
  return fail(service_error(kService,
                            std::string(kPublicKey) + " of " + named(reference) + " is the key " +
                                told.id().substr(0, 12) + ", but " + std::string(kKey) + " is " +
                                opened->public_key.id().substr(0, 12) + ": nothing was signed",
                            Cause::wrong_answer)
                  .with_hint("one of the two was exchanged: who trusts this secret would trust another key"));
}

Json key_secret_document(const SecretReference& reference, const KeyPair& pair, const Secret& password) {
  const auto data = Json::object({{std::string(kKey), base::base64_encode(pair.private_pem.view())},
                                  {std::string(kPassword), base::base64_encode(password.view())},
                                  {std::string(kPublicKey), base::base64_encode(as_bytes(pair.public_key.pem()))}});
  return Json::object({{"apiVersion", "v1"},
                       {"kind", "Secret"},
                       {"metadata", Json::object({{"name", reference.name}, {"namespace", reference.space}})},
                       {"type", "Opaque"},
                       {"immutable", true},
                       {"data", data}});
}

void wipe_texts(Json& document) {
  // The document is not const, so neither are its texts; Json itself lends them for reading only.
  if (const std::string* text = document.as_string()) {
    auto* bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(text->data()));
    wipe({bytes, text->size()});
  }
  if (const auto* object = document.as_object()) {
    for (const auto& member : *object) wipe_texts(const_cast<Json&>(member.second));
  }
  if (const auto* array = document.as_array()) {
    for (const auto& item : *array) wipe_texts(const_cast<Json&>(item));
  }
}

}  // namespace hallmark::keys
