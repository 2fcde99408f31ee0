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
#include "registry/docker_config.h"
#include "registry/hosts_toml.h"

namespace hallmark::node {
namespace {

namespace fs = std::filesystem;

bool exists(const Root& root, const fs::path& path) {
  std::error_code ignored;
  return fs::exists(root.at(path), ignored);
}

// The names in a folder, sorted as Go sorts them: by their bytes.
Result<std::vector<std::string>> names_in(const fs::path& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    names.push_back(at->path().filename().string());
  if (error) return fail(Outcome::config, "cannot be read: " + error.message());
  std::ranges::sort(names);
  return names;
}

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
  for (const char* folder :
       {"/usr/local/bin", "/usr/bin", "/usr/sbin", "/usr/local/sbin", "/usr/libexec/hallmark",
        "/opt/containerd/image-verifier/bin", "/opt/containerd/image-verifier", "/opt/hallmark/bin"}) {
    const fs::path file = fs::path(folder) / "hallmark-verifier";
    if (folder != facts.folder && exists(root, file)) facts.elsewhere.push_back(file.string());
  }
  return facts;
}

// A key of the policy that is a file of the node; nothing for those that are elsewhere or stand in the policy.
std::optional<fs::path> key_file(const Policy& policy, const PolicyKey& key) {
  if (key.kind != PolicyKey::Kind::reference) return std::nullopt;
  for (const std::string_view elsewhere : {"fd:", "pkcs11:", "tpm:"}) {
    if (key.text.starts_with(elsewhere)) return std::nullopt;
  }
  if (key.text.find("://") != std::string::npos) return std::nullopt;
  const fs::path path = key.text;
  if (path.is_absolute()) return path;
  return (fs::path(policy.files()[key.place.file]).parent_path() / path).lexically_normal();
}

void add_files(const Root& root, const fs::path& path, std::vector<FileFacts>& into) {
  for (FileFacts& facts : with_folders_above(root, path)) {
    if (std::ranges::find(into, facts.path, &FileFacts::path) == into.end()) into.push_back(std::move(facts));
  }
}

void read_keys(const Root& root, PolicyFacts& facts) {
  const auto look = [&](const PolicyKey& key) {
    const std::string where = ", named in " + facts.policy->where(key.place);
    const auto file = key_file(*facts.policy, key);
    if (!file && key.text.starts_with("env://"))
      facts.useless_keys.push_back(base::printable(key.text, 100) + where +
                                   ": hallmark-verifier reads no variables but those of proxies");
    if (!file) return;
    add_files(root, *file, facts.files);
    if (!exists(root, *file)) return facts.missing_keys.push_back(file->string() + where);
    const auto text = base::read_file(root.at(*file), limits::key_file_bytes, Outcome::key);
    const auto opened = text ? PublicKey::from_pem(as_text(*text)) : Result<PublicKey>(fail(text.error()));
    if (!opened) facts.useless_keys.push_back(file->string() + where + ": " + opened.error().message());
  };
  for (const PolicyAnchor& anchor : facts.policy->anchors()) std::ranges::for_each(anchor.keys, look);
  std::ranges::for_each(facts.policy->revoked_keys(), look);
}

PolicyFacts read_policy(const NodePaths& paths) {
  PolicyFacts facts;
  facts.folder = paths.policy_dir.string();
  if (!exists(paths.root, paths.policy_dir)) return facts;
  add_files(paths.root, paths.policy_dir, facts.files);
  const auto names = names_in(paths.root.at(paths.policy_dir));
  if (!names) {
    facts.unreadable = names.error().within(facts.folder);
    return facts;
  }
  std::vector<PolicySource> sources;
  for (const std::string& name : *names) {
    const fs::path file = paths.policy_dir / name;
    if (!is_policy_file(name)) continue;
    add_files(paths.root, file, facts.files);
    const auto bytes = base::read_file(paths.root.at(file), limits::yaml_bytes, Outcome::config);
    if (!bytes) {
      facts.unreadable = bytes.error();
      return facts;
    }
    sources.push_back({file.string(), std::string(as_text(*bytes))});
  }
  if (sources.empty()) return facts;
  facts.problems = Policy::check(sources);
  if (auto policy = Policy::load(sources)) {
    facts.policy = *std::move(policy);
    read_keys(paths.root, facts);
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
