// Getting the token that a credential_source leads to: from a file, a URL, a program or AWS.
#include <algorithm>
#include <map>

#include "base/child_process.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kms/gcp_aws_source.h"
#include "keys/kms/gcp_subject_source.h"
#include "keys/provider/rest.h"

namespace hallmark::keys {
namespace {

constexpr std::string_view kProvider = "the identity provider of the external account";
constexpr const char* kAllow = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES";

Error no_token(const Error& error) {
  return error.within(kProvider)
      .as(Outcome::key)
      .because(error.cause() == Cause::none ? Cause::no_credentials : error.cause());
}

Result<Secret> from_file(const GcpSubjectSource& source) {
  const auto held = base::read_secret_file(source.place, limits::login_answer_bytes, Outcome::key);
  if (!held) return fail(no_token(held.error()));
  auto token = token_in(held->view(), source.field);
  if (!token) return fail(no_token(token.error().within(source.place)));
  return token;
}

Result<Secret> from_url(const GcpSubjectSource& source, const Services& services, net::Deadline deadline) {
  Question question;
  question.service = std::string(kProvider) + " at " + net::redacted(source.place);
  question.method = "GET";
  question.url = source.place;
  for (const auto& [name, value] : source.headers) question.headers.add(name, std::string(value.text()));
  question.limit = limits::login_answer_bytes;
  question.deadline = deadline;
  HM_TRY(const Reply reply, ask_for_text(stays_near(source.place) ? services.metadata : services.http, question));
  if (!reply.ok())
    return fail(service_error(question.service, "it answers with status " + std::to_string(reply.status),
                              reply.status >= 500 ? Cause::unreachable : Cause::refused_credentials));
  auto token = token_in(reply.body, source.field);
  if (!token) return fail(malformed_answer(question.service, token.error()));
  return token;
}

std::vector<std::string> words_of(std::string_view command) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : command) {
    if (c != ' ' && c != '\t') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

// The program sees what it is told to answer and where programs and homes are; nothing else of our environment.
std::map<std::string, std::string> environment_for(const GcpExternalAccount& account,
                                                   const GcpImpersonation& impersonation, const Services& services) {
  std::map<std::string, std::string> environment{
      {"GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE", account.audience},
      {"GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE", account.subject_token_type},
      {"GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE", "0"},
      {kAllow, "1"},
  };
  if (!impersonation.url.empty())
    environment.emplace("GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL", impersonation.email());
  if (!account.source.output_file.empty())
    environment.emplace("GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE", account.source.output_file);
  for (const char* name : {"PATH", "HOME", "USER", "LANG", "TMPDIR", "XDG_RUNTIME_DIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
                           "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"})
    if (auto value = services.setting(name)) environment.emplace(name, *std::move(value));
  return environment;
}

// What an earlier run left there; nothing where it has to be run anew.
Result<std::optional<Secret>> from_output_file(const GcpSubjectSource& source, Time now) {
  if (source.output_file.empty()) return std::nullopt;
  HM_TRY(const bool there, base::is_there(source.output_file, Outcome::key));
  if (!there) return std::nullopt;
  HM_TRY(const Secret held, base::read_secret_file(source.output_file, limits::login_answer_bytes, Outcome::key));
  if (held.empty()) return std::nullopt;
  auto token = token_of_executable(held.view(), true, now);
  if (token) return *std::move(token);
  if (token.error().cause() != Cause::none) return std::nullopt;  // expired, or a failure: not the program's last word
  return fail(token.error().within(source.output_file));
}

Result<Secret> from_executable(const GcpExternalAccount& account, const GcpImpersonation& impersonation,
                               const Services& services, net::Deadline deadline) {
  if (services.setting(kAllow) != "1")
    return fail(service_error(kProvider, "it is a program, and programs are not run unless that is allowed",
                              Cause::no_credentials)
                    .with_hint(std::string("set ") + kAllow + "=1 if you trust the credentials file and the program"));
  const Time now = services.clock.now();
  auto kept = from_output_file(account.source, now);
  if (!kept) return fail(no_token(kept.error()));
  if (*kept) return **std::move(kept);
  auto words = words_of(account.source.place);
  const std::string program = words.front();
  words.erase(words.begin());
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - services.clock.steady());
  const base::ChildOptions options{environment_for(account, impersonation, services),
                                   std::max(std::min(account.source.patience, left), std::chrono::milliseconds(0)),
                                   limits::login_answer_bytes};
  const auto ran = base::run_child(program, words, {}, options);
  if (!ran) return fail(no_token(ran.error().within(program)));
  if (ran->exit_code != 0)
    return fail(service_error(kProvider, program + " ends with exit code " + std::to_string(ran->exit_code),
                              Cause::no_credentials));
  auto token = token_of_executable(ran->output.view(), !account.source.output_file.empty(), now);
  if (!token) return fail(no_token(token.error().within(program)));
  return token;
}

// A token that is a secret as a whole.
Result<GcpSubject> whole(Result<Secret> token) {
  if (!token) return fail(std::move(token).error());
  std::vector<std::string> secrets{std::string(token->text())};
  return GcpSubject{*std::move(token), std::move(secrets)};
}

}  // namespace

Result<GcpSubject> subject_token(const GcpExternalAccount& account, const GcpImpersonation& impersonation,
                                 const Services& services, net::Deadline deadline) {
  switch (account.source.kind) {
    case GcpSubjectSource::Kind::url:
      return whole(from_url(account.source, services, deadline));
    case GcpSubjectSource::Kind::executable:
      return whole(from_executable(account, impersonation, services, deadline));
    case GcpSubjectSource::Kind::aws:
      return aws_subject(account, services, deadline);
    case GcpSubjectSource::Kind::file:
      break;
  }
  return whole(from_file(account.source));
}

}  // namespace hallmark::keys
