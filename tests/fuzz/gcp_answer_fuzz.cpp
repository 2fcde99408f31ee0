// What Cloud KMS and Google's token servers answer; the first byte says to which question, and of errors the second
// with which status.
#include <algorithm>
#include <cstdlib>

#include "base/encoding.h"
#include "keys/kms/gcp_answer.h"
#include "keys/kms/gcp_error.h"
#include "keys/kms/gcp_reference.h"
#include "keys/kms/gcp_token.h"

namespace {

using namespace hallmark;

constexpr const char* kKey = "projects/p/locations/l/keyRings/r/cryptoKeys/k";
constexpr const char* kVersion = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1";

class NoClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return Time(std::chrono::seconds(1'800'000'000)); }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override { return {}; }
};

// Fit for a terminal.
void expect_printable(const Error& error) {
  for (const std::string& text : {error.message(), error.hint()})
    if (base::printable(text, text.size()) != text) std::abort();
}

template <class T>
void expect(const Result<T>& result) {
  if (!result) expect_printable(result.error());
}

void read_error(std::uint8_t which, std::string_view date, const base::Json& json) {
  static constexpr int kStatuses[] = {400, 401, 403, 404, 409, 429, 500, 501};
  keys::Reply reply;
  reply.status = kStatuses[which % std::size(kStatuses)];
  reply.json = json;
  if (!date.empty()) reply.headers.add("Date", std::string(date));
  const NoClock clock;
  const Error refused = keys::refused_by_google(
      reply, {.permission = "cloudkms.x", .role = "roles/x", .resource = kVersion, .caller = "c"}, clock);
  expect_printable(refused);
  const Error oauth = keys::refused_by_oauth(reply, "the token server", "the login", clock);
  expect_printable(oauth);
  if (refused.kind() != Outcome::key || oauth.kind() != Outcome::key || oauth.cause() == Cause::none) std::abort();
}

void read_token(const Result<keys::GcpToken>& token) {
  expect(token);
  if (token && (token->value.empty() || std::ranges::any_of(token->value.text(), [](char c) { return c <= ' '; })))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto json = base::Json::parse({data + 2, size - 2}, "answer");
  if (!json) return 0;
  switch (data[0]) {
    case 'k':
      expect(keys::parse_gcp_public_key(*json, kVersion));
      break;
    case 's':
      expect(keys::parse_gcp_signature(*json, kVersion, data[1] == 'd' ? keys::Hash::none : keys::Hash::sha256));
      break;
    case 'v':
      expect(keys::parse_gcp_versions(*json, kKey));
      break;
    case 'p':
      expect(keys::parse_gcp_permissions(*json));
      break;
    case 't':
      read_token(keys::parse_oauth_token(*json, NoClock().now()));
      break;
    case 'g':
      read_token(keys::parse_generated_token(*json, NoClock().now()));
      break;
    case 'd':
      read_error(data[1], "Sat, 28 Nov 2026 12:00:00 GMT", *json);
      break;
    default:
      read_error(data[1], "", *json);
  }
  return 0;
}
