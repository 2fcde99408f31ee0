#include "registry/authorizer.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/try.h"
#include "registry/basic.h"
#include "registry/text.h"

namespace hallmark::registry {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find(separator);
    if (end != 0) out.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

// Whether a scope of the challenge is one of ours under a longer name (a proxy that serves a registry below a path),
// for no more than we want to do. Any other is not asked for: a registry does not choose what our credentials open.
bool is_ours_renamed(std::string_view scope, std::string_view repository, std::string_view actions) {
  if (!scope.starts_with("repository:")) return false;
  const auto colon = scope.rfind(':');
  const std::string_view name = scope.substr(11, colon < 11 ? 0 : colon - 11);
  if (name != repository && !name.ends_with("/" + std::string(repository))) return false;
  const auto wanted = split(actions, ',');
  const auto named = split(scope.substr(colon + 1), ',');
  return !named.empty() && std::ranges::all_of(named, [&](const std::string& action) {
    return std::ranges::find(wanted, action) != wanted.end();
  });
}

std::string scope_name(std::string_view scope) { return std::string(scope.substr(0, scope.rfind(':'))); }

Scopes scopes_of(const Access& access, std::string_view challenged) {
  Scopes scopes;
  const auto named = split(challenged, ' ');
  for (const auto& [repository, actions] : access.rights) {
    std::string scope = "repository:" + access.endpoint->prefix + repository;
    for (const std::string& other : named) {
      if (is_ours_renamed(other, repository, actions)) scope = scope_name(other);
    }
    scopes.push_back(scope + ":" + actions);
  }
  std::ranges::sort(scopes);
  return scopes;
}

// Bearer before Basic: a registry that offers both wants Basic only for old clients.
Result<std::optional<Challenge>> strongest(const net::Response& response) {
  std::optional<Challenge> best;
  for (const std::string& field : response.headers.all("WWW-Authenticate")) {
    HM_TRY(auto challenges, parse_challenges(field));
    for (Challenge& challenge : challenges) {
      const bool better =
          challenge.scheme == "bearer" ? !best || best->scheme != "bearer" : challenge.scheme == "basic" && !best;
      if (better) best = std::move(challenge);
    }
  }
  return best;
}

// A credential never goes over plain HTTP except to loopback.
Result<void> check_private(const Endpoint& endpoint, const std::string& whose) {
  if (endpoint.origin.starts_with("https://") || is_loopback(host_of(endpoint.host))) return {};
  return fail(Error(Outcome::unauthorized, "registry " + endpoint.host + " wants credentials, and those of " + whose +
                                               " are not sent over plain http")
                  .with_hint("use https; only loopback registries get credentials without it"));
}

// certs.d may hold the credential itself, as containerd has it: [host."https://…".header] authorization = "Basic …".
Result<Authorization> configured(const Access& access) {
  const std::string* value = access.endpoint->headers.find("Authorization");
  if (value == nullptr || access.credential != nullptr) return Authorization();
  HM_DO(check_private(*access.endpoint, "its hosts.toml"));
  Authorization out;
  out.value = *value;
  out.whose = "hosts.toml";
  return out;
}

}  // namespace

Result<std::optional<Credential>> Authorizer::credential_for(const Access& access) const {
  const Endpoint& endpoint = *access.endpoint;
  std::optional<Credential> credential;
  if (access.credential != nullptr) {
    credential = access.credential->copy();
  } else {
    HM_TRY(credential, credentials_.find(endpoint.host, endpoint.prefix + access.repository));
  }
  if (credential) HM_DO(check_private(endpoint, describe(*credential)));
  return credential;
}

Result<Authorization> Authorizer::basic(const Access& access) const {
  HM_TRY(const auto credential, credential_for(access));
  Authorization out;
  if (!credential) return out;
  if (!credential->identity_token.empty())
    return fail(Error(Outcome::unauthorized, "registry " + access.endpoint->host +
                                                 " wants user and password, and there is only an identity token in " +
                                                 credential->source)
                    .with_hint("hallmark login " + access.endpoint->host));
  out.value = basic_authorization(*credential);
  out.whose = describe(*credential);
  return out;
}

