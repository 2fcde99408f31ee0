#include "base/encoding.h"
#include "base/time.h"
#include "keys/kubernetes/api.h"

namespace hallmark::keys {
namespace {

using base::Json;

constexpr std::string_view kService = "Kubernetes";

std::string text_at(const Json* object, std::string_view key) {
  const Json* value = object == nullptr ? nullptr : object->find(key);
  return value == nullptr || value->as_string() == nullptr ? std::string() : *value->as_string();
}

// What of a Status (kind Status of v1) is told.
struct Status {
  std::string reason;   // "Forbidden"
  std::string message;  // the server's words
  std::string kind;     // of details: what it is about, "namespaces"
};

Status status_of(const Reply& reply) {
  const bool is_status = text_at(&reply.json, "kind") == "Status";
  if (!is_status) return {};
  const auto shown = [&](const Json* object, std::string_view key) {
    return base::printable(text_at(object, key), 300);
  };
  return {shown(&reply.json, "reason"), shown(&reply.json, "message"), shown(reply.json.find("details"), "kind")};
}

// … User "system:serviceaccount:ci:signer" cannot get resource …
std::string user_in(const std::string& message) {
  constexpr std::string_view kBefore = "User \"";
  const auto start = message.find(kBefore);
  if (start == std::string::npos) return {};
  const auto end = message.find('"', start + kBefore.size());
  if (end == std::string::npos) return {};
  return message.substr(start + kBefore.size(), end - start - kBefore.size());
}

std::string what(const Asked& asked) { return "the secret " + asked.reference.path(); }

std::string answered(const Reply& reply, const Status& status) {
  std::string text = "answers " + std::to_string(reply.status);
  if (!status.reason.empty()) text += " (" + status.reason + ")";
  if (!status.message.empty()) text += ": " + status.message;
  return text;
}

Error unauthorized(const Reply& reply, const Identity& identity, const Cluster& cluster, const Clock& clock) {
  if (const auto skew = clock_skew(reply.headers, clock)) return skew_error(kService, *skew);
  const std::string user = cluster.user.name.empty() ? std::string("nobody, as the kubeconfig names no user")
                                                     : "\"" + base::printable(cluster.user.name, 80) + "\"";
  if (identity.empty())
    return service_error(kService, cluster.authority + " wants to know who asks, and " + user + " has no credentials",
                         Cause::no_credentials)
        .with_hint("give the user of the context a token, a client certificate or an exec plugin");
  const std::string thing = identity.token.empty() ? "client certificate" : "token";
  const auto end = end_of(identity);
  if (end && *end <= clock.now())
    return service_error(kService, "the " + thing + " of " + user + " ended at " + base::format_time(*end),
                         Cause::expired_credentials)
        .with_hint("log in anew; a pod's token is renewed by kubelet as long as the pod runs");
  return service_error(kService, cluster.authority + " does not take the " + thing + " of " + user,
                       Cause::refused_credentials)
      .with_hint("it is of another cluster, was revoked, or is not meant for the API server");
}

Error forbidden(const Reply& reply, const Status& status, const Asked& asked, const Cluster& cluster) {
  const std::string user = user_in(status.message);
  // Others than RBAC forbid, too: admission, a proxy before the server.
  if (user.empty())
    return service_error(
        kService,
        cluster.authority + " forbids to " + asked.verb + " " + what(asked) + ": it " + answered(reply, status),
        Cause::access_denied);
  return service_error(kService, "the user \"" + user + "\" may not " + asked.verb + " " + what(asked),
                       Cause::access_denied)
      .with_hint("a Role must allow \"" + asked.verb + "\" on secrets" +
                 (asked.verb == "create" ? "" : " with the resourceName " + asked.reference.name) + " in namespace " +
                 asked.reference.space + ", and a RoleBinding give it to this user");
}

Error not_found(const Reply& reply, const Status& status, const Asked& asked, const Cluster& cluster) {
  if (status.kind == "namespaces")
    return service_error(kService, "there is no namespace " + asked.reference.space, Cause::not_found);
  if (status.kind == "secrets")
    return service_error(kService,
                         "there is no secret " + asked.reference.name + " in namespace " + asked.reference.space,
                         Cause::not_found)
        .with_hint("\"hallmark key generate --kms k8s://" + asked.reference.path() + "\" makes it");
  return service_error(kService, cluster.authority + " is no Kubernetes API server: it " + answered(reply, status),
                       Cause::not_found);
}

}  // namespace

Error refusal(const Reply& reply, const Asked& asked, const Identity& identity, const Cluster& cluster,
              const Clock& clock) {
  const Status status = status_of(reply);
  switch (reply.status) {
    case 401:
      return unauthorized(reply, identity, cluster, clock);
    case 403:
      return forbidden(reply, status, asked, cluster);
    case 404:
      return not_found(reply, status, asked, cluster);
    case 409:
      return service_error(kService, what(asked) + " exists already: nothing was written", Cause::exists)
          .with_hint("name another secret, or delete this one if no signature by its key is needed any more");
    case 429:
      return service_error(kService, cluster.authority + " " + answered(reply, status), Cause::throttled);
    default:
      break;
  }
  const bool server = reply.status >= 500;
  return service_error(kService, cluster.authority + " " + answered(reply, status),
                       server ? Cause::unreachable : Cause::unsupported);
}

}  // namespace hallmark::keys
