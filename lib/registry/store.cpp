#include "registry/store.h"

#include <algorithm>

#include "base/try.h"
#include "registry/registry_error.h"
#include "registry/text.h"

namespace hallmark::registry {

std::string RegistryStore::url(const Endpoint& endpoint, std::string_view rest) const {
  std::string text = endpoint.base + "/" + repository_.path() + "/" + std::string(rest);
  if (endpoint.mirror()) add_query(text, "ns", endpoint.upstream_name);
  return text;
}

ContentStore* RegistryStore::upstream() {
  const auto endpoints = parts_.endpoints_for(repository_.registry());
  const auto other = [](const Endpoint& endpoint) { return endpoint.resolve && !endpoint.authority; };
  return upstream_ && endpoints && std::ranges::any_of(**endpoints, other) ? upstream_.get() : nullptr;
}

bool RegistryStore::may_ask(const Endpoint& endpoint, Use use) const {
  if (use == Use::pull) return endpoint.pull;
  return endpoint.resolve && (endpoint.authority || !authority_alone_);
}

// A mirror that hangs must leave time for the registry itself.
net::Deadline RegistryStore::deadline_for(const Endpoint& endpoint) const {
  if (endpoint.authority || !endpoint.mirror()) return deadline_;
  const auto now = parts_.clock.steady();
  return now < deadline_ ? now + (deadline_ - now) / 2 : deadline_;
}

Access RegistryStore::access_to(const Endpoint& endpoint, std::string_view rights) const {
  Access access;
  access.endpoint = &endpoint;
  access.repository = repository_.path();
  access.rights = {{repository_.path(), std::string(rights)}};
  access.deadline = deadline_for(endpoint);
  return access;
}

Result<RegistryStore::Answer> RegistryStore::ask(const Access& access, net::Request request) const {
  Answer answer;
  HM_TRY(answer.response, parts_.send(access, std::move(request), &answer.sent_as));
  return answer;
}

Result<RegistryStore::Answer> RegistryStore::ask(const Endpoint& endpoint, net::Request request,
                                                 std::string_view rights) const {
  return ask(access_to(endpoint, rights), std::move(request));
}

Error RegistryStore::refused(const Endpoint& endpoint, const Answer& answer, const std::string& doing) const {
  const std::string said = "registry " + endpoint.host + " answers " + answer_text(answer.response);
  const Outcome kind = outcome_of(answer.response.status);
  if (kind == Outcome::unauthorized) {
    const std::string who =
        answer.sent_as.empty() ? "no credentials were sent" : "sent the credentials of " + answer.sent_as;
    const Error refusal = Error(kind, doing + ": " + said + "; " + who).with_hint("hallmark login " + endpoint.host);
    return parts_.credentials.explained(refusal, endpoint.host);
  }
  if (kind == Outcome::not_found && error_code(answer.response) == "NAME_UNKNOWN")
    return {kind, doing + ": registry " + endpoint.host + " has no repository " + repository_.path()};
  if (kind == Outcome::not_found) return {kind, doing + ": not found (" + said + ")"};
  return {kind, doing + ": " + said};
}

// Where content is written, and where it is asked whether it need not be. Reading never asks for it.
Result<const Endpoint*> RegistryStore::write_endpoint() const {
  HM_TRY(const auto endpoints, parts_.endpoints_for(repository_.registry()));
  for (const Endpoint& endpoint : *endpoints) {
    if (endpoint.push) return &endpoint;  // the client keeps what `endpoints` points at
  }
  return fail(Outcome::config, "certs.d leaves no place to write " + repository_.registry() + " to");
}

}  // namespace hallmark::registry
