#include "cmd/containerd_verifier/judge.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "cmd/common/policy_desk.h"
#include "cmd/common/registry_settings.h"
#include "cmd/common/signed_policy.h"
#include "cmd/containerd_verifier/reach.h"
#include "cmd/containerd_verifier/request.h"
#include "cmd/containerd_verifier/trusted_file.h"
#include "cmd/containerd_verifier/worker.h"
#include "hallmark/trust.h"
#include "hallmark/verify.h"
#include "node/config_file.h"
#include "node/node_registry.h"

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

// What config.yaml says of them, if it belongs to root.
Result<node::NodePaths> trusted_paths(const node::NodePaths& paths) {
  HM_TRY(const bool there, base::is_there(paths.config_file(), Outcome::config));
  if (there) HM_DO(check_trusted(paths.config_file()));
  return node::configured(paths);
}

// Where there is a policy key: each file signed, and none older than one that was in force.
Result<void> check_signed(const node::NodePaths& paths, const std::vector<PolicySource>& sources) {
  HM_DO(check_trusted(paths.policy_key));
  return check_policy_signatures(sources, paths.policy_key.string());
}

Result<void> check_serials(const node::NodePaths& paths, const Policy& policy) {
  HM_TRY(const bool there, base::is_there(paths.state_dir(), Outcome::config));
  if (there) HM_DO(check_trusted(paths.state_dir()));
  HM_TRY(const bool remembered, keep_policy_serials(policy, paths.state_dir()));
  if (remembered) return {};
  return fail(Outcome::config, "the serial of the policy cannot be kept in " + paths.state_dir().string());
}

// A node asks no key service: what the policy names there is pinned, or it is refused.
Result<ElsewhereOpener> pinned_keys(const std::filesystem::path& file) {
  HM_TRY(const bool there, base::is_there(file, Outcome::config));
  TrustFile pins;
  if (there) {
    HM_DO(check_trusted(file));
    HM_TRY(pins, TrustFile::read(file));
  }
  return [file, pins = std::make_shared<const TrustFile>(std::move(pins))](
             const std::string& reference) -> Result<PublicKey> {
    if (const Pin* pin = pins->find(reference)) return pin->key;
    return fail(not_pinned(reference, file));
  };
}

// Policy files, the folders they lie in and the keys they name belong to root.
Result<std::unique_ptr<PolicyDesk>> open_policy(const node::NodePaths& paths, const Environment& nothing) {
  std::vector<std::string> policies;
  for (const auto& path : paths.policies) {
    HM_TRY(const bool there, base::is_there(path, Outcome::config));
    if (!there)
      return fail(Error(Outcome::config, "no policy: " + path.string() + " is not there")
                      .with_hint("\"hallmark policy init\" writes one to begin with"));
    HM_DO(check_trusted(path));
    policies.push_back(path.string());
  }
  HM_TRY(const auto sources, read_policy_sources(policies));
  for (const PolicySource& source : sources) HM_DO(check_trusted(source.file));
  if (!paths.policy_key.empty()) HM_DO(check_signed(paths, sources));
  HM_TRY(Policy policy, Policy::load(sources));
  if (!paths.policy_key.empty()) HM_DO(check_serials(paths, policy));
  HM_TRY(ElsewhereOpener elsewhere, pinned_keys(paths.trust_file));
  return std::make_unique<PolicyDesk>(std::move(policy),
                                      policy_key_opener(nothing, std::move(elsewhere), check_trusted));
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
                        const Clock& clock, Instant deadline, const node::NodePaths& usual) {
  HM_TRY(const auto flags, VerifierArguments::parse(arguments));
  HM_TRY(const Bytes bytes, read_input(input, clock, deadline));
  HM_TRY(const auto request, VerifierRequest::parse(flags, bytes));
  const Repository& repository = request.name.repository();
  Judgement judgement{PinnedReference(repository, request.image.digest).text(), {}};

  const Environment nothing{{}};
  HM_TRY(const node::NodePaths paths, trusted_paths(usual));
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
  Reach reach(options, places);
  const auto work = [&](const LoginLookup& asked) {
    RegistryOptions bare = options;
    bare.auth_files.clear();
    bare.helper_path.clear();
    bare.login_lookups = {asked};
    return verify_image(request, *demand, bare, clock, now);
  };
  const auto known = [&](const std::string& host, const std::string& path) { return reach.login(host, path); };
  auto decision = run_worker({work, reach.readable()}, known, clock, deadline);
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
