#include "keys/kubernetes/api.h"

#include "base/limits.h"
#include "base/try.h"

namespace hallmark::keys {
namespace {

using base::Json;

constexpr int kUnauthorized = 401;

std::string path_of(const SecretReference& reference) {
  return "/api/v1/namespaces/" + reference.space + "/secrets/" + reference.name;
}

// kubernetes.io, "SelfSubjectAccessReview v1".
Json review_of(const std::string& verb, const SecretReference& reference) {
  const auto attributes = Json::object({{"namespace", reference.space},
                                        {"verb", verb},
                                        {"group", ""},
                                        {"version", "v1"},
                                        {"resource", "secrets"},
                                        {"name", reference.name}});
  return Json::object({{"apiVersion", "authorization.k8s.io/v1"},
                       {"kind", "SelfSubjectAccessReview"},
                       {"spec", Json::object({{"resourceAttributes", attributes}})}});
}

// A "no" counts only where the server could look at every rule.
Known read_review(const Json& answer) {
  const Json* kind = answer.find("kind");
  const Json* status = answer.find("status");
  if (kind == nullptr || *kind != Json("SelfSubjectAccessReview") || status == nullptr) return Known::unknown;
  const Json* allowed = status->find("allowed");
  if (allowed == nullptr || !allowed->as_bool()) return Known::unknown;
  if (*allowed->as_bool()) return Known::yes;
  const Json* problem = status->find("evaluationError");
  return problem == nullptr || problem->is_null() || *problem == Json("") ? Known::no : Known::unknown;
}

}  // namespace

Result<Reply> Api::send_as(const Call& call, const Identity& identity, net::Deadline deadline) {
  Question question;
  question.service = "Kubernetes";
  question.method = call.method;
  question.url = cluster_.server + call.path;
  question.headers.add("Accept", "application/json");
  if (!identity.token.empty()) question.headers.add("Authorization", "Bearer " + identity.token);
  question.body = call.body;
  question.limit = limits::secret_answer_bytes;
  question.tls.ca_pem = cluster_.ca_pem;
  question.tls.client_certificate_pem = identity.certificate_pem;
  question.tls.client_key_pem = identity.key_pem;
  question.deadline = deadline;
  question.proxy = cluster_.proxy;
  if (!cluster_.ca_place.empty()) question.ca_hint = "the cluster's CA is taken from " + cluster_.ca_place;
  // Sent twice, a secret that was made would seem to be another's.
  question.may_retry = call.path.find("/secrets") == std::string::npos || call.method == "GET";
  return ask(services_.http, question);
}

// A token may have been renewed, or have been revoked, since it was read: after a 401 it is asked once more with
// another one, if there is another one.
Result<Reply> Api::send(const Call& call, const Asked& asked, net::Deadline deadline) {
  HM_TRY(Identity identity, login_.identity(deadline));
  HM_TRY(Reply reply, send_as(call, identity, deadline));
  if (reply.status == kUnauthorized) {
    login_.forget();
    HM_TRY(Identity other, login_.identity(deadline));
    if (other != identity) {
      identity = std::move(other);
      HM_TRY(reply, send_as(call, identity, deadline));
    }
  }
  if (!reply.ok()) return fail(refusal(reply, asked, identity, cluster_, services_.clock));
  wipe(reply.body);
  return reply;
}

Result<Json> Api::get_secret(const SecretReference& reference, net::Deadline deadline) {
  HM_TRY(Reply reply, send({"GET", path_of(reference)}, {"get", reference}, deadline));
  return std::move(reply.json);
}

Result<Json> Api::create_secret(const SecretReference& reference, std::string document, net::Deadline deadline) {
  const std::string path = "/api/v1/namespaces/" + reference.space + "/secrets";
  HM_TRY(Reply reply, send({"POST", path, std::move(document)}, {"create", reference}, deadline));
  return std::move(reply.json);
}

Known Api::may(const std::string& verb, const SecretReference& reference, net::Deadline deadline) {
  const auto reply =
      send({"POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review_of(verb, reference).dump()},
           {"review", reference}, deadline);
  return reply ? read_review(reply->json) : Known::unknown;
}

}  // namespace hallmark::keys
