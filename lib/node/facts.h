// NodeFacts: what `hallmark doctor` has read of a machine; every check is a pure function of it.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hallmark/clock.h"
#include "hallmark/policy.h"
#include "node/containerd_config.h"
#include "node/file_facts.h"

namespace hallmark::node {

struct ContainerdVersion {
  unsigned major = 0;
  unsigned minor = 0;
  std::string text;  // "v2.4.2"
  // "v2.4.2", "2.1.0-rc.1", or the whole line of `containerd --version`.
  [[nodiscard]] static std::optional<ContainerdVersion> parse(std::string_view text);
  [[nodiscard]] bool at_least(unsigned want_major, unsigned want_minor) const {
    return major != want_major ? major > want_major : minor >= want_minor;
  }
};

// Where things are on the node.
struct NodePaths {
  Root root;
  std::filesystem::path containerd_config = "/etc/containerd/config.toml";
  std::filesystem::path policy_dir = "/etc/hallmark/policy.d";
  std::filesystem::path cache = "/var/lib/hallmark/decisions.sqlite";
  std::filesystem::path hallmark_dir = "/etc/hallmark";
  // kubelet's flags --image-credential-provider-config and --image-credential-provider-bin-dir; empty: the places where
  // the clouds' images have them.
  std::filesystem::path credential_provider_config = {};
  std::filesystem::path credential_provider_bin_dir = {};
};

struct ContainerdFacts {
  bool config_found = false;
  std::string config_file;
  std::optional<Error> problem;  // of the configuration; then `config` is not to be relied on
  ContainerdConfig config;
  std::string program;  // empty: none was found
  std::optional<ContainerdVersion> version;
};

struct VerifierFacts {
  std::string folder;                  // containerd's bin_dir
  std::vector<FileFacts> folders;      // it and those above
  std::optional<Error> problem;        // it cannot be listed
  std::vector<FileFacts> entries;      // sorted by name, as containerd runs them
  std::vector<std::string> elsewhere;  // hallmark-verifier in other places
};

struct PolicyFacts {
  std::string folder;
  std::vector<FileFacts> files;     // policy files, the keys they name, and all folders above, each once
  std::optional<Error> unreadable;  // a file that cannot be read
  std::vector<PolicyProblem> problems;
  std::optional<Policy> policy;
  std::vector<std::string> missing_keys;  // "release.pub, named in …": files that are not there
  std::vector<std::string> useless_keys;  // "release.pub, named in …: is no PEM": what the verifier cannot read
};

struct RegistryFacts {
  struct Insecure {
    std::string place;  // hosts.toml
    std::string url;
    bool skip_verify = false;  // false: plain HTTP
  };
  std::vector<std::string> certs_dirs;  // those that are there
  std::vector<Insecure> insecure;
  std::vector<Error> problems;
};

struct CredentialFacts {
  std::vector<FileFacts> files;           // auth files that are there
  std::vector<Error> problems;            // of them, and of the plugins' configuration
  std::string providers;                  // the plugins' configuration, where there is one
  std::vector<std::string> not_runnable;  // plugins that are not there or not executable
  std::vector<std::string> no_helpers;    // "docker-credential-x, named in FILE": helpers that are not there either
  std::vector<std::string> need_pod;      // plugins that only kubelet can ask
};

struct CacheFacts {
  FileFacts file;
  FileFacts folder;
};

struct ClockFacts {
  std::string registry;
  std::optional<std::chrono::seconds> ahead;  // of the registry's clock; negative: behind
  std::string problem;
};

struct NodeFacts {
  Time now;
  ::uid_t owner = 0;     // to whom policy and programs have to belong: root, or the owner of another root folder
  bool complete = true;  // read as root, or in another root folder
  ContainerdFacts containerd;
  VerifierFacts verifiers;
  PolicyFacts policy;
  RegistryFacts registries;
  CredentialFacts credentials;
  CacheFacts cache;
  std::optional<ClockFacts> clock;
};

struct ReadOptions {
  NodePaths paths;
  std::string containerd_version;  // instead of asking the program
};

// Reads; changes nothing. The only program that is run is `containerd --version`, and only where the root is this
// machine's. Never fails: what cannot be read is a fact.
[[nodiscard]] NodeFacts read_node(const ReadOptions& options, Time now);

}  // namespace hallmark::node