// Whatever is said of the registry holds for a token server at the very same place; its CAs also for one of its site.
// Nothing that weakens TLS, and no client certificate, follows to another place.
Result<net::TlsOptions> Authorizer::tls_for(const net::Url& realm, const Endpoint& endpoint, RealmTrust trust) const {
  if (realm.origin() == endpoint.origin) return endpoint.tls;
  HM_TRY(net::TlsOptions tls, tls_of_(realm));
  if (trust == RealmTrust::credentials) {
    for (const auto& file : endpoint.tls.ca_files) {
      if (std::ranges::find(tls.ca_files, file) == tls.ca_files.end()) tls.ca_files.push_back(file);
    }
  }
  return tls;
}

Result<Authorization> Authorizer::bearer(const Access& access, const Demand& demand) {
  const Endpoint& endpoint = *access.endpoint;
  const auto parsed = net::Url::parse(demand.realm);
  if (!parsed)
    return fail(Outcome::unauthorized, "registry " + endpoint.host +
                                           " names a token server that is no http(s) URL: \"" +
                                           base::printable(demand.realm, 100) + "\"");
  HM_TRY(const net::Url registry, net::Url::parse(endpoint.origin));
  HM_TRY(const RealmTrust trust, judge_realm(*parsed, registry, named_realms_));
  HM_TRY(const auto credential, credential_for(access));
  if (credential && trust == RealmTrust::anonymous)
    return fail(Error(Outcome::unauthorized, "registry " + endpoint.host + " sends us to the token server " +
                                                 parsed->origin() +
                                                 ", which is not of its own site: the credentials of " +
                                                 describe(*credential) + " are not sent there")
                    .with_hint("if this token server is right, name it: --token-realm " + parsed->origin()));
  TokenRequest request;
  request.registry = endpoint.origin;
  request.realm = parsed->text;
  request.service = demand.service;
  request.scopes = scopes_of(access, demand.scope);
  request.credential = credential ? &*credential : nullptr;
  HM_TRY(request.tls, tls_for(*parsed, endpoint, trust));
  request.deadline = access.deadline;
  auto token = tokens_.get(request);
  if (!token) return fail(credentials_.explained(std::move(token).error(), endpoint.host));
  return Authorization{"Bearer " + token->value,
                       credential ? describe(*credential) : std::string(),
                       token->fresh,
                       request.key(),
                       token->value,
                       request.scopes};
}

Result<Authorization> Authorizer::before(const Access& access) {
  Demand demand;
  {
    const std::lock_guard lock(mutex_);
    const auto found = demands_.find(access.endpoint->origin);
    if (found == demands_.end()) return configured(access);
    demand = found->second;
  }
  HM_TRY(Authorization out, demand.bearer ? bearer(access, demand) : basic(access));
  return out.value.empty() ? configured(access) : std::move(out);
}

Result<std::optional<Authorization>> Authorizer::after(const Access& access, const net::Response& response,
                                                       const Authorization& sent) {
  HM_TRY(const auto challenge, strongest(response));
  if (!challenge) return std::nullopt;
  Demand demand;
  demand.bearer = challenge->scheme == "bearer";
  demand.realm = challenge->parameter("realm");
  demand.service = challenge->parameter("service");
  {
    const std::lock_guard lock(mutex_);
    demands_[access.endpoint->origin] = demand;
  }
  demand.scope = challenge->parameter("scope");
  if (!demand.bearer) {
    HM_TRY(Authorization answer, basic(access));
    if (answer.value.empty() || answer.value == sent.value) return std::nullopt;
    return answer;
  }
  if (!sent.token_key.empty() && !sent.fresh) tokens_.forget(sent.token_key, sent.token_value);
  HM_TRY(Authorization answer, bearer(access, demand));
  if (answer.value == sent.value || (sent.fresh && answer.scopes == sent.scopes)) return std::nullopt;
  return answer;
}

}  // namespace hallmark::registry
