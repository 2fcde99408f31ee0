// Workload identity federation: the token of another identity provider, exchanged for one of Google (RFC 8693), and the
// service account that any login may turn into.
#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kms/gcp_error.h"
#include "keys/kms/gcp_subject_source.h"
#include "keys/kms/gcp_token.h"

namespace hallmark::keys {
namespace {

constexpr std::string_view kExchange = "Google's security token service";
constexpr std::string_view kImpersonation = "Google's IAM credentials service";

// What is final is asked for in the scope of Cloud KMS alone.
constexpr std::string_view kKmsScope = "https://www.googleapis.com/auth/cloudkms";

Question exchange_question(const GcpExternalAccount& account, std::string_view scope, const GcpSubject& subject) {
  std::vector<std::pair<std::string, std::string>> fields{
      {"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
      {"audience", account.audience},
      {"scope", std::string(scope)},
      {"requested_token_type", "urn:ietf:params:oauth:token-type:access_token"},
      {"subject_token_type", account.subject_token_type},
      {"subject_token", std::string(subject.token.text())},
  };
  // With a client the service knows the project without being told.
  if (!account.workforce_user_project.empty() && account.client_id.empty())
    fields.emplace_back("options", base::Json::object({{"userProject", account.workforce_user_project}}).dump());
  Question question;
  question.service = kExchange;
  question.url = account.token_url;
  if (!account.client_id.empty() && !account.client_secret.empty()) {
    const std::string login = account.client_id + ":" + std::string(account.client_secret.text());
    question.headers.add("Authorization", "Basic " + base::base64_encode(as_bytes(login)));
  }
  question.body = form(fields);
  question.secrets = subject.secrets;
  question.secrets.emplace_back(account.client_secret.text());
  question.content_type = "application/x-www-form-urlencoded";
  question.limit = limits::login_answer_bytes;
  return question;
}

}  // namespace

Result<GcpToken> token_of(const GcpExternalAccount& account, const GcpCredentials& credentials,
                          const Services& services, net::Deadline deadline) {
  HM_TRY(const GcpSubject subject, subject_token(account, credentials.impersonation, services, deadline));
  Question question = exchange_question(account, scope_of(credentials), subject);
  question.deadline = deadline;
  HM_TRY(const Reply reply, ask(services.http, question));
  if (!reply.ok()) {
    const bool aws = account.source.kind == GcpSubjectSource::Kind::aws;
    return fail(
        refused_by_oauth(reply, kExchange, "the token of the other identity provider", services.clock)
            .with_hint("compare its " + std::string(aws ? "AWS account and role" : "issuer, audience and claims") +
                       " with the provider and the attribute condition of " + base::printable(account.audience)));
  }
  auto token = parse_oauth_token(reply.json, services.clock.now());
  if (!token) return fail(malformed_answer(kExchange, token.error()));
  return token;
}

Result<GcpToken> impersonated(const GcpCredentials& credentials, const GcpToken& as, const Services& services,
                              net::Deadline deadline) {
  const GcpImpersonation& who = credentials.impersonation;
  base::Json body = base::Json::object(
      {{"scope", base::Json::Array{base::Json(kKmsScope)}}, {"lifetime", std::to_string(who.lifetime) + "s"}});
  if (!who.delegates.empty()) body.set("delegates", base::Json::Array(who.delegates.begin(), who.delegates.end()));
  Question question;
  question.service = kImpersonation;
  question.url = who.url;
  question.headers.add("Authorization", "Bearer " + std::string(as.value.text()));
  question.body = body.dump();
  question.limit = limits::login_answer_bytes;
  question.deadline = deadline;
  HM_TRY(const Reply reply, ask(services.http, question));
  if (!reply.ok())
    return fail(refused_by_google(reply,
                                  {.service = kImpersonation,
                                   .permission = "iam.serviceAccounts.getAccessToken",
                                   .role = "roles/iam.serviceAccountTokenCreator or roles/iam.workloadIdentityUser",
                                   .resource = base::printable(who.email(), 120)},
                                  services.clock));
  auto token = parse_generated_token(reply.json, services.clock.now());
  if (!token) return fail(malformed_answer(kImpersonation, token.error()));
  return token;
}

}  // namespace hallmark::keys
