#include "cmd/containerd_verifier/reach.h"

#include "base/encoding.h"
#include "base/try.h"
#include "registry/certs_d.h"
#include "registry/endpoint.h"

namespace hallmark::cmd {

Reach::Reach(const RegistryOptions& options, const std::vector<Repository>& places)
    : options_(options), readable_(options.certs_dirs) {
  for (const Repository& place : places) (void)add(place);
}

Result<void> Reach::add(const Repository& place) {
  HM_TRY(const auto config, registry::host_config(options_.certs_dirs, place.registry()));
  HM_TRY(const auto endpoints, registry::endpoints_of(place.registry(), options_, config));
  for (const auto& endpoint : endpoints) {
    allowed_.emplace(endpoint.host, endpoint.prefix + place.path());
    readable_.insert(readable_.end(), endpoint.tls.ca_files.begin(), endpoint.tls.ca_files.end());
    for (const auto& path : {endpoint.tls.client_certificate, endpoint.tls.client_key})
      if (!path.empty()) readable_.push_back(path);
  }
  return {};
}

Result<std::optional<RegistryLogin>> Reach::login(const std::string& registry, const std::string& repository) {
  if (!allowed_.contains({registry, repository}))
    return fail(Outcome::internal, "the verifying process asked for a login of " + base::printable(registry) + "/" +
                                       base::printable(repository) + ", which is none of its business");
  if (!source_) {
    HM_TRY(auto opened, registry::CredentialSource::open(options_));
    source_.emplace(std::move(opened));
  }
  HM_TRY(auto known, source_->find(registry, repository));
  if (!known) {
    const auto problem = source_->problem_of(registry);
    return problem ? Result<std::optional<RegistryLogin>>(fail(*problem)) : std::nullopt;
  }
  return RegistryLogin{std::move(known->user), std::move(known->password), std::move(known->source),
                       std::move(known->identity_token)};
}

}  // namespace hallmark::cmd
