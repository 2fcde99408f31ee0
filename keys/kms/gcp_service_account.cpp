// The login of a service account with a key of its own: OAuth 2.0 JWT bearer (RFC 7523 section 2.1).
#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "crypto/pem.h"
#include "keys/kms/gcp_error.h"
#include "keys/kms/gcp_token.h"
#include "keys/software/open_private_key.h"
#include "keys/software/software_signer.h"

namespace hallmark::keys {
namespace {

constexpr std::string_view kTokenService = "Google's token server";
constexpr auto kLifetime = std::chrono::hours(1);  // the most that Google takes
constexpr auto kLead = std::chrono::seconds(10);   // our clock may be a little ahead

std::string base64url(BytesView bytes) {
  std::string text = base::base64_encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

Result<SoftwareSigner> signer_of(const GcpServiceAccount& account) {
  const std::string what = "private_key of " + base::printable(account.email, 120);
  const auto block = crypto::read_pem(account.private_key.text());
  if (!block) return fail(block.error().within(what).because(Cause::no_credentials));
  auto key = open_private_block(*block, what, {});
  if (!key) return fail(key.error().within(what).because(Cause::no_credentials));
  if (key->public_key.algorithm() != KeyAlgorithm::rsa_pkcs1)
    return fail(Error(Outcome::key, what + " is no RSA key").because(Cause::no_credentials));
  return SoftwareSigner(*std::move(key));
}

// RFC 7515 section 3.1, compact, with RS256.
Result<Secret> signed_jwt(const GcpServiceAccount& account, const base::Json& claims) {
  HM_TRY(SoftwareSigner signer, signer_of(account));
  base::Json header = base::Json::object({{"alg", "RS256"}, {"typ", "JWT"}});
  if (!account.key_id.empty()) header.set("kid", account.key_id);
  std::string text = base64url(as_bytes(header.dump())) + "." + base64url(as_bytes(claims.dump()));
  HM_TRY(const Bytes signature, signer.sign(as_bytes(text)));
  text += "." + base64url(signature);
  return Secret::copy_of(std::string_view(text));
}

std::int64_t seconds_of(Time time) { return time.time_since_epoch().count(); }

// google.aip.dev/auth/4111: outside googleapis.com there is no token server for it; a JWT that the account signs itself
// is the token.
Result<GcpToken> self_signed(const GcpServiceAccount& account, std::string_view scope, Time now) {
  HM_TRY(Secret jwt, signed_jwt(account, base::Json::object({{"iss", account.email},
                                                             {"sub", account.email},
                                                             {"scope", scope},
                                                             {"iat", seconds_of(now - kLead)},
                                                             {"exp", seconds_of(now - kLead + kLifetime)}})));
  return GcpToken{std::move(jwt), now - kLead + kLifetime};
}

}  // namespace

Result<GcpToken> token_of(const GcpServiceAccount& account, const GcpCredentials& credentials, const Services& services,
                          net::Deadline deadline) {
  const Time now = services.clock.now();
  if (credentials.universe != "googleapis.com") return self_signed(account, scope_of(credentials), now);
  HM_TRY(const Secret jwt, signed_jwt(account, base::Json::object({{"iss", account.email},
                                                                   {"scope", scope_of(credentials)},
                                                                   {"aud", account.token_url},
                                                                   {"iat", seconds_of(now - kLead)},
                                                                   {"exp", seconds_of(now - kLead + kLifetime)}})));
  Question question;
  question.service = kTokenService;
  question.url = account.token_url;
  question.body =
      form({{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", std::string(jwt.text())}});
  question.secrets = {std::string(jwt.text())};
  question.content_type = "application/x-www-form-urlencoded";
  question.limit = limits::login_answer_bytes;
  question.deadline = deadline;
  HM_TRY(const Reply reply, ask(services.http, question));
  if (!reply.ok())
    return fail(refused_by_oauth(
        reply, kTokenService, "the key of the service account " + base::printable(account.email, 120), services.clock));
  auto token = parse_oauth_token(reply.json, now);
  if (!token) return fail(malformed_answer(kTokenService, token.error()));
  return token;
}

}  // namespace hallmark::keys
