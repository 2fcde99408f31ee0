#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "registry/endpoint.h"
#include "registry/parts.h"
#include "registry/registry_error.h"
#include "registry/store.h"

namespace hallmark {

Result<std::unique_ptr<RegistryClient>> RegistryClient::create(RegistryOptions options, const Clock& clock) {
  auto client = net::HttpClient::create(registry::client_options(options), clock);
  if (!client) return fail(client.error().as(Outcome::config));
  return Parts::assemble(std::move(options), clock, *std::move(client));
}

RegistryClient::RegistryClient(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
RegistryClient::~RegistryClient() = default;

std::unique_ptr<ContentStore> RegistryClient::open(const Repository& repository) {
  return std::make_unique<registry::RegistryStore>(*parts_, repository);
}

Result<void> RegistryClient::check_login(const std::string& registry, const std::string& user, const Secret& password) {
  const std::string name = registry::credential_host(registry);
  HM_TRY(const auto endpoints, parts_->endpoints_for(name));
  const registry::Endpoint& endpoint = endpoints->back();  // the registry itself
  const registry::Credential credential{user, Secret::copy_of(password.view()), {}, {}};
  registry::Access access;
  access.endpoint = &endpoint;
  access.credential = &credential;
  access.deadline = parts_->deadline();
  net::Request request;
  request.url = endpoint.base + "/";
  request.limit = limits::error_body_bytes;
  const std::string doing = "logging in to " + endpoint.host;
  auto response = parts_->send(access, std::move(request));
  if (!response) return fail(response.error().within(doing));
  if (response->status == 200) return {};
  const std::string said = doing + ": registry " + endpoint.host + " answers " + registry::answer_text(*response);
  const Outcome kind = registry::outcome_of(response->status);
  if (kind != Outcome::unauthorized) return fail(kind, said);
  return fail(Error(kind, said).with_hint("check user and password; some registries want an access token instead"));
}

RegistryClient::Statistics RegistryClient::statistics() const {
  const net::Statistics seen = parts_->http->statistics();
  return {seen.requests, seen.bytes_received, seen.connections};
}

}  // namespace hallmark
