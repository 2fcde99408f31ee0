#include "keys/kubernetes/key_secret.h"

#include "base/encoding.h"
#include "base/try.h"
#include "keys/provider/rest.h"

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
  const Json* immutable = answer.value().find("immutable");
  secret.immutable = immutable != nullptr && immutable->as_bool() == true;
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
