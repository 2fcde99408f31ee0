#include "node/credential_answer.h"

#include <algorithm>

#include "base/duration.h"
#include "base/json.h"
#include "base/try.h"

namespace hallmark::node {
namespace {

using base::Json;

std::unexpected<Error> not_an_answer(std::string_view why) {
  return fail(Outcome::unauthorized, "its answer " + std::string(why));
}

Result<CredentialAnswer::CacheKey> cache_key_of(const Json& answer) {
  using Key = CredentialAnswer::CacheKey;
  const Json* named = answer.find("cacheKeyType");
  const std::string* text = named == nullptr ? nullptr : named->as_string();
  if (text != nullptr && *text == "Image") return Key::image;
  if (text != nullptr && *text == "Registry") return Key::registry;
  if (text != nullptr && *text == "Global") return Key::global;
  return not_an_answer("has no cacheKeyType of Image, Registry or Global");
}

Result<void> read_logins(const Json& auth, CredentialAnswer& answer) {
  if (auth.is_null()) return {};
  const Json::Object* entries = auth.as_object();
  if (entries == nullptr) return not_an_answer("has an \"auth\" that is no object");
  for (const auto& [key, value] : *entries) {
    const Json* user = value.find("username");
    const Json* password = value.find("password");
    const bool texts = (user == nullptr || user->is_string()) && (password == nullptr || password->is_string());
    if (!value.is_object() || !texts) return not_an_answer("has an entry without username and password as text");
    auto images = ImagePattern::parse(key);
    if (!images) continue;
    answer.logins.push_back({key, *std::move(images), user == nullptr ? "" : *user->as_string(),
                             Secret::copy_of(password == nullptr ? std::string_view() : *password->as_string())});
  }
  std::ranges::sort(answer.logins, std::ranges::greater(), &CredentialAnswer::Login::key);
  return {};
}

}  // namespace

Result<CredentialAnswer> CredentialAnswer::parse(BytesView bytes, std::string_view api_version) {
  const auto json = Json::parse(bytes, "answer");
  if (!json || !json->is_object()) return not_an_answer("is not a JSON object");
  const auto text = [&](std::string_view key) {
    const Json* value = json->find(key);
    return value == nullptr || value->as_string() == nullptr ? std::string() : *value->as_string();
  };
  if (text("kind") != "CredentialProviderResponse") return not_an_answer("is no CredentialProviderResponse");
  if (text("apiVersion") != api_version) return not_an_answer("has another apiVersion than the question");
  CredentialAnswer answer;
  HM_TRY(answer.cache_key, cache_key_of(*json));
  if (const Json* duration = json->find("cacheDuration"); duration != nullptr && !duration->is_null()) {
    const std::string* written = duration->as_string();
    const auto parsed = base::parse_go_duration(written == nullptr ? "" : *written);
    if (!parsed || parsed->count() < 0) return not_an_answer("has a cacheDuration that is no duration");
    answer.cache_duration = *parsed;
  }
  if (const Json* auth = json->find("auth")) HM_DO(read_logins(*auth, answer));
  return answer;
}

const CredentialAnswer::Login* CredentialAnswer::find(std::string_view image) const {
  const auto found = std::ranges::find_if(logins, [&](const Login& login) { return login.images.matches(image); });
  return found == logins.end() ? nullptr : &*found;
}

}  // namespace hallmark::node
