// NodeFacts: what `hallmark doctor` has read of a machine; every check is a pure function of it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "hallmark/clock.h"
#include "hallmark/policy.h"
#include "node/containerd_config.h"
#include "node/file_facts.h"
#include "node/paths.h"

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
  std::vector<Error> impostors;        // of the name, but they do not answer as the program does
};

struct PolicyFacts {
  std::string folder;                 // or a list of what config.yaml names
  std::vector<FileFacts> files;       // config.yaml, policies, the keys they name, and all folders above, each once
  std::optional<Error> settings;      // config.yaml cannot be used; then nothing was read
  std::optional<Error> unreadable;    // a policy that cannot be read
  std::vector<PolicySource> sources;  // what was read, by its place on the node
  std::optional<Error> not_trusted;   // where there is a policy-key: a signature or a serial is not as it must be
  std::vector<PolicyProblem> problems;
  std::optional<Policy> policy;
  std::vector<std::string> missing_keys;  // "release.pub, named in …": files that are not there
  std::vector<std::string> useless_keys;  // "release.pub, named in …: is no PEM": what the verifier cannot read
  struct Unpinned {
    std::string reference;  // "awskms:///alias/release"
    std::string where;      // in the policy
  };
  std::vector<Unpinned> unpinned_keys;  // in places that the verifier does not ask
  std::string trust_file;               // where it looks for pins
  std::optional<Error> bad_trust;       // that cannot be read
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

// Reads; changes nothing. The only programs that are run are `containerd --version` and `hallmark-verifier --version`,
// and only where the root is this machine's. Never fails: what cannot be read is a fact. `not_trusted` is for who can
// read keys.
[[nodiscard]] NodeFacts read_node(const ReadOptions& options, Time now);

}  // namespace hallmark::node
