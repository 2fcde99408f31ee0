#include <algorithm>

#include "base/encoding.h"
#include "base/try.h"
#include "cmd/common/json_report.h"
#include "cmd/common/signed_policy.h"
#include "cmd/hallmark/doctor_keys.h"
#include "node/clock_skew.h"
#include "node/config_file.h"
#include "node/doctor.h"
#include "node/node_registry.h"

namespace hallmark::cmd {

namespace {

using node::Diagnosis;
using node::Severity;

struct DoctorFlags {
  std::string root = "/";
  std::string containerd_config;
  std::string containerd_version;
  std::string policy_dir;
  std::string provider_config;
  std::string provider_bin_dir;
  std::string registry_host;
  std::vector<std::string> keys;
  std::string role;
  std::string trust;
  std::string password_file;
  OutputFlags output;
  RegistryFlags registry;
};

// What a flag names goes before what config.yaml does.
Result<void> take_flags(const DoctorFlags& flags, node::NodePaths& paths) {
  const auto take = [](const std::string& flag, std::filesystem::path& into) {
    if (!flag.empty()) into = flag;
  };
  take(flags.containerd_config, paths.containerd_config);
  if (!flags.policy_dir.empty()) paths.policies = {flags.policy_dir};
  take(flags.provider_config, paths.credential_provider_config);
  take(flags.provider_bin_dir, paths.credential_provider_bin_dir);
  if (flags.provider_config.empty() != flags.provider_bin_dir.empty())
    return fail(Outcome::usage, "--credential-provider-config and --credential-provider-bin-dir belong together");
  for (const auto& path : {paths.containerd_config, paths.policies.front()}) {
    if (!path.is_absolute())
      return fail(Error(Outcome::usage, base::printable(path.string()) + " is not an absolute path")
                      .with_hint("paths are the node's, below --root"));
  }
  return {};
}

// Where things are, with what config.yaml says as hallmark-verifier reads it. If it cannot be read, `settings` says so.
Result<node::ReadOptions> read_options(const DoctorFlags& flags, std::optional<Error>& settings) {
  node::ReadOptions options;
  std::error_code error;
  options.paths.root.path = std::filesystem::canonical(flags.root, error);
  if (error) return fail(Outcome::usage, "--root " + base::printable(flags.root) + ": " + error.message());
  if (auto paths = node::configured(options.paths)) {
    options.paths = *std::move(paths);
  } else {
    settings = paths.error();
  }
  HM_DO(take_flags(flags, options.paths));
  options.containerd_version = flags.containerd_version;
  if (!flags.containerd_version.empty() && !node::ContainerdVersion::parse(flags.containerd_version))
    return fail(Error(Outcome::usage, "'" + base::printable(flags.containerd_version) + "' is no version of containerd")
                    .with_hint("write it as 2.1.9"));
  return options;
}

Result<node::ClockFacts> compare_clocks(const Context& context, const DoctorFlags& flags, const node::NodePaths& paths,
                                        const node::ContainerdConfig& config) {
  HM_TRY(RegistryOptions options, registry_options(flags.registry, context.environment));
  const auto more = node::certs_dirs(paths, config);
  options.certs_dirs.insert(options.certs_dirs.end(), more.begin(), more.end());
  node::ClockFacts facts{flags.registry_host, std::nullopt, ""};
  const auto skew = node::clock_skew(flags.registry_host, options, context.clock);
  if (skew) {
    facts.ahead = *skew;
  } else {
    facts.problem = skew.error().message();
  }
  return facts;
}

// What hallmark-verifier asks of signed policies; nothing is written down.
Result<void> check_signed_policy(const node::NodePaths& paths, const node::PolicyFacts& facts) {
  if (paths.policy_key.empty() || !facts.policy) return {};
  std::vector<PolicySource> sources = facts.sources;
  for (PolicySource& source : sources) source.file = paths.root.at(source.file).string();
  HM_DO(check_policy_signatures(sources, paths.root.at(paths.policy_key).string()));
  return expect_policy_serials(*facts.policy, paths.root.at(paths.state_dir()));
}

std::string counted(std::ptrdiff_t number, std::string_view what) {
  return std::to_string(number) + " " + std::string(what) + (number == 1 ? "" : "s");
}

base::Json to_json(const Diagnosis& diagnosis) {
  base::Json json = base::Json::object({{"id", diagnosis.id},
                                        {"severity", std::string(node::word(diagnosis.severity))},
                                        {"what", base::printable(diagnosis.what, 1000)}});
  if (!diagnosis.where.empty()) json.set("where", base::printable(diagnosis.where, 1000));
  if (!diagnosis.cause.empty()) json.set("cause", diagnosis.cause);
  if (!diagnosis.remedy.empty()) json.set("remedy", base::printable(diagnosis.remedy, 1000));
  return json;
}

void print_text(Output& output, const Diagnosis& diagnosis) {
  std::string label(node::word(diagnosis.severity));
  label.resize(8, ' ');
  std::string line = label + diagnosis.id + ": " + base::printable(diagnosis.what, 1000);
  if (!diagnosis.where.empty()) line += " (" + base::printable(diagnosis.where, 1000) + ")";
  output.result(line);
  if (!diagnosis.remedy.empty()) output.result("        remedy: " + base::printable(diagnosis.remedy, 1000));
}

// Prints what was found; the exit code.
int report(Context& context, const DoctorFlags& flags, const node::Diagnoses& diagnoses,
           const std::optional<node::ContainerdVersion>& containerd) {
  const auto errors = std::ranges::count(diagnoses, Severity::error, &Diagnosis::severity);
  const auto warnings = std::ranges::count(diagnoses, Severity::warning, &Diagnosis::severity);
  const Outcome outcome = Outcome::config;
  if (context.output.json()) {
    base::Json json = done();
    if (errors > 0) {
      json.set("outcome", std::string(word(outcome)));
      json.set("exit_code", static_cast<std::int64_t>(exit_code(outcome)));
    }
    json.set("errors", static_cast<std::int64_t>(errors));
    json.set("warnings", static_cast<std::int64_t>(warnings));
    if (containerd) json.set("containerd", containerd->text);
    base::Json findings{base::Json::Array()};
    for (const Diagnosis& diagnosis : diagnoses) findings.push_back(to_json(diagnosis));
    json.set("findings", std::move(findings));
    context.output.result(json.dump());
  } else {
    for (const Diagnosis& diagnosis : diagnoses) {
      if (!flags.output.quiet || diagnosis.severity != Severity::ok) print_text(context.output, diagnosis);
    }
  }
  if (errors + warnings == 0) {
    context.output.note("found nothing that weakens or breaks " +
                        std::string(flags.keys.empty() ? "verification" : "signing"));
  } else {
    context.output.note("found " + counted(errors, "error") + " and " + counted(warnings, "warning"));
  }
  return errors > 0 ? exit_code(outcome) : 0;
}

Result<int> examine(Context& context, const DoctorFlags& flags) {
  std::optional<Error> settings;
  HM_TRY(const node::ReadOptions options, read_options(flags, settings));
  node::NodeFacts facts = node::read_node(options, context.clock.now());
  facts.policy.settings = std::move(settings);
  if (auto trusted = check_signed_policy(options.paths, facts.policy); !trusted)
    facts.policy.not_trusted = std::move(trusted).error();
  if (!flags.registry_host.empty()) {
    HM_TRY(facts.clock, compare_clocks(context, flags, options.paths, facts.containerd.config));
  }
  return report(context, flags, node::diagnose(facts), facts.containerd.version);
}

// Keys are asked for as whoever runs this; the machine's own state plays no part.
Result<int> examine_keys(Context& context, const DoctorFlags& flags) {
  protect_secrets(context.output);
  KeyDesk desk(context, {.network = flags.registry, .password_file = flags.password_file, .trust_file = flags.trust});
  node::Diagnoses diagnoses;
  for (const std::string& reference : flags.keys) check_key(desk, reference, key_role(flags.role), diagnoses);
  return report(context, flags, diagnoses, std::nullopt);
}

void add_flags(Command& command, DoctorFlags& flags) {
  const auto text = [&](const char* names, const char* value, const char* help, std::string& into) {
    command.option({.names = names, .value = value, .help = help}, into);
  };
  text("--root", "DIR", "look at the machine whose file system lies there, an unpacked image for instance", flags.root);
  text("--containerd-config", "FILE", "instead of what /etc/hallmark/config.yaml names, or /etc/containerd/config.toml",
       flags.containerd_config);
  text("--containerd-version", "VERSION", "instead of what containerd --version says", flags.containerd_version);
  text("--policy-dir", "DIR", "instead of what /etc/hallmark/config.yaml names, or /etc/hallmark/policy.d",
       flags.policy_dir);
  text("--credential-provider-config", "FILE", "kubelet's --image-credential-provider-config", flags.provider_config);
  text("--credential-provider-bin-dir", "DIR", "kubelet's --image-credential-provider-bin-dir", flags.provider_bin_dir);
  command.option({.names = "--key",
                  .value = "REF",
                  .help = "look at this key instead of the machine: whether it can be reached and used, and what the "
                          "caller may do with it; may be repeated. " +
                          std::string(kKeyForms)},
                 flags.keys);
  command.option({.names = "--role",
                  .value = "ROLE",
                  .help = "signer or verifier: what the caller is for; only with --key",
                  .choices = {"signer", "verifier"}},
                 flags.role);
  add_trust_flag(command, flags.trust);
  add_password_flag(command, flags.password_file);
  text("--registry", "HOST", "compare the clock with this registry's; else no request is made", flags.registry_host);
}

}  // namespace

void add_doctor(Command& root, Context& context) {
  auto flags = std::make_shared<DoctorFlags>();
  Command& command = root.add("doctor", "Say what on this machine would weaken or break verification");
  command.details(
      "Reads hallmark's and containerd's settings, the folder of verifiers, policy, keys, registry settings, "
      "credentials and the decision cache, and changes nothing. With --key, looks at keys instead. Each finding has an "
      "id, a severity, a place and a remedy. Ends with 0, or "
      "with 40 where there are errors; warnings alone are no failure. --quiet leaves out what is fine.");
  command.examples({
      "sudo hallmark doctor",
      "sudo hallmark doctor --registry registry.example",
      "hallmark doctor --key awskms:///alias/release --role signer",
      "hallmark doctor -o json --root image/ --containerd-version 2.1.9",
  });
  add_flags(command, *flags);
  add_output_flags(command, flags->output);
  add_registry_flags(command, flags->registry);
  command.action([&context, flags] {
    int code = 0;
    const int failed = run(context, flags->output, "", [&]() -> Result<void> {
      if (!flags->role.empty() && flags->keys.empty())
        return fail(Error(Outcome::usage, "--role says what somebody is for who uses a key: name it with --key"));
      HM_TRY(code, flags->keys.empty() ? examine(context, *flags) : examine_keys(context, *flags));
      return {};
    });
    return failed != 0 ? failed : code;
  });
}

}  // namespace hallmark::cmd
