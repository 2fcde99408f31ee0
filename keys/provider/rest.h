// One question to a key service or login server, and its JSON answer, within bounds.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "keys/provider/services.h"

namespace hallmark::keys {

struct Question {
  std::string service;  // opens every message: "AWS KMS", "the metadata service"
  std::string method = "POST";
  std::string url;
  net::Headers headers = {};
  std::string body = {};
  std::string content_type = "application/json";  // of a body
  std::size_t limit = 0;                          // bytes of the answer; 0: limits::key_answer_bytes
  net::TlsOptions tls = {};
  net::Deadline deadline = {};
  std::optional<net::AwsSignature> aws = {};
  bool may_retry = true;
  std::string proxy = {};                 // of net::Request
  bool temporary_answers = false;         // of net::Request: such an answer is then a Reply, as any other
  std::vector<std::string> secrets = {};  // in url or body; those of the known headers and of `aws` need no mention
  std::string ca_hint = {};               // what to do where the service's CA is not trusted: which setting names it
};

struct Reply {
  int status = 0;
  net::Headers headers;
  Bytes body;
  base::Json json;  // null: the body is no JSON

  [[nodiscard]] bool ok() const { return status >= 200 && status < 300; }
};

// Any status but a redirect is a Reply; a 2xx whose body is no JSON is an Error unless it is empty. Redirects are never
// followed: credentials would go with them (cause malformed_answer). Failures of the network, and 429 and 502 to 504
// after retries, are Errors with cause throttled, unreachable or malformed_answer. Kind of errors: key.
// A refusal (400 and above) may repeat what was sent, and its words are shown: what is a secret of the question, or
// 12 bytes of one, is *** in the Reply.
[[nodiscard]] Result<Reply> ask(net::HttpClient& http, const Question& question);
// The same where the body is text: tokens of metadata services. `json` stays null.
[[nodiscard]] Result<Reply> ask_for_text(net::HttpClient& http, const Question& question);

// "<service>: <problem>", kind key.
[[nodiscard]] Error service_error(std::string_view service, std::string_view problem, Cause cause);
// An error of JsonReader as that of a service: it answered with what is not as documented.
[[nodiscard]] Error malformed_answer(std::string_view service, const Error& error);

// By how many seconds the service's clock (its Date header) is ahead of ours, where that is more than
// limits::clock_skew_most; negative: behind. Nothing: they agree, or it does not say.
[[nodiscard]] std::optional<std::chrono::seconds> clock_skew(const net::Headers& headers, const Clock& clock);
// What to say of it: "this machine's clock is 2 h 3 min behind that of AWS KMS". Cause: clock_skew.
[[nodiscard]] Error skew_error(std::string_view service, std::chrono::seconds skew);

// application/x-www-form-urlencoded.
[[nodiscard]] std::string form(const std::vector<std::pair<std::string, std::string>>& fields);

// Where credentials of a metadata service may go: link-local addresses (169.254/16, fe80::/10) and what clouds use as
// such (fd00:ec2::/32), and loopback, which does not leave the machine. Names are never looked up: they are no.
[[nodiscard]] bool stays_near(std::string_view url);

}  // namespace hallmark::keys
