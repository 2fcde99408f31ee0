#include "keys/provider/rest.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_set>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "net/memory_body.h"
#include "net/proxy.h"
#include "net/retry.h"
#include "net/url.h"

namespace hallmark::keys {
namespace {

Cause cause_of(Outcome kind) {
  switch (kind) {
    case Outcome::throttled:
      return Cause::throttled;
    case Outcome::malformed:
      return Cause::malformed_answer;
    case Outcome::unreachable:
    case Outcome::config:  // a CA or a client certificate that cannot be read: the service is out of reach
      return Cause::unreachable;
    default:
      return Cause::none;
  }
}

// lib/net speaks to those who pull images: its hints name flags that do nothing for a key service.
Error with_fitting_hint(const Error& error, const Question& question) {
  const auto names = [&](std::string_view flag) { return error.hint().find(flag) != std::string::npos; };
  if (!names("--registry") && !names("--plain-http") && !names("--tls")) return error;
  if (!names("--registry-ca")) return error.with_hint({});
  return error.with_hint(question.ca_hint.empty() ? "put its CA into the system's store, or name it with SSL_CERT_FILE"
                                                  : question.ca_hint);
}

// The headers that a secret stands in, after the scheme of an Authorization.
constexpr std::array kSecretHeaders{"Authorization", "X-Vault-Token", "X-Amz-Security-Token",
                                    "X-aws-ec2-metadata-token"};

std::vector<std::string_view> secrets_of(const Question& question) {
  std::vector<std::string_view> secrets(question.secrets.begin(), question.secrets.end());
  for (const char* name : kSecretHeaders) {
    const std::string* value = question.headers.find(name);
    if (value != nullptr) secrets.push_back(std::string_view(*value).substr(value->find(' ') + 1));
  }
  if (question.aws) secrets.emplace_back(question.aws->secret_access_key);
  return secrets;
}

// Stars do not tell how long it was.
void blot_out(Bytes& body, const std::vector<std::string_view>& secrets) {
  constexpr std::size_t kLeast = 4, kPiece = 12;  // bytes: a word that is no secret, and what is no coincidence
  std::unordered_set<std::string_view> pieces;
  std::set<std::size_t> lengths;
  for (const std::string_view secret : secrets) {
    if (secret.size() < kLeast) continue;
    const std::size_t length = *lengths.insert(std::min(secret.size(), kPiece)).first;
    for (std::size_t at = 0; at + length <= secret.size(); ++at) pieces.insert(secret.substr(at, length));
  }
  const std::string_view text = as_text(body);
  std::vector<bool> secret(text.size());
  for (const std::size_t length : lengths)
    for (std::size_t at = 0; at + length <= text.size(); ++at)
      if (pieces.contains(text.substr(at, length)))
        std::fill_n(secret.begin() + static_cast<std::ptrdiff_t>(at), length, true);
  std::string clean;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!secret[at])
      clean += text[at];
    else if (at == 0 || !secret[at - 1])
      clean += "***";
  }
  body = to_bytes(clean);
}

Result<Reply> send(net::HttpClient& http, const Question& question) {
  net::MemoryBody body(as_bytes(question.body));
  net::Request request;
  request.method = question.method;
  request.url = question.url;
  request.headers = question.headers;
  if (!question.body.empty()) {
    request.body = &body;
    request.headers.add("Content-Type", question.content_type);
  }
  request.tls = question.tls;
  request.deadline = question.deadline;
  request.limit = question.limit == 0 ? limits::key_answer_bytes : question.limit;
  request.follow_redirects = false;
  request.aws = question.aws;
  request.may_retry = question.may_retry;
  request.proxy = question.proxy;
  request.temporary_answers = question.temporary_answers;
  auto response = http.send(request);
  if (!response) {
    const Error& error = response.error();
    return fail(
        with_fitting_hint(error, question).within(question.service).as(Outcome::key).because(cause_of(error.kind())));
  }
  if (response->status >= 300 && response->status < 400)
    return fail(service_error(
        question.service,
        "it redirects (" + std::to_string(response->status) + "), which is not followed: credentials would go along",
        Cause::malformed_answer));
  if (response->status >= 400) blot_out(response->body, secrets_of(question));
  return Reply{response->status, std::move(response->headers), std::move(response->body), {}};
}

std::string span_text(std::chrono::seconds span) {
  const auto minutes = span.count() / 60;
  if (minutes < 120) return std::to_string(minutes) + " min";
  if (minutes < 72L * 60) return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
  return std::to_string(minutes / (24L * 60)) + " days";
}

}  // namespace

Result<Reply> ask(net::HttpClient& http, const Question& question) {
  HM_TRY(Reply reply, send(http, question));
  if (reply.body.empty()) return reply;
  auto json = base::Json::parse(reply.body, "answer");
  if (json)
    reply.json = *std::move(json);
  else if (reply.ok())  // not the parser's words: they quote names, which may be anything
    return fail(malformed_answer(question.service, Error(Outcome::malformed, "answer: it is no JSON, or not strict")));
  return reply;
}

Result<Reply> ask_for_text(net::HttpClient& http, const Question& question) { return send(http, question); }

Error service_error(std::string_view service, std::string_view problem, Cause cause) {
  return Error(Outcome::key, std::string(service) + ": " + std::string(problem)).because(cause);
}

Error malformed_answer(std::string_view service, const Error& error) {
  return error.within(std::string(service) + " answered with what is not as documented")
      .as(Outcome::key)
      .because(Cause::malformed_answer);
}

std::optional<std::chrono::seconds> clock_skew(const net::Headers& headers, const Clock& clock) {
  const std::string* date = headers.find("Date");
  const auto theirs = date == nullptr ? std::nullopt : net::parse_http_date(*date);
  if (!theirs) return std::nullopt;
  const std::chrono::seconds skew = *theirs - clock.now();
  if (std::chrono::abs(skew) <= limits::clock_skew_most) return std::nullopt;
  return skew;
}

Error skew_error(std::string_view service, std::chrono::seconds skew) {
  return service_error(service,
                       "this machine's clock is " + span_text(std::chrono::abs(skew)) +
                           (skew.count() > 0 ? " behind" : " ahead of") + " the service's",
                       Cause::clock_skew)
      .with_hint("set the clock, as with \"timedatectl set-ntp true\", and try again");
}

std::string form(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string text;
  for (const auto& [name, value] : fields)
    text += (text.empty() ? "" : "&") + base::percent_encode(name) + "=" + base::percent_encode(value);
  return text;
}

bool stays_near(std::string_view text) {
  const auto url = net::Url::parse(text);
  return url && (net::is_link_local(url->host) || net::is_loopback(url->host));
}

}  // namespace hallmark::keys
