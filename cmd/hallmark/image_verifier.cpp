#include "cmd/hallmark/image_verifier.h"

#include <filesystem>

#include "base/encoding.h"
#include "base/try.h"
#include "cmd/common/signed_policy.h"
#include "cmd/hallmark/key_desk.h"
#include "cmd/hallmark/settings.h"

namespace hallmark::cmd {

namespace {

constexpr const char* kConfiguredPolicy = "/etc/hallmark/policy.d";
constexpr const char* kStateFolder = "/var/lib/hallmark";

Result<VerifyOptions> options_of(Context& context, const VerifyingFlags& flags) {
  VerifyOptions options;
  KeyDesk desk(context, {.network = flags.registry, .trust_file = flags.trust});
  for (const std::string& key : flags.keys) {
    HM_TRY(PublicKey opened, desk.public_key(key));
    options.keys.push_back(std::move(opened));
  }
  HM_TRY(options.annotations, parse_annotations(flags.annotations));
  HM_TRY(options.format, parse_format(flags.format));
  HM_TRY(options.platform, parse_platform(flags.platform));
  options.recursive = flags.recursive;
  options.content = flags.content;
  return options;
}

// Where the policy is, when there is no --key.
Result<std::vector<std::string>> policy_paths(const VerifyingFlags& flags, const Environment& environment,
                                              const node::ConfigFile& config) {
  if (!flags.policies.empty()) return flags.policies;
  if (const std::string named = environment.get("HALLMARK_POLICY"); !named.empty()) return std::vector{named};
  if (!config.policy.empty()) return std::vector<std::string>(config.policy.begin(), config.policy.end());
  std::error_code ignored;
  if (std::filesystem::exists(kConfiguredPolicy, ignored)) return std::vector{std::string(kConfiguredPolicy)};
  return fail(Error(Outcome::usage, "neither a key nor a policy was given")
                  .with_hint(std::string("pass --key or --policy, or put a policy into ") + kConfiguredPolicy));
}

// With a policy-key, no file older than it was before.
Result<void> check_serials(Context& context, const Policy& policy) {
  const std::string named = context.environment.get("HALLMARK_STATE");
  const std::string folder = named.empty() ? kStateFolder : named;
  HM_TRY(const bool kept, keep_policy_serials(policy, folder));
  if (!kept)
    context.output.warning("the policy's serial cannot be kept in " + base::printable(folder),
                           "an older version of the policy would not be noticed");
  return {};
}

// A pin if there is one; else the service is asked.
ElsewhereOpener pins_first(Context& context, const VerifyingFlags& flags) {
  auto desk = std::make_shared<KeyDesk>(context, KeyDeskOptions{.network = flags.registry, .trust_file = flags.trust});
  return [desk](const std::string& reference) { return desk->public_key(reference); };
}

Result<std::unique_ptr<PolicyDesk>> open_desk(Context& context, const VerifyingFlags& flags) {
  HM_TRY(const node::ConfigFile config, read_config(context.environment));
  HM_TRY(const auto paths, policy_paths(flags, context.environment, config));
  HM_TRY(const auto sources, read_policy_sources(paths));
  const bool must_be_signed = !config.policy_key.empty();
  if (must_be_signed)
    HM_DO(check_policy_signatures(sources, config.policy_key.string()));  // before anything reads them
  HM_TRY(Policy policy, Policy::load(sources));
  if (must_be_signed) HM_DO(check_serials(context, policy));
  return std::make_unique<PolicyDesk>(std::move(policy),
                                      policy_key_opener(context.environment, pins_first(context, flags)));
}

// What an image sent, where nobody below knew what to do next.
Error with_next_step(Error error) {
  if (error.kind() != Outcome::malformed || !error.hint().empty()) return error;
  return error.with_hint(
      "it is damaged, tampered with or beyond every sensible limit: fetch it again, from where it was signed");
}

// What a rule says of a tag before it is resolved, if that is a refusal.
std::optional<Error> refusal_of_tag(const PolicyDemand& demand, Time now) {
  const auto answer = answer_without_lookup(demand, std::nullopt, now);
  if (!answer || answer->met || (demand.rule() != nullptr && !demand.rule()->enforce)) return std::nullopt;
  const Error error(answer->outcome.value_or(Outcome::denied), answer->reason);
  return answer->hint.empty() ? error : error.with_hint(answer->hint);
}

// By what.
void add_trust_flags(Command& command, VerifyingFlags& flags) {
  command.option(
      {.names = "-k,--key",
       .value = "KEY",
       .help = std::string("public key: ") + kKeyForms + "; may be repeated, then a signature by any of them will do"},
      flags.keys);
  command.option({.names = "--policy",
                  .value = "FILE",
                  .help = "policy file, or a folder of them; may be repeated, they add up",
                  .excludes = "--key"},
                 flags.policies);
  add_trust_flag(command, flags.trust);
  command.option({.names = "--as",
                  .value = "REPO",
                  .help = "the rule for this repository decides; for an image in a layout or archive"},
                 flags.as);
}

}  // namespace

void add_verifying_flags(Command& command, VerifyingFlags& flags) {
  add_trust_flags(command, flags);
  command.option(
      {.names = "-a,--annotation", .value = "KEY=VALUE", .help = "must be said by the signature; may be repeated"},
      flags.annotations);
  command.option({.names = "--format",
                  .value = "FORMAT",
                  .help = "look for signatures of this format only; saves requests",
                  .choices = {"bundle", "simple"}},
                 flags.format);
  command.option(
      {.names = "-r,--recursive", .value = "", .help = "demand signatures of the index and of every manifest in it"},
      flags.recursive);
  command.option({.names = "--platform",
                  .value = "OS/ARCH",
                  .help = "demand a signature of this one manifest of an index",
                  .excludes = "--recursive"},
                 flags.platform);
  command.option({.names = "--content",
                  .value = "",
                  .help = "fetch and hash every blob of the image, too; always done in a layout or archive"},
                 flags.content);
  command.option(
      {.names = "--check-name", .value = "", .help = "the signature must state this repository (simple format)"},
      flags.check_name);
  command.option({.names = "--signature-repository",
                  .value = "REPO",
                  .help = "look for signatures there instead of beside the image; COSIGN_REPOSITORY does the same",
                  .variable = "HALLMARK_SIGNATURE_REPOSITORY"},
                 flags.signature_repository);
  add_registry_flags(command, flags.registry);
}

Result<ImageVerifier> ImageVerifier::open(Context& context, const VerifyingFlags& flags) {
  HM_TRY(RegistryOptions registry, registry_options(flags.registry, context.environment));
  ImageVerifier verifier(context, flags, std::move(registry));
  HM_TRY(verifier.options_, options_of(context, flags));
  if (!flags.keys.empty()) return verifier;
  HM_TRY(verifier.desk_, open_desk(context, flags));
  return verifier;
}

Result<Repository> ImageVerifier::repository_of(const ImageName& name) const {
  if (!flags_->as.empty()) {
    auto repository = Repository::parse(flags_->as);
    if (!repository) return fail(repository.error().within("--as"));
    return repository;
  }
  if (name.repository()) return *name.repository();
  return fail(Error(Outcome::usage, name.place_text() + " is no repository, so no rule of the policy is about it")
                  .with_hint("pass --as REPOSITORY: where the image will be pulled from"));
}

// What the options mean for this image.
Result<VerifyOptions> ImageVerifier::options_for(const ImageName& name) const {
  VerifyOptions options = options_;
  if (name.place() != ImageName::Place::registry) options.content = true;  // it is all here, and cheap to hash
  if (desk_ != nullptr) {
    HM_TRY(const Repository repository, repository_of(name));
    HM_TRY(options.policy, desk_->demand_for(repository));
    options.now = context_->clock.now();
  }
  if (!flags_->check_name) return options;
  if (name.place() != ImageName::Place::registry)
    return fail(Outcome::usage,
                "--check-name needs an image in a registry: " + name.place_text() + " is no repository name");
  options.name = name.repository()->text();
  return options;
}

// --signature-repository, else `signatures` of the rule.
Result<std::optional<OpenedImage>> ImageVerifier::signatures_for(const ImageName& name, const VerifyOptions& options) {
  const auto* rule = options.policy != nullptr ? options.policy->rule() : nullptr;
  if (flags_->signature_repository.empty() && rule != nullptr && rule->signatures) {
    HM_TRY(const ImageName place, ImageName::parse(rule->signatures->text()));
    HM_TRY(OpenedImage opened, images_->open(place, OpenMode::read));
    return opened;
  }
  return open_signature_repository(*images_, flags_->signature_repository, name, OpenMode::read, context_->environment);
}

Result<Verdict> ImageVerifier::verify(const std::string& reference, std::string& image) {
  HM_TRY(const ImageName name, ImageName::parse(reference));
  HM_TRY(VerifyOptions options, options_for(name));
  if (options.policy != nullptr && !name.digest()) {
    if (auto refusal = refusal_of_tag(*options.policy, options.now)) return fail(*std::move(refusal));
  }
  HM_TRY(OpenedImage opened, images_->open(name, OpenMode::read));
  HM_TRY(auto signatures, signatures_for(name, options));
  if (signatures) options.signatures = &signatures->store();
  HM_TRY(const Digest digest, Images::resolve(opened, name));
  image = name.pinned(digest);
  Result<Verdict> verdict = hallmark::verify(opened.store(), digest, options);
  if (!verdict) return fail(with_next_step(std::move(verdict).error()));
  verdict->reference = name.text();
  image = name.pinned(verdict->digest);
  return verdict;
}

}  // namespace hallmark::cmd
