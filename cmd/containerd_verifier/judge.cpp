#include "cmd/containerd_verifier/judge.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "cmd/common/config_file.h"
#include "cmd/common/policy_desk.h"
#include "cmd/common/registry_settings.h"
#include "cmd/common/signed_policy.h"
#include "cmd/containerd_verifier/request.h"
#include "cmd/containerd_verifier/trusted_file.h"
#include "cmd/containerd_verifier/worker.h"
#include "hallmark/verify.h"
#include "node/node_registry.h"
#include "registry/certs_d.h"
#include "registry/credential_source.h"
#include "registry/endpoint.h"

namespace hallmark::cmd {
namespace {

using std::chrono::milliseconds;
using Instant = std::chrono::steady_clock::time_point;

// Everything up to end of file; containerd writes at once, others may not.
Result<Bytes> read_input(int fd, const Clock& clock, Instant deadline) {
  Bytes input;
  std::array<std::uint8_t, 4096> part{};
  for (;;) {
    struct ::pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    const auto left = std::max(milliseconds(0), std::chrono::ceil<milliseconds>(deadline - clock.steady()));
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready == 0) return fail(Outcome::malformed, "standard input did not end in time");
    const ::ssize_t count = ready < 0 ? -1 : ::read(fd, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(Outcome::malformed, "standard input cannot be read");
    if (count == 0) return input;
    if (input.size() + static_cast<std::size_t>(count) > limits::verifier_input_bytes)
      return fail(Outcome::malformed, "standard input has more than 1 MiB");
    input.insert(input.end(), part.begin(), part.begin() + count);
  }
}

// Settings, policy files, the folder they lie in and the keys they name belong to root; where there is a policy key,
// they are signed, too.
Result<std::unique_ptr<PolicyDesk>> open_policy(const node::NodePaths& paths, const Environment& nothing) {
  HM_TRY(const bool configured, base::is_there(kConfigFile, Outcome::config));
  if (configured) HM_DO(check_trusted(kConfigFile));
  HM_TRY(const ConfigFile config, ConfigFile::read(nothing));
  std::vector<std::string> policies = config.policy;
  if (policies.empty()) policies = {paths.policy_dir.string()};
  for (const std::string& path : policies) {
    HM_TRY(const bool there, base::is_there(path, Outcome::config));
    if (!there)
      return fail(Error(Outcome::config, "no policy: " + path + " is not there")
                      .with_hint("\"hallmark policy init\" writes one to begin with"));
    HM_DO(check_trusted(path));
  }
  HM_TRY(const auto sources, read_policy_sources(policies));
  for (const PolicySource& source : sources) HM_DO(check_trusted(source.file));
  if (!config.policy_key.empty()) {
    HM_DO(check_trusted(config.policy_key));
    HM_DO(check_policy_signatures(sources, config.policy_key));
  }
  HM_TRY(Policy policy, Policy::load(sources));
  if (!config.policy_key.empty()) {
    HM_TRY(const bool remembered, check_policy_serials(policy, paths.cache.parent_path()));
    if (!remembered)
      return fail(Outcome::config, "the serial of the policy cannot be kept in " + paths.cache.parent_path().string());
  }
  return std::make_unique<PolicyDesk>(std::move(policy), policy_key_opener(nothing, check_trusted));
}

// How registries are reached, as containerd and kubelet are told; of the environment, the proxy variables alone.
Result<RegistryOptions> registry_for(const node::NodePaths& paths, const Environment& environment, const Clock& clock,
                                     Instant deadline) {
  const std::string path(node::kHelperPath);
  constexpr auto kToTell = milliseconds(300);  // between the last answer of a registry and the deadline
  RegistryOptions options;
  options.timeout = std::max(milliseconds(1), std::chrono::floor<milliseconds>(deadline - clock.steady()) - kToTell);
  options.connect_timeout = std::min(options.connect_timeout, options.timeout);
  options.proxy = proxies_of(environment);
  options.helper_path = path;
  options.helper_deadline = deadline - kToTell;
  options.helper_environment = {{"HOME", "/root"}, {"PATH", path}};
  options.user_agent = "hallmark-verifier/" HALLMARK_VERSION;
  return node::node_registry_options(paths, std::move(options), clock);
}

// Answers the worker, which may neither read credentials nor run a helper.
class Logins {
 public:
  // Of nothing but where these lie a login is told.
  Logins(const RegistryOptions& options, std::vector<Repository> places)
      : options_(options), places_(std::move(places)) {}

  Result<std::optional<RegistryLogin>> find(const std::string& registry, const std::string& repository) {
    if (!source_) HM_DO(open());
    if (!allowed_.contains({registry, repository}))
      return fail(Outcome::internal, "the verifying process asked for a login of " + base::printable(registry) + "/" +
                                         base::printable(repository) + ", which is none of its business");
    HM_TRY(auto known, source_->find(registry, repository));
    if (!known) {
      const auto problem = source_->problem_of(registry);
      return problem ? Result<std::optional<RegistryLogin>>(fail(*problem)) : std::nullopt;
    }
    return RegistryLogin{std::move(known->user), std::move(known->password), std::move(known->source),
                         std::move(known->identity_token)};
  }

