#include "keys/kms/aws_credentials.h"

#include <algorithm>

#include "base/time.h"
#include "base/try.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::aws {
namespace {

// They become header fields and part of a signature.
bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

std::unexpected<Error> refused(std::string_view source, std::string_view problem) {
  return fail(service_error(source, problem, Cause::malformed_answer));
}

}  // namespace

net::AwsSignature Credentials::signature(const std::string& region, const std::string& service) const {
  return {access_key_id, std::string(secret_access_key.text()), region, service};
}

void Credentials::add_token(net::Headers& headers) const {
  if (!session_token.empty()) headers.add("X-Amz-Security-Token", std::string(session_token.text()));
}

Result<Credentials> make_credentials(const CredentialText& text, std::string_view source) {
  if (text.access_key_id.empty() || text.secret_access_key.empty())
    return refused(source, "it has no access key id or no secret access key");
  if (!is_printable(text.access_key_id) || !is_printable(text.secret_access_key) || !is_printable(text.session_token))
    return refused(source, "its access key holds blanks or other bytes that no access key has");
  Credentials out{text.access_key_id,
                  Secret::copy_of(std::string_view(text.secret_access_key)),
                  Secret::copy_of(std::string_view(text.session_token)),
                  {},
                  std::string(source)};
  if (text.expiration.empty()) return out;
  const auto end = base::parse_time(text.expiration);
  if (!end) return refused(source, "its access key ends at what is no time");
  out.expiration = *end;
  return out;
}

Result<Credentials> read_credentials(const base::Json& answer, std::string_view token_name, std::string_view source) {
  const base::JsonReader reader(answer, "answer");
  CredentialText text;
  const auto read = [&]() -> Result<void> {
    HM_TRY(text.access_key_id, reader.string("AccessKeyId"));
    HM_TRY(text.secret_access_key, reader.string("SecretAccessKey"));
    HM_TRY(text.session_token, reader.string_or(token_name, ""));
    HM_TRY(text.expiration, reader.string_or("Expiration", ""));
    return {};
  };
  if (const auto done = read(); !done) return fail(malformed_answer(source, done.error()));
  return make_credentials(text, source);
}

}  // namespace hallmark::keys::aws
