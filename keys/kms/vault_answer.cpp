#include "keys/kms/vault_answer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "crypto/key_algorithm.h"

namespace hallmark::keys {
namespace {

using base::Json;
using base::JsonReader;

struct Type {
  std::string_view name;
  KeyAlgorithm algorithm;
  unsigned bits;
};
constexpr std::array kTypes = {
    Type{"ecdsa-p256", KeyAlgorithm::ecdsa_p256, 256}, Type{"ecdsa-p384", KeyAlgorithm::ecdsa_p384, 384},
    Type{"ecdsa-p521", KeyAlgorithm::ecdsa_p521, 521}, Type{"rsa-2048", KeyAlgorithm::rsa_pkcs1, 2048},
    Type{"rsa-3072", KeyAlgorithm::rsa_pkcs1, 3072},   Type{"rsa-4096", KeyAlgorithm::rsa_pkcs1, 4096},
    Type{"ed25519", KeyAlgorithm::ed25519, 256},
};

const Type* type_of(std::string_view name) {
  const auto* found = std::ranges::find(kTypes, name, &Type::name);
  return found == kTypes.end() ? nullptr : found;
}

Result<bool> flag(const JsonReader& from, std::string_view key) {  // absent: false
  if (!from.has(key)) return false;
  HM_TRY(const JsonReader member, from.at(key));
  const auto value = member.value().as_bool();
  if (!value) return fail(member.error("expected true or false"));
  return *value;
}

Result<std::uint64_t> number(const JsonReader& from, std::string_view key) {  // absent: 0
  return from.has(key) ? from.size(key) : Result<std::uint64_t>(0);
}

// Of symmetric keys each version is a time, not an object: those have no public half.
Result<std::map<std::string, std::string>> read_publics(const JsonReader& data) {
  HM_TRY(const JsonReader keys, data.at("keys"));
  HM_DO(keys.expect_object());
  std::map<std::string, std::string> publics;
  for (const auto& [version, value] : *keys.value().as_object()) {
    std::string text;
    if (value.is_object()) {
      HM_TRY(text, JsonReader(value, keys.path() + "." + base::printable(version, 20)).string_or("public_key", ""));
    }
    publics.emplace(version, std::move(text));
  }
  return publics;
}

// base64 of the 32 bytes themselves (RFC 8032), not an SPKI.
Result<PublicKey> ed25519_key(std::string_view text) {
  HM_TRY(const Bytes raw, base::base64_decode(text));
  if (raw.size() != 32)
    return fail(Outcome::malformed, "an Ed25519 key of " + std::to_string(raw.size()) + " bytes, not 32");
  return PublicKey::from_der(crypto::write_spki(crypto::write_algorithm(KeyAlgorithm::ed25519), raw));
}

Result<JsonReader> data_of(const Json& answer) { return JsonReader(answer, "answer").at("data"); }

}  // namespace

bool VaultKey::signs() const { return type_of(type) != nullptr; }

Result<VaultKey> vault_key(const Json& answer) {
  HM_TRY(const JsonReader data, data_of(answer));
  VaultKey key;
  HM_TRY(key.name, data.string("name"));
  HM_TRY(key.type, data.string("type"));
  HM_TRY(key.latest, data.size("latest_version"));
  HM_TRY(key.min_available, number(data, "min_available_version"));
  HM_TRY(key.min_decryption, number(data, "min_decryption_version"));
  HM_TRY(key.min_encryption, number(data, "min_encryption_version"));
  HM_TRY(key.derived, flag(data, "derived"));
  HM_TRY(key.exportable, flag(data, "exportable"));
  HM_TRY(key.plaintext_backup, flag(data, "allow_plaintext_backup"));
  HM_TRY(key.soft_deleted, flag(data, "soft_deleted"));
  HM_TRY(key.publics, read_publics(data));
  return key;
}

Result<PublicKey> vault_public_key(const VaultKey& key, std::uint64_t version) {
  const std::string name = "data.keys." + std::to_string(version) + ".public_key";
  const Type* type = type_of(key.type);
  const auto found = key.publics.find(std::to_string(version));
  if (type == nullptr || found == key.publics.end() || found->second.empty())
    return fail(Outcome::malformed, name + ": missing");
  auto public_key =
      type->algorithm == KeyAlgorithm::ed25519 ? ed25519_key(found->second) : PublicKey::from_pem(found->second);
  if (!public_key) return fail(public_key.error().within(name).as(Outcome::malformed));
  if (public_key->algorithm() != type->algorithm || public_key->bits() != type->bits)
    return fail(Outcome::malformed, name + ": is " + describe(public_key->algorithm(), public_key->bits()) +
                                        ", though the key's type is " + key.type);
  return public_key;
}

Result<VaultSignature> vault_signature(const Json& answer) {
  HM_TRY(const JsonReader data, data_of(answer));
  HM_TRY(const std::string text, data.string("signature"));
  const auto refuse = [&] { return fail(Outcome::malformed, data.path() + ".signature: is not vault:vN:BASE64"); };
  constexpr std::string_view kStart = "vault:v";
  const auto colon = text.find(':', kStart.size());
  if (!text.starts_with(kStart) || colon == std::string::npos) return refuse();
  VaultSignature signature;
  const char* const end = text.data() + colon;
  const auto read = std::from_chars(text.data() + kStart.size(), end, signature.version);
  if (read.ec != std::errc() || read.ptr != end || text[kStart.size()] == '0') return refuse();
  auto bytes = base::base64_decode(std::string_view(text).substr(colon + 1));
  if (!bytes || bytes->empty() || bytes->size() > limits::signature_bytes) return refuse();
  signature.bytes = *std::move(bytes);
  // Vaults before 1.6 leave it out.
  if (data.has("key_version")) {
    HM_TRY(const std::uint64_t version, data.size("key_version"));
    if (version != signature.version)
      return fail(data.error("key_version is " + std::to_string(version) + ", the signature is of version " +
                             std::to_string(signature.version)));
  }
  return signature;
}

Result<VaultLease> vault_lease(const Json& answer) {
  HM_TRY(const JsonReader auth, JsonReader(answer, "answer").at("auth"));
  HM_TRY(const std::string token, auth.string("client_token"));
  if (token.empty()) return fail(auth.error("client_token is empty: the login wants a second factor"));
  if (token.size() > limits::token_bytes || !std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7f; }))
    return fail(auth.error("client_token is no token"));
  HM_TRY(const std::uint64_t lasts, number(auth, "lease_duration"));
  constexpr std::uint64_t kYear = 366ull * 24 * 3600;
  return VaultLease{Secret::copy_of(std::string_view(token)), std::chrono::seconds(std::min(lasts, kYear))};
}

