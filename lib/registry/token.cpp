#include "registry/token.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/try.h"
#include "hallmark/digest.h"
#include "net/memory_body.h"
#include "registry/basic.h"
#include "registry/registry_error.h"
#include "registry/text.h"

namespace hallmark::registry {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kDefaultLifetime = 60;    // the specification's, where the server says nothing
constexpr std::int64_t kLongestLifetime = 3600;  // whatever it says: a run of ours is shorter anyway

std::string without_query(std::string_view url) { return net::redacted(url); }

net::Request get_request(const TokenRequest& wanted) {
  net::Request request;
  request.url = wanted.realm;
  if (!wanted.service.empty()) add_query(request.url, "service", wanted.service);
  for (const std::string& scope : wanted.scopes) add_query(request.url, "scope", scope);
  if (wanted.credential != nullptr) {
    add_query(request.url, "account", wanted.credential->user);
    request.headers.add("Authorization", basic_authorization(*wanted.credential));
  }
  return request;
}

std::string form_of(const TokenRequest& wanted) {
  std::string scopes;
  for (const std::string& scope : wanted.scopes) scopes += (scopes.empty() ? "" : " ") + scope;
  return "grant_type=refresh_token&client_id=hallmark&service=" + base::percent_encode(wanted.service) +
         "&scope=" + base::percent_encode(scopes) +
         "&refresh_token=" + base::percent_encode(wanted.credential->identity_token.text());
}

Result<net::Response> ask(net::HttpClient& http, const TokenRequest& wanted) {
  const bool refresh = wanted.credential != nullptr && !wanted.credential->identity_token.empty();
  net::Request request;
  if (!refresh) request = get_request(wanted);
  std::string form = refresh ? form_of(wanted) : std::string();
  net::MemoryBody body(as_bytes(form));
  if (refresh) {
    request.method = "POST";
    request.url = wanted.realm;
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.body = &body;
    request.body_length = body.size();
    request.follow_redirects = false;
  }
  request.headers.add("Accept", "application/json");
  request.tls = wanted.tls;
  request.deadline = wanted.deadline;
  request.limit = limits::token_bytes;
  auto response = http.send(request);
  wipe({reinterpret_cast<std::uint8_t*>(form.data()), form.size()});
  return response;
}

Error refused(const TokenRequest& wanted, const net::Response& response) {
  const std::string who = wanted.credential == nullptr ? std::string("an anonymous request")
                                                       : "the credentials of " + describe(*wanted.credential);
  Error error(Outcome::unauthorized,
              "token server " + without_query(wanted.realm) + " refused " + who + " (" + answer_text(response) + ")");
  return error.with_hint("hallmark login");
}

bool is_bearer_text(std::string_view token) {  // RFC 6750 section 2.1, b64token, and a little more
  return !token.empty() && std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f' && c != '"'; });
}

}  // namespace

std::string TokenRequest::key() const {
  std::string text = registry + '\n' + realm + '\n' + service;
  for (const std::string& scope : scopes) text += '\n' + scope;
  if (credential != nullptr) {
    const Digest proof = Digest::of(
        as_bytes(Digest::of(credential->password.view()).hex() + Digest::of(credential->identity_token.view()).hex()));
    text += "\n\n" + credential->user + '\n' + proof.hex();
  }
  return text;
}

std::shared_ptr<TokenSource::Slot> TokenSource::slot_of(const std::string& key) {
  const std::lock_guard lock(mutex_);
  auto& slot = slots_[key];
  if (!slot) slot = std::make_shared<Slot>();
  return slot;
}

Result<Token> TokenSource::get(const TokenRequest& request) {
  const auto slot = slot_of(request.key());
  const std::uint64_t seen = slot->attempts;
  const std::lock_guard lock(slot->mutex);
  if (!slot->value.empty() && clock_.steady() < slot->good_until) {
    return Token{slot->value, slot->attempts != seen};
  }
  if (slot->attempts != seen && slot->failure) return fail(*slot->failure);
  slot->value.clear();
  slot->failure.reset();
  const auto fetched = fetch(request, *slot);
  ++slot->attempts;
  if (!fetched) {
    slot->failure = fetched.error();
    return fail(fetched.error());
  }
  return Token{slot->value, true};
}

void TokenSource::forget(const std::string& key, const std::string& value) {
  const auto slot = slot_of(key);
  const std::lock_guard lock(slot->mutex);
  if (slot->value == value) slot->value.clear();
}

Result<void> TokenSource::fetch(const TokenRequest& request, Slot& slot) {
  const auto asked_at = clock_.steady();
  const std::string what = "token server " + without_query(request.realm);
  auto response = ask(http_, request);
  if (!response) return fail(response.error().within("asking " + what));
  if (response->status == 401 || response->status == 403) return fail(refused(request, *response));
  if (response->status != 200)
    return fail(Error(outcome_of(response->status), what + " answers " + answer_text(*response)));
  HM_TRY(const base::Json json, base::Json::parse(response->body, what));
  const base::JsonReader reader(json, what);
  HM_DO(reader.expect_object());
  HM_TRY(std::string token, reader.string_or("token", ""));
  if (token.empty()) {
    HM_TRY(token, reader.string_or("access_token", ""));
  }
  if (!is_bearer_text(token)) return fail(Outcome::malformed, what + " answers without a usable token");
  std::int64_t lifetime = kDefaultLifetime;
  if (const base::Json* given = json.find("expires_in"); given != nullptr && given->as_integer())
    lifetime = std::clamp<std::int64_t>(*given->as_integer(), 0, kLongestLifetime);
  slot.value = std::move(token);
  // Renewed a little early: it must still be good when the registry looks at it.
  slot.good_until = asked_at + seconds(lifetime - std::min<std::int64_t>(10, lifetime / 5));
  return {};
}

}  // namespace hallmark::registry
