#include "keys/kms/azure_entra.h"

#include <algorithm>
#include <array>
#include <optional>
#include <thread>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "crypto/hash.h"
#include "keys/kms/azure_reference.h"
#include "net/retry.h"

namespace hallmark::keys::azure {
namespace {

constexpr std::size_t kTries = 3;

struct Problem {
  std::int64_t code;
  Cause cause;
  std::string_view what;  // %A stands for the application and its tenant
  std::string_view hint;
};

// learn.microsoft.com, "Microsoft Entra authentication and authorization error codes".
constexpr std::array<Problem, 21> kProblems{{
    {7000215, Cause::refused_credentials, "the client secret is wrong for %A",
     "AZURE_CLIENT_SECRET takes the value of the secret, not its id"},
    {7000222, Cause::expired_credentials, "the client secret of %A has expired",
     "make a new one (\"az ad app credential reset\") and put it into AZURE_CLIENT_SECRET"},
    {7000218, Cause::refused_credentials, "%A has to prove itself by a secret or an assertion", ""},
    {700016, Cause::refused_credentials, "there is no %A", "look at AZURE_CLIENT_ID and AZURE_TENANT_ID"},
    {7000112, Cause::refused_credentials, "%A is switched off", "enable its service principal"},
    {7000229, Cause::refused_credentials, "%A has no service principal in that tenant",
     "make one: \"az ad sp create --id CLIENT-ID\""},
    {700027, Cause::refused_credentials, "the certificate is not registered for %A, or has expired",
     "upload the certificate of AZURE_CLIENT_CERTIFICATE_PATH to the application"},
    {70021, Cause::refused_credentials, "%A has no federated credential for this token",
     "issuer, subject and audience of the federated credential must be those of the token, letter by letter"},
    {700211, Cause::refused_credentials, "%A has no federated credential for the issuer of this token",
     "compare the issuer of the federated credential with the \"iss\" of the token"},
    {700212, Cause::refused_credentials, "%A has no federated credential for the audience of this token",
     "the token must be made for api://AzureADTokenExchange"},
    {700213, Cause::refused_credentials, "%A has no federated credential for the subject of this token",
     "compare the subject of the federated credential with the \"sub\" of the token"},
    {700021, Cause::refused_credentials, "the assertion is not by %A", ""},
    {700023, Cause::refused_credentials, "the assertion of %A is for somebody else", ""},
    {50027, Cause::refused_credentials, "the assertion of %A is malformed or wrongly signed", ""},
    {5002730, Cause::refused_credentials, "the assertion of %A is of a type that is not taken", ""},
    {700024, Cause::expired_credentials, "the assertion of %A is not within its time",
     "the token of AZURE_FEDERATED_TOKEN_FILE has ended: whoever writes that file has to renew it"},
    {90002, Cause::refused_credentials, "there is no tenant of %A", "look at AZURE_TENANT_ID"},
    {900023, Cause::refused_credentials, "the tenant of %A is neither an id nor a domain", "look at AZURE_TENANT_ID"},
    {500011, Cause::refused_credentials, "the tenant of %A does not know this kind of vault",
     "look at AZURE_TENANT_ID: it must be the tenant of the vault's subscription"},
    {53003, Cause::access_denied, "conditional access keeps %A out", "ask who administers the tenant"},
    {50105, Cause::access_denied, "%A is not assigned to a role that it needs", "ask who administers the tenant"},
}};

// RFC 6749 section 5.2, and what Entra ID adds. Other words are not repeated.
constexpr std::array<std::string_view, 10> kErrorWords{
    "invalid_request", "invalid_client",   "invalid_grant",           "unauthorized_client",  "unsupported_grant_type",
    "invalid_scope",   "invalid_resource", "temporarily_unavailable", "interaction_required", "access_denied"};

std::string_view error_word(const Reply& reply) {
  const base::Json* error = reply.json.find("error");
  const std::string* text = error == nullptr ? nullptr : error->as_string();
  const auto found = text == nullptr ? kErrorWords.end() : std::ranges::find(kErrorWords, *text);
  return found == kErrorWords.end() ? std::string_view() : *found;
}

// "error_codes":[7000215], else the number behind AADSTS in the description.
std::optional<std::int64_t> error_code(const Reply& reply) {
  if (const base::Json* codes = reply.json.find("error_codes"); codes != nullptr) {
    const auto* list = codes->as_array();
    if (list != nullptr && !list->empty()) return list->front().as_integer();
  }
  const base::Json* description = reply.json.find("error_description");
  const std::string* text = description == nullptr ? nullptr : description->as_string();
  const auto at = text == nullptr ? std::string::npos : text->find("AADSTS");
  if (at == std::string::npos) return std::nullopt;
  std::int64_t code = 0;
  for (std::size_t i = at + 6; i < text->size() && i < at + 16 && (*text)[i] >= '0' && (*text)[i] <= '9'; ++i)
    code = code * 10 + ((*text)[i] - '0');
  return code;
}

std::string replaced(std::string_view text, const Application& application) {
  std::string out(text);
  const auto at = out.find("%A");
  if (at != std::string::npos)
    out.replace(at, 2,
                "application " + base::printable(application.client, 60) + " in tenant " +
                    base::printable(application.tenant, 60));
  return out;
}

Error known_problem(const Problem& problem, const Application& application, std::string_view number) {
  Error error =
      service_error(kLogin, replaced(problem.what, application) + " (" + std::string(number) + ")", problem.cause);
  return problem.hint.empty() ? error : error.with_hint(std::string(problem.hint));
}

Error login_error(const Reply& reply, const LoginQuestion& login, const Clock& clock) {
  const auto code = error_code(reply);
  const std::string number = code ? "AADSTS" + std::to_string(*code) : "HTTP " + std::to_string(reply.status);
  // An assertion that we made a moment ago is out of its time only where the clocks differ.
  if (code == 700024) {
    if (const auto skew = clock_skew(reply.headers, clock)) return skew_error(kLogin, *skew);
    if (login.proof.kind == Proof::Kind::certificate)
      return service_error(kLogin, "an assertion that was made just now is not within its time (" + number + ")",
                           Cause::clock_skew)
          .with_hint("set the clock of this machine, as with \"timedatectl set-ntp true\"");
  }
  const auto known = std::ranges::find_if(kProblems, [&](const Problem& problem) { return problem.code == code; });
  if (known != kProblems.end()) return known_problem(*known, login.application, number);
  const std::string_view word = error_word(reply);
  if (word == "temporarily_unavailable" || reply.status >= 500)
    return service_error(kLogin, "it cannot log anybody in just now (" + number + ")", Cause::unreachable);
  Error error = service_error(kLogin,
                              replaced("%A is refused", login.application) + " (" +
                                  (word.empty() ? "" : std::string(word) + ", ") + number + ")",
                              Cause::refused_credentials);
  return code ? error.with_hint("https://login.microsoftonline.com/error?code=" + std::to_string(*code) +
                                " says what that number means")
              : error;
}

bool is_passing(const Reply& reply) {
  return !reply.ok() && (reply.status >= 500 || error_word(reply) == "temporarily_unavailable");
}

}  // namespace

Result<Reply> ask_patiently(net::HttpClient& http, const Question& question, const Clock& clock,
                            bool (*temporary)(const Reply&)) {
  for (std::size_t failed = 0;; ++failed) {
    HM_TRY(Reply reply, ask(http, question));
    if (failed + 1 == kTries || !temporary(reply)) return reply;
    const Bytes chance = crypto::random_bytes(2);
    const auto pause = net::backoff(failed, static_cast<std::uint32_t>(chance[0]) << 8 | chance[1]);
    if (clock.steady() + pause >= question.deadline) return reply;
    std::this_thread::sleep_for(pause);
  }
}

Result<Token> log_in(const Services& services, const LoginQuestion& login) {
  const std::string value(login.proof.value.text());
  std::vector<std::pair<std::string, std::string>> fields{
      {"grant_type", "client_credentials"},
      {"client_id", login.application.client},
      {"scope", std::string(login.resource) + "/.default"},
  };
  if (login.proof.kind == Proof::Kind::secret) {
    fields.emplace_back("client_secret", value);
  } else {
    fields.emplace_back("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    fields.emplace_back("client_assertion", value);
  }
  Question question;
  question.service = kLogin;
  question.url = login.application.token_url();
  question.body = form(fields);
  question.content_type = "application/x-www-form-urlencoded";
  question.limit = limits::login_answer_bytes;
  question.deadline = login.deadline;
  HM_TRY(const Reply reply, ask_patiently(services.http, question, services.clock, is_passing));
  if (!reply.ok()) return fail(login_error(reply, login, services.clock));
  HM_TRY(Token token, read_token(reply.json, kLogin, login.resource, services.clock.now()));
  token.tenant = login.application.tenant;
  return token;
}

}  // namespace hallmark::keys::azure