Result<VaultCapabilities> vault_capabilities(const Json& answer, const std::vector<std::string>& paths) {
  HM_TRY(const JsonReader data, data_of(answer));
  VaultCapabilities capabilities;
  for (const std::string& path : paths) {
    HM_TRY(const std::vector<JsonReader> words, data.array(path));
    for (const JsonReader& word : words) {
      const std::string* text = word.value().as_string();
      if (text == nullptr) return fail(word.error("expected a string"));
      capabilities[path].push_back(*text);
    }
  }
  return capabilities;
}

std::string vault_errors(const Json& answer, std::size_t most) {
  const Json* errors = answer.find("errors");
  const Json::Array* list = errors == nullptr ? nullptr : errors->as_array();
  std::string text;
  if (list == nullptr) return text;
  for (const Json& each : *list) {
    const std::string* one = each.as_string();
    if (one == nullptr) continue;
    if (!text.empty()) text += "; ";
    // Several at once come as a list over lines: "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n".
    bool gap = false;
    for (const char c : *one) {
      const bool blank = c == '\n' || c == '\t' || c == ' ';
      if (!blank && gap && !text.empty() && !text.ends_with(' ')) text += ' ';
      gap = blank;
      if (!blank) text += c;
    }
  }
  return base::printable(text, most);
}

bool vault_warns(const Json& answer, std::string_view words) {
  const Json* warnings = answer.find("warnings");
  const Json::Array* list = warnings == nullptr ? nullptr : warnings->as_array();
  return list != nullptr && std::ranges::any_of(*list, [&](const Json& each) {
           const std::string* text = each.as_string();
           return text != nullptr && text->find(words) != std::string::npos;
         });
}

}  // namespace hallmark::keys
