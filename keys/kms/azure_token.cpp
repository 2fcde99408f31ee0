#include "keys/kms/azure_token.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::azure {
namespace {

constexpr std::int64_t kLifeMost = std::int64_t{30} * 24 * 3600;  // real ones live for an hour to a day

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// Seconds from now on.
Result<std::int64_t> life(const base::JsonReader& answer, Time now) {
  if (answer.has("expires_in")) return answer.integer("expires_in");
  HM_TRY(const std::int64_t on, answer.integer("expires_on"));
  if (on < 0) return fail(answer.error("expires_on is before 1970"));
  return on - now.time_since_epoch().count();
}

// RFC 6750 section 2.1: b64token. Anything else would be more than one header field.
bool is_bearer(std::string_view text) {
  return !text.empty() && text.size() <= limits::login_answer_bytes &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

Result<Token> read(const base::JsonReader& answer, Time now) {
  HM_DO(answer.expect_object());
  HM_TRY(const std::string type, answer.string_or("token_type", "Bearer"));
  if (lower(type) != "bearer") return fail(answer.error("token_type is not Bearer"));
  HM_TRY(const std::string bearer, answer.string("access_token"));
  if (!is_bearer(bearer)) return fail(answer.error("access_token is no token"));
  HM_TRY(const std::int64_t seconds, life(answer, now));
  if (seconds <= 0) return fail(answer.error("the token has ended already"));
  return Token{Secret::copy_of(std::string_view(bearer)), now + std::chrono::seconds(std::min(seconds, kLifeMost))};
}

std::string_view without_slash(std::string_view text) {
  if (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<Token> read_token(const base::Json& answer, std::string_view service, std::string_view resource, Time now) {
  auto token = read(base::JsonReader(answer, "answer"), now);
  if (!token) return fail(malformed_answer(service, token.error()));
  const base::Json* named = answer.find("resource");
  const std::string* text = named == nullptr ? nullptr : named->as_string();
  if (text != nullptr && without_slash(*text) != without_slash(resource))
    return fail(service_error(service,
                              "it gave a token for " + base::printable(*text) + ", not for " + std::string(resource),
                              Cause::wrong_answer));
  return token;
}

}  // namespace hallmark::keys::azure