 private:
  Result<void> open() {
    for (const Repository& place : places_) {
      HM_TRY(const auto config, registry::host_config(options_.certs_dirs, place.registry()));
      HM_TRY(const auto endpoints, registry::endpoints_of(place.registry(), options_, config));
      for (const auto& endpoint : endpoints) allowed_.emplace(endpoint.host, endpoint.prefix + place.path());
    }
    HM_TRY(auto opened, registry::CredentialSource::open(options_));
    source_.emplace(std::move(opened));
    return {};
  }

  const RegistryOptions& options_;
  std::vector<Repository> places_;
  std::set<std::pair<std::string, std::string>> allowed_;
  std::optional<registry::CredentialSource> source_;  // opened with the first question
};

Decision decision_of(const Verdict& verdict) {
  return {verdict.outcome, verdict.admitted, verdict.enforced, verdict.reason, verdict.hint};
}

// In the worker: what was decided, or why nothing could be.
Decision verify_image(const VerifierRequest& request, const PolicyDemand& demand, const RegistryOptions& options,
                      const Clock& clock, Time now) {
  const auto verdict = [&]() -> Result<Verdict> {
    HM_TRY(const auto client, RegistryClient::create(options, clock));
    const auto image = client->open(request.name.repository());
    std::unique_ptr<ContentStore> elsewhere;
    if (demand.rule() != nullptr && demand.rule()->signatures) elsewhere = client->open(*demand.rule()->signatures);
    VerifyOptions verifying;
    verifying.policy = &demand;
    verifying.now = now;
    verifying.signatures = elsewhere.get();
    return verify(*image, request.image.digest, verifying);
  }();
  if (verdict) return decision_of(*verdict);
  return {.outcome = verdict.error().kind(), .reason = verdict.error().message(), .hint = verdict.error().hint()};
}

// Not done in time: a rule that only warns admits what could not be looked up, but for what is refused without looking.
Result<Decision> late(const PolicyDemand& demand, const Digest& digest, Time now, Error error) {
  const bool warns = demand.rule() != nullptr && !demand.rule()->enforce;
  if (!warns || answer_without_lookup(demand, digest, now)) return fail(std::move(error));
  return Decision{error.kind(), true, false, error.message(), error.hint()};
}

}  // namespace

Time kept_until(const Policy& policy, const Decision& decision, Time now) {
  const bool plainly = decision.admitted && decision.enforced;
  Time until = now + (plainly ? policy.cache().admit : policy.cache().deny);
  const auto ends_with = [&](Time last) {
    if (last >= now) until = std::min(until, last);
  };
  for (const PolicyAnchor& anchor : policy.anchors()) {
    if (anchor.until) ends_with(*anchor.until);
    if (anchor.from && *anchor.from > now) ends_with(*anchor.from - std::chrono::seconds(1));
  }
  for (const PolicyRule& rule : policy.rules())
    for (const PolicyAccept& accept : rule.accept) ends_with(accept.until);
  return until;
}

Result<Judgement> judge(std::span<const char* const> arguments, int input, const Environment& environment,
                        const Clock& clock, Instant deadline, const node::NodePaths& paths) {
  HM_TRY(const auto flags, VerifierArguments::parse(arguments));
  HM_TRY(const Bytes bytes, read_input(input, clock, deadline));
  HM_TRY(const auto request, VerifierRequest::parse(flags, bytes));
  const Repository& repository = request.name.repository();
  Judgement judgement{PinnedReference(repository, request.image.digest).text(), {}};

  const Environment nothing{{}};
  HM_TRY(const auto desk, open_policy(paths, nothing));
  HM_TRY(const PolicyDemand* demand, desk->demand_for(repository));
  const Time now = clock.now();
  const DecisionKey key{request.image.digest, repository.text(), desk->policy().hash(), demand->trust_hash(),
                        HALLMARK_VERSION};
  auto cache = DecisionCache::open(paths.cache);
  if (!cache) {
    judgement.note = cache.error().message();
  } else if (auto kept = cache->find(key, now)) {
    judgement.decision = *std::move(kept);
    judgement.cached = true;
    return judgement;
  }

  HM_TRY(const RegistryOptions options, registry_for(paths, environment, clock, deadline));
  std::vector<Repository> places = {repository};
  if (demand->rule() != nullptr && demand->rule()->signatures) places.push_back(*demand->rule()->signatures);
  Logins logins(options, std::move(places));
  const auto work = [&](const LoginLookup& asked) {
    RegistryOptions bare = options;
    bare.auth_files.clear();
    bare.helper_path.clear();
    bare.login_lookups = {asked};
    return verify_image(request, *demand, bare, clock, now);
  };
  const auto known = [&](const std::string& host, const std::string& path) { return logins.find(host, path); };
  auto decision = run_worker(work, known, clock, deadline);
  if (!decision && decision.error().kind() == Outcome::unreachable) {
    HM_TRY(judgement.decision, late(*demand, request.image.digest, now, std::move(decision).error()));
    return judgement;
  }
  if (!decision) return fail(std::move(decision).error());
  judgement.decision = *std::move(decision);
  if (cache) {
    const auto stored = cache->store(key, judgement.decision, now, kept_until(desk->policy(), judgement.decision, now));
    if (!stored) judgement.note = stored.error().message();
  }
  return judgement;
}

}  // namespace hallmark::cmd
