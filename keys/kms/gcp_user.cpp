// The login of a user who logged in with gcloud before: a refresh token (RFC 6749 section 6).
#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kms/gcp_error.h"
#include "keys/kms/gcp_token.h"

namespace hallmark::keys {

// A user's client stands in the body (RFC 6749 section 2.3.1), that of a workforce pool in a header.
Result<GcpToken> token_of(const GcpUser& user, const GcpCredentials& /*credentials*/, const Services& services,
                          net::Deadline deadline) {
  const std::string_view service = user.workforce ? "Google's security token service" : "Google's token server";
  Question question;
  question.service = service;
  question.url = user.token_url;
  std::vector<std::pair<std::string, std::string>> fields{{"grant_type", "refresh_token"},
                                                          {"refresh_token", std::string(user.refresh_token.text())}};
  if (user.workforce) {
    const std::string login = user.client_id + ":" + std::string(user.client_secret.text());
    question.headers.add("Authorization", "Basic " + base::base64_encode(as_bytes(login)));
  } else {
    fields.emplace_back("client_id", user.client_id);
    fields.emplace_back("client_secret", std::string(user.client_secret.text()));
  }
  question.body = form(fields);
  question.secrets = {std::string(user.refresh_token.text()), std::string(user.client_secret.text())};
  question.content_type = "application/x-www-form-urlencoded";
  question.limit = limits::login_answer_bytes;
  question.deadline = deadline;
  HM_TRY(const Reply reply, ask(services.http, question));
  if (!reply.ok()) return fail(refused_by_oauth(reply, service, "the user's login", services.clock));
  auto token = parse_oauth_token(reply.json, services.clock.now());
  if (!token) return fail(malformed_answer(service, token.error()));
  return token;
}

}  // namespace hallmark::keys
