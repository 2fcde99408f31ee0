#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ranges>

#include "base/child_process.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "node/facts.h"
#include "node/node_registry.h"
#include "node/read_policy.h"
#include "registry/docker_config.h"
#include "registry/hosts_toml.h"

namespace hallmark::node {
namespace {

namespace fs = std::filesystem;

void find_containerd(const ReadOptions& options, ContainerdFacts& facts) {
  const Root& root = options.paths.root;
  for (const char* folder :
       {"/usr/local/bin", "/usr/bin", "/usr/local/sbin", "/usr/sbin", "/opt/containerd/bin", "/bin"}) {
    const std::string program = std::string(folder) + "/containerd";
    if (facts.program.empty() && file_facts(root, program).executable()) facts.program = program;
  }
  if (!options.containerd_version.empty()) {
    facts.version = ContainerdVersion::parse(options.containerd_version);
    return;
  }
  if (facts.program.empty() || root.path != "/") return;
  const auto ran = base::run_child(facts.program, {"--version"}, {},
                                   {.environment = {}, .patience = std::chrono::seconds(5), .most_output = 4096});
  if (ran && ran->exit_code == 0) facts.version = ContainerdVersion::parse(ran->output.text());
}

ContainerdFacts read_containerd(const ReadOptions& options) {
  ContainerdFacts facts;
  const NodePaths& paths = options.paths;
  facts.config_file = paths.containerd_config.string();
  facts.config_found = exists(paths.root, paths.containerd_config);
  if (facts.config_found) {
    auto config = ContainerdConfig::read(paths.root, paths.containerd_config);
    if (config) {
      facts.config = *std::move(config);
    } else {
      facts.problem = config.error();
    }
  }
  find_containerd(options, facts);
  return facts;
}

// A file of the name may be of another machine's kind, cut off, or something else. Nothing is run that others could
// have put there.
void ask_ours(const Root& root, VerifierFacts& facts) {
  const auto safe = [](const FileFacts& file) { return file.owner == 0 && !file.writable_by_others(); };
  if (root.path != "/") return;
  for (const FileFacts& entry : facts.entries) {
    if (!entry.goes_by("hallmark-verifier") || !entry.executable()) continue;
    if (!std::ranges::all_of(with_folders_above(root, entry.path), safe)) continue;
    const auto ran = base::run_child(entry.path, {"--version"}, {},
                                     {.environment = {}, .patience = std::chrono::seconds(5), .most_output = 4096});
    if (!ran) {
      facts.impostors.push_back(ran.error().within(entry.path));
    } else if (ran->exit_code != exit_code(Outcome::usage) || !ran->output.text().starts_with("hallmark-verifier ")) {
      facts.impostors.emplace_back(Outcome::config,
                                   entry.path + ": does not answer \"--version\" as hallmark-verifier does");
    }
  }
}

VerifierFacts read_verifiers(const Root& root, const ContainerdConfig& config) {
  VerifierFacts facts;
  facts.folder = config.bin_dir.value;
  facts.folders = with_folders_above(root, facts.folder);
  if (facts.folders.front().kind != FileFacts::Kind::missing) {
    if (const auto names = names_in(root.at(facts.folder))) {
      for (const std::string& name : *names) facts.entries.push_back(file_facts(root, fs::path(facts.folder) / name));
    } else {
      facts.problem = names.error();
    }
  }
  ask_ours(root, facts);
  for (const char* folder :
       {"/usr/local/bin", "/usr/bin", "/usr/sbin", "/usr/local/sbin", "/usr/libexec/hallmark",
        "/opt/containerd/image-verifier/bin", "/opt/containerd/image-verifier", "/opt/hallmark/bin"}) {
    const fs::path file = fs::path(folder) / "hallmark-verifier";
    if (folder != facts.folder && exists(root, file)) facts.elsewhere.push_back(file.string());
  }
  return facts;
}

void read_hosts(const fs::path& folder, const std::string& shown, RegistryFacts& facts) {
  const fs::path file = folder / "hosts.toml";
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return;
  const auto bytes = base::read_file(file, limits::config_file_bytes, Outcome::config);
  if (!bytes) return facts.problems.push_back(bytes.error());
  auto hosts = registry::HostsToml::parse(as_text(*bytes), shown);
  if (!hosts) return facts.problems.push_back(hosts.error());
  hosts->hosts.push_back(std::move(hosts->server));
  for (const registry::HostEntry& entry : hosts->hosts) {
    const std::string url = base::printable(entry.url, 200);
    if (entry.url.starts_with("http://")) facts.insecure.push_back({shown, url, false});
    if (entry.tls.skip_verify) facts.insecure.push_back({shown, url, true});
  }
}

RegistryFacts read_registries(const NodePaths& paths, const ContainerdConfig& config) {
  RegistryFacts facts;
  for (const fs::path& folder : certs_dirs(paths, config)) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) continue;
    facts.certs_dirs.push_back(folder.string());
    const auto names = names_in(folder);
    if (!names) {
      facts.problems.push_back(names.error().within(folder.string()));
      continue;
    }
    for (const std::string& name : *names) read_hosts(folder / name, (folder / name / "hosts.toml").string(), facts);
  }
  return facts;
}

