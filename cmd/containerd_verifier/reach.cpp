#include "cmd/containerd_verifier/reach.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "registry/certs_d.h"
#include "registry/endpoint.h"

namespace hallmark::cmd {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    entries.push_back(at->path());
  return entries;
}

void add_tls(const net::TlsOptions& tls, std::vector<fs::path>& into) {
  into.insert(into.end(), tls.ca_files.begin(), tls.ca_files.end());
  for (const auto& path : {tls.client_certificate, tls.client_key})
    if (!path.empty()) into.push_back(path);
}

// A host's folder, and its files one by one: each may be a link to elsewhere; and what its hosts.toml names.
void add_host(const fs::path& folder, std::vector<fs::path>& into) {
  into.push_back(folder);
  std::ranges::move(entries_of(folder), std::back_inserter(into));
  const fs::path file = folder / "hosts.toml";
  const auto bytes = base::read_file(file, limits::config_file_bytes, Outcome::config);
  const auto hosts = bytes ? registry::HostsToml::parse(as_text(*bytes), file) : fail(bytes.error());
  if (!hosts) return;
  add_tls(hosts->server.tls, into);
  for (const auto& entry : hosts->hosts) add_tls(entry.tls, into);
}

}  // namespace

Reach::Reach(const RegistryOptions& options, const std::vector<Repository>& places)
    : options_(options), readable_(options.certs_dirs) {
  // Of all hosts: which of them issues tokens the registry will say.
  for (const auto& directory : options.certs_dirs) {
    for (const auto& folder : entries_of(directory)) add_host(folder, readable_);
  }
  for (const Repository& place : places) (void)add(place);
}

Result<void> Reach::add(const Repository& place) {
  HM_TRY(const auto config, registry::host_config(options_.certs_dirs, place.registry()));
  HM_TRY(const auto endpoints, registry::endpoints_of(place.registry(), options_, config));
  for (const auto& endpoint : endpoints) {
    allowed_.emplace(endpoint.host, endpoint.prefix + place.path());
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