class NoClock : public Clock {
 public:
  [[nodiscard]] Time now() const override { return {}; }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override { return {}; }
};

void read_plugins(const NodePaths& paths, CredentialFacts& facts) {
  const auto options = credential_plugins(paths);
  if (!options) return;
  facts.providers = options->config.string();
  const NoClock clock;
  const auto plugins = CredentialPlugins::open(*options, clock);
  if (!plugins) return facts.problems.push_back(plugins.error());
  for (const CredentialProvider& provider : plugins->providers()) {
    const fs::path program = plugins->program(provider);
    if (!file_facts({}, program).executable()) facts.not_runnable.push_back(program.string());
    if (provider.needs_pod) facts.need_pod.push_back(provider.name);
  }
}

bool on_helper_path(const NodePaths& paths, const std::string& program) {
  return std::ranges::any_of(std::views::split(kHelperPath, ':'), [&](const auto& folder) {
    return file_facts(paths.root, fs::path(folder.begin(), folder.end()) / program).executable();
  });
}

CredentialFacts read_credentials(const NodePaths& paths) {
  CredentialFacts facts;
  for (const fs::path& file : auth_files(paths)) {
    FileFacts about = file_facts({}, file);
    if (about.kind == FileFacts::Kind::missing) continue;
    facts.files.push_back(std::move(about));
    const auto bytes = base::read_secret_file(file, limits::config_file_bytes, Outcome::config);
    if (!bytes) {
      facts.problems.push_back(bytes.error());
    } else if (const auto config = registry::DockerConfig::parse(bytes->view(), file.string()); !config) {
      facts.problems.push_back(config.error());
    } else {
      for (const std::string& helper : config->helpers()) {
        const std::string program = "docker-credential-" + base::printable(helper, 64);
        if (!on_helper_path(paths, program)) facts.no_helpers.push_back(program + ", named in " + file.string());
      }
    }
  }
  read_plugins(paths, facts);
  return facts;
}

}  // namespace

std::optional<ContainerdVersion> ContainerdVersion::parse(std::string_view text) {
  // "containerd github.com/containerd/containerd/v2 v2.4.2 abcdef": the word that is a version.
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ContainerdVersion version;
    version.text = base::printable(word, 40);
    if (word.starts_with('v')) word.remove_prefix(1);
    const char* begin = word.begin();
    const char* stop = word.end();
    const auto major = std::from_chars(begin, stop, version.major);
    if (major.ec != std::errc() || major.ptr == stop || *major.ptr != '.') continue;
    const auto minor = std::from_chars(major.ptr + 1, stop, version.minor);
    if (minor.ec == std::errc()) return version;
  }
  return std::nullopt;
}

NodeFacts read_node(const ReadOptions& options, Time now) {
  const NodePaths& paths = options.paths;
  NodeFacts facts;
  facts.now = now;
  facts.complete = ::geteuid() == 0 || paths.root.path != "/";
  facts.owner = paths.root.path == "/" ? 0 : file_facts(paths.root, "/").owner;
  facts.containerd = read_containerd(options);
  const ContainerdConfig& config = facts.containerd.config;
  facts.verifiers = read_verifiers(paths.root, config);
  facts.policy = read_policy(paths);
  facts.registries = read_registries(paths, config);
  facts.credentials = read_credentials(paths);
  facts.cache = {file_facts(paths.root, paths.cache), file_facts(paths.root, paths.cache.parent_path())};
  return facts;
}

}  // namespace hallmark::node
