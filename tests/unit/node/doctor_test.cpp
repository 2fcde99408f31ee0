#include "node/doctor.h"

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <functional>

#include "base/time.h"
#include "node/config_file.h"
#include "node/node_registry.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using node::Diagnoses;
using node::Diagnosis;
using node::FileFacts;
using node::NodeFacts;
using node::Severity;
using test::TemporaryFolder;

namespace {

namespace fs = std::filesystem;

Time at(std::string_view text) { return *base::parse_time(text); }

const std::string kDigest = "sha256:" + std::string(64, 'a');

FileFacts file(const std::string& path, ::mode_t mode = 0644, ::uid_t owner = 0) {
  return {path, "", FileFacts::Kind::file, mode, owner};
}
FileFacts folder(const std::string& path, ::mode_t mode = 0755, ::uid_t owner = 0) {
  return {path, "", FileFacts::Kind::folder, mode, owner};
}

constexpr const char* kPolicy = R"(version: 1
trust:
  release: {key: release.pub, until: 2027-01-01}
rules:
  - match: registry.example/**
    require: {any: [release]}
)";

void set_policy(NodeFacts& facts, const std::string& text) {
  const std::vector<PolicySource> sources = {{"/etc/hallmark/policy.d/policy.yaml", text}};
  facts.policy.problems = Policy::check(sources);
  facts.policy.policy.reset();
  if (auto policy = Policy::load(sources)) facts.policy.policy = *std::move(policy);
}

// A machine on which nothing is wrong.
NodeFacts sound() {
  NodeFacts facts;
  facts.now = at("2026-06-01T00:00:00Z");
  facts.containerd.program = "/usr/bin/containerd";
  facts.containerd.version = node::ContainerdVersion::parse("v2.4.2");
  facts.verifiers.folder = "/opt/containerd/image-verifier/bin";
  facts.verifiers.folders = {folder("/opt/containerd/image-verifier/bin"), folder("/opt"), folder("/")};
  facts.verifiers.entries = {file("/opt/containerd/image-verifier/bin/hallmark-verifier", 0755)};
  facts.policy.folder = "/etc/hallmark/policy.d";
  facts.policy.files = {file("/etc/hallmark/policy.d/policy.yaml"), folder("/etc/hallmark/policy.d")};
  set_policy(facts, kPolicy);
  facts.cache = {{"/var/lib/hallmark/decisions.sqlite"}, folder("/var/lib/hallmark", 0700)};
  return facts;
}

std::string said(const Diagnosis& d) {
  return std::string(node::word(d.severity)) + " " + d.id + ": " + d.what + " (" + d.where + ")";
}

// Everything that is not ok, one a line.
std::string problems(const Diagnoses& diagnoses) {
  std::string out;
  for (const Diagnosis& d : diagnoses)
    if (d.severity != Severity::ok) out += said(d) + "\n";
  return out;
}

void add_config(NodeFacts& facts, const std::string& text) {
  REQUIRE(facts.containerd.config.add(text, "/etc/containerd/config.toml"));
}

}  // namespace

TEST_CASE("nothing is said against a sound machine, and every group says something") {
  const auto diagnoses = node::diagnose(sound());
  CHECK(problems(diagnoses).empty());
  for (const char* id : {"containerd-version", "containerd-config", "cri-settings", "verifier", "policy", "registries",
                         "credentials", "cache"})
    CHECK(std::ranges::count(diagnoses, id, &Diagnosis::id) == 1);
}

TEST_CASE("each weakness is found, with its severity, its words and a remedy [attack 44]") {
  struct Case {
    std::function<void(NodeFacts&)> spoil;
    std::string expected;  // "severity id: …words"
  };
  const auto version = [](const char* text) {
    return [text](NodeFacts& facts) { facts.containerd.version = node::ContainerdVersion::parse(text); };
  };
  const auto config = [](const char* text) { return [text](NodeFacts& facts) { add_config(facts, text); }; };
  const auto policy = [](const char* text) { return [text](NodeFacts& facts) { set_policy(facts, text); }; };
  const std::string bin = "/opt/containerd/image-verifier/bin/";
  const std::vector<Case> cases = {
      {version("1.7.35"), "error containerd-version: containerd 1.7.35 runs no image verifiers"},
      {version("v2.0.14"), "error containerd-version: CRI of containerd v2.0.14 never asks image verifiers"},
      {[](NodeFacts& f) { f.containerd.version.reset(); },
       "warning containerd-version: the version of containerd is not known (/usr/bin/containerd)"},
      {[](NodeFacts& f) { f.containerd = {}; }, "warning containerd-version: containerd was not found"},
      {[](NodeFacts& f) { f.policy.settings = Error(Outcome::config, "config.yaml:1:1: policies: unknown key"); },
       "error settings-invalid: config.yaml:1:1: policies: unknown key"},
      {[](NodeFacts& f) {
         f.policy.not_trusted = Error(Outcome::config, "policy.yaml: not signed").with_hint("sign it with it");
       },
       "error policy-not-trusted: policy.yaml: not signed: every pull is refused"},
      {[](NodeFacts& f) {
         f.policy.trust_file = "/etc/hallmark/trust.json";
         f.policy.unpinned_keys = {{"awskms:///alias/release", "policy.yaml:3"}};
       },
       "error key-not-pinned: the key awskms:///alias/release is not pinned in /etc/hallmark/trust.json"},
      {[](NodeFacts& f) { f.policy.bad_trust = Error(Outcome::config, "trust.json: version 2 is not known"); },
       "error trust-invalid: trust.json: version 2 is not known: every pull is refused"},
      {[](NodeFacts& f) { f.verifiers.impostors = {Error(Outcome::config, "hallmark-verifier: is something else")}; },
       "error verifier-impostor: hallmark-verifier: is something else"},
      {[](NodeFacts& f) { f.containerd.problem = Error(Outcome::config, "config.toml:1: no"); },
       "error containerd-config: containerd's configuration cannot be read: config.toml:1: no"},
      {config("disabled_plugins = ['io.containerd.image-verifier.v1.bindir']"),
       "error verifier-plugin-disabled: the plugin that runs verifiers is disabled: every image is pulled "
       "(/etc/containerd/config.toml:1)"},
      {config("[plugins.'io.containerd.cri.v1.images']\nuse_local_image_pull = true"),
       "error cri-use-local-image-pull: use_local_image_pull = true has CRI pull without asking verifiers"},
      {config("[plugins.'io.containerd.cri.v1.images']\nmax_concurrent_downloads = 5"),
       "error cri-max-concurrent-downloads: max_concurrent_downloads = 5"},
      {[](NodeFacts& f) {
         f.verifiers.folders.front().kind = FileFacts::Kind::missing;
         f.verifiers.entries.clear();
       },
       "error verifier-missing: the folder of verifiers is not there: containerd lets every image pass"},
      {[](NodeFacts& f) { f.verifiers.entries.clear(); },
       "error verifier-missing: the folder of verifiers is empty: containerd lets every image pass"},
      {[](NodeFacts& f) {
         f.verifiers.entries.clear();
         f.verifiers.elsewhere = {"/usr/local/bin/hallmark-verifier"};
       },
       "error verifier-wrong-folder: the folder of verifiers is empty: containerd lets every image pass; it lies in "
       "/usr/local/bin/hallmark-verifier"},
      {[&](NodeFacts& f) { f.verifiers.entries = {file(bin + "other", 0755)}; },
       "error verifier-missing: hallmark-verifier is not among the verifiers that containerd runs"},
      {[](NodeFacts& f) { f.verifiers.entries.front().mode = 0644; },
       "error verifier-not-executable: hallmark-verifier is not executable"},
      {[&](NodeFacts& f) { f.verifiers.entries.push_back(file(bin + "README", 0644)); },
       "error verifier-stray: README is not executable, and every entry of this folder is run: no image can be pulled"},
      {[&](NodeFacts& f) { f.verifiers.entries.push_back(folder(bin + "old")); },
       "error verifier-stray: old is a folder"},
      {[&](NodeFacts& f) { f.verifiers.entries.push_back({bin + "gone"}); },
       "error verifier-stray: gone leads nowhere"},
      {[](NodeFacts& f) { f.verifiers.problem = Error(Outcome::config, "cannot be read: permission denied"); },
       "error verifier-folder: the folder of verifiers cannot be read"},
      {[&](NodeFacts& f) {
         add_config(f, "[plugins.'io.containerd.image-verifier.v1.bindir']\nmax_verifiers = 1");
         f.verifiers.entries.insert(f.verifiers.entries.begin(), file(bin + "a", 0755));
       },
       "error verifier-count: 2 verifiers, and containerd runs the first 1 by name: hallmark-verifier is not among "
       "them "
       "(/etc/containerd/config.toml:2)"},
      {[&](NodeFacts& f) {
         add_config(f, "[plugins.'io.containerd.image-verifier.v1.bindir']\nmax_verifiers = 1");
         f.verifiers.entries.push_back(file(bin + "z", 0755));
       },
       "warning verifier-count: 2 verifiers, and containerd runs the first 1 by name; the others are skipped"},
      {config("[plugins.'io.containerd.image-verifier.v1.bindir']\nmax_verifiers = 0"),
       "error verifier-count: 1 verifiers, and containerd runs the first 0 by name: hallmark-verifier is not among "
       "them"},
      {config("[plugins.'io.containerd.image-verifier.v1.bindir']\nper_verifier_timeout = '3s'"),
       "warning verifier-timeout: per_verifier_timeout is 3000 ms"},
      {[](NodeFacts& f) { f.verifiers.entries.front().mode = 0775; },
       "error verifier-mode: others may write it (mode 0775)"},
      {[](NodeFacts& f) { f.verifiers.folders[1].owner = 1000; }, "error verifier-mode: belongs to user 1000"},
      {[](NodeFacts& f) {
         f.policy.policy.reset();
         f.policy.files.clear();
       },
       "error policy-missing: there is no policy: hallmark-verifier refuses every image, and without it containerd "
       "runs "
       "every image (/etc/hallmark/policy.d)"},
      {[](NodeFacts& f) { f.policy.unreadable = Error(Outcome::config, "p.yaml: cannot be opened"); },
       "error policy-unreadable: p.yaml: cannot be opened"},
      {policy("version: 1\nrules:\n  - match: a.example/x\n    reqire: {any: [b]}\n"), "error policy-invalid: "},
      {[](NodeFacts& f) { f.policy.missing_keys = {"/etc/hallmark/policy.d/release.pub, named in p.yaml:3:20"}; },
       "error key-missing: the key /etc/hallmark/policy.d/release.pub, named in p.yaml:3:20, is not there"},
      {[](NodeFacts& f) { f.policy.files[0].mode = 0664; },
       "error policy-mode: others may write it (mode 0664) and change what may run here "
       "(/etc/hallmark/policy.d/policy.yaml)"},
      {[](NodeFacts& f) { f.policy.files[1].mode = 0777; }, "error policy-mode: others may write it (mode 0777)"},
      {[](NodeFacts& f) { f.policy.files[0].owner = 1000; }, "error policy-mode: belongs to user 1000"},
      {[](NodeFacts& f) { f.now = at("2027-01-02T00:00:00Z"); },
       "error anchor-expired: anchor release is over since 2027-01-01T00:00:00Z"},
      {[](NodeFacts& f) { f.now = at("2026-12-10T00:00:00Z"); },
       "warning anchor-expiring: anchor release is over on 2027-01-01T00:00:00Z"},
      {policy("version: 1\ntrust:\n  a: {key: a.pub, from: 2026-07-01}\nrules:\n  - match: r.example/x\n    require: "
              "{any: "
              "[a]}\n"),
       "warning anchor-not-yet: anchor a begins on 2026-07-01T00:00:00Z"},
      {policy("version: 1\ntrust:\n  a: {key: a.pub}\nrules:\n  - match: \"**\"\n    require: {any: [a]}\n    mode: "
              "warn\n"),
       "error rule-accepts-anything: the rule for ** warns and admits"},
      {policy(
           "version: 1\ntrust:\n  a: {key: a.pub}\nrules:\n  - match: r.example/x\n    require: {any: [a]}\n    mode: "
           "warn\n"),
       "warning rule-accepts-anything: the rule for r.example/x warns and admits"},
      {[](NodeFacts& f) {
         set_policy(f, "version: 1\nrules:\n  - match: r.example/x\n    accept: {digest: " + kDigest +
                           ", until: 2026-07-01, reason: \"INC-1\"}\n");
       },
       "warning accept-open: break glass: sha256:aaaa"},
      {[](NodeFacts& f) { f.registries.insecure = {{"/c/r/hosts.toml", "http://m.example", false}}; },
       "warning registry-plain-http: http://m.example is plain HTTP"},
      {[](NodeFacts& f) { f.registries.insecure = {{"/c/r/hosts.toml", "https://m.example", true}}; },
       "warning registry-skip-verify: skip_verify for https://m.example"},
      {[](NodeFacts& f) { f.registries.problems = {Error(Outcome::config, "hosts.toml:1: no")}; },
       "error registry-config: hosts.toml:1: no"},
      {[](NodeFacts& f) { f.credentials.problems = {Error(Outcome::config, "auth.json: expected an object")}; },
       "error credentials-unreadable: auth.json: expected an object"},
      {[](NodeFacts& f) { f.credentials.files = {file("/root/.docker/config.json", 0644)}; },
       "warning credentials-mode: other users may read these credentials"},
      {[](NodeFacts& f) { f.credentials.not_runnable = {"/p/ecr"}; },
       "error credential-provider-missing: kubelet's credential provider cannot be run (/p/ecr)"},
      {[](NodeFacts& f) { f.credentials.no_helpers = {"docker-credential-x, named in /c.json"}; },
       "warning credential-helper-missing: a credential helper is not installed: what it keeps cannot be used "
       "(docker-credential-x, named in /c.json)"},
      {[](NodeFacts& f) { f.credentials.need_pod = {"pods"}; },
       "warning credential-provider-pod: credential provider pods wants the token of a pod"},
      {[](NodeFacts& f) { f.cache.folder.kind = FileFacts::Kind::missing; },
       "warning cache: the folder of decisions is not there"},
      {[](NodeFacts& f) { f.cache.folder.mode = 0777; },
       "warning cache: the folder of decisions is not root's alone to write"},
      {[](NodeFacts& f) { f.cache.file = folder("/var/lib/hallmark/decisions.sqlite"); },
       "warning cache: the file of decisions is not what hallmark made"},
      {[](NodeFacts& f) { f.clock = node::ClockFacts{"r.example", std::chrono::seconds(-4000), ""}; },
       "error clock: the registry's clock is 4000 seconds behind this machine's"},
      {[](NodeFacts& f) { f.clock = node::ClockFacts{"r.example", std::chrono::seconds(90), ""}; },
       "warning clock: the registry's clock is 90 seconds ahead of this machine's"},
      {[](NodeFacts& f) { f.clock = node::ClockFacts{"r.example", std::nullopt, "timed out"}; },
       "warning clock: the clock could not be compared: timed out"},
      {[](NodeFacts& f) { f.complete = false; }, "warning not-root: not run as root"},
  };
  for (const Case& one : cases) {
    NodeFacts facts = sound();
    one.spoil(facts);
    const auto diagnoses = node::diagnose(facts);
    const auto found =
        std::ranges::find_if(diagnoses, [&](const Diagnosis& d) { return said(d).starts_with(one.expected); });
    INFO("wanted: " << one.expected << "\nsaid:\n" << problems(diagnoses));
    REQUIRE(found != diagnoses.end());
    if (found->id != "clock") CHECK_FALSE(found->remedy.empty());
  }
}

TEST_CASE("an accept rule that is over is nothing to worry about") {
  NodeFacts facts = sound();
  set_policy(facts, "version: 1\nrules:\n  - match: r.example/x\n    accept: {digest: " + kDigest +
                        ", until: 2026-01-01, reason: \"INC-1\"}\n");
  CHECK(problems(node::diagnose(facts)).find("accept-open") == std::string::npos);
}

TEST_CASE("a symbolic link with a number counts as hallmark-verifier") {
  NodeFacts facts = sound();
  facts.verifiers.entries.front() = {"/opt/containerd/image-verifier/bin/10-sign", "hallmark-verifier",
                                     FileFacts::Kind::file, 0755, 0};
  CHECK(problems(node::diagnose(facts)).empty());
}

TEST_CASE("versions of containerd are read from what it prints") {
  struct Case {
    std::string text;
    std::string version;
    bool asks;
  };
  const auto [text, version, asks] = GENERATE(values<Case>({
      {"containerd github.com/containerd/containerd/v2 v2.4.2 \n", "v2.4.2", true},
      {"containerd github.com/containerd/containerd 1.7.24 88bf19b2105c8b17560993bee28a01ddc2f97182", "1.7.24", false},
      {"containerd containerd.io v2.1.0-rc.1 abc", "v2.1.0-rc.1", true},
      {"2.0.0", "2.0.0", false},
      {"10.0.1", "10.0.1", true},
  }));
  const auto parsed = node::ContainerdVersion::parse(text);
  REQUIRE(parsed);
  CHECK(parsed->text == version);
  CHECK(parsed->at_least(2, 1) == asks);
  CHECK_FALSE(node::ContainerdVersion::parse("containerd unknown v2 2.x"));
}

TEST_CASE("a machine is read from a folder, and nothing in it is changed") {
  const TemporaryFolder root;
  const auto put = [&](const std::string& name, const std::string& text, ::mode_t mode) {
    const auto path = root.put(name, text);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
  };
  put("usr/bin/containerd", "#!/bin/sh\nexit 1\n", 0755);
  put("etc/containerd/config.toml",
      "version = 3\n[plugins.'io.containerd.image-verifier.v1.bindir']\nbin_dir = '/opt/verify'\n"
      "[plugins.'io.containerd.cri.v1.images'.registry]\nconfig_path = '/etc/my/certs.d'\n",
      0644);
  put("opt/verify/hallmark-verifier", "", 0755);
  put("opt/verify/notes.txt", "", 0644);
  put("usr/local/bin/hallmark-verifier", "", 0755);
  put("etc/hallmark/policy.d/policy.yaml", kPolicy, 0644);
  put("etc/hallmark/policy.d/README", "not a policy", 0666);
  put("etc/my/certs.d/registry.example/hosts.toml", "[host.\"http://mirror.example\"]\nskip_verify = true\n", 0644);
  put("etc/my/certs.d/other.example/hosts.toml", "host = 1\n", 0644);
  put("root/.docker/config.json", R"({"auths":[]})", 0600);
  put("var/lib/kubelet/config.json", R"({"credsStore":"gone","credHelpers":{"r.example":"there"}})", 0600);
  put("usr/bin/docker-credential-there", "", 0755);
  put("var/lib/kubelet/credential-provider-config.yaml",
      "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n  - name: gone\n    "
      "matchImages: "
      "[a]\n    defaultCacheDuration: 0s\n    apiVersion: credentialprovider.kubelet.k8s.io/v1\n",
      0644);
  node::ReadOptions options;
  options.paths.root.path = root.path();
  options.containerd_version = "2.4.2";
  const auto facts = node::read_node(options, at("2026-06-01T00:00:00Z"));
  CHECK(facts.containerd.program == "/usr/bin/containerd");
  CHECK(facts.verifiers.entries.size() == 2);
  CHECK(facts.verifiers.elsewhere == std::vector<std::string>{"/usr/local/bin/hallmark-verifier"});
  REQUIRE(facts.policy.policy);
  CHECK(facts.policy.files.front().path == "/etc/hallmark/policy.d");
  REQUIRE(facts.policy.missing_keys.size() == 1);
  CHECK_THAT(facts.policy.missing_keys.front(), Catch::StartsWith("/etc/hallmark/policy.d/release.pub, named in "));
  CHECK(facts.registries.insecure.size() == 2);
  CHECK(facts.registries.problems.size() == 1);
  CHECK(facts.credentials.files.size() == 2);
  CHECK(facts.credentials.problems.size() == 1);
  CHECK(facts.credentials.not_runnable.size() == 1);
  REQUIRE(facts.credentials.no_helpers.size() == 1);
  CHECK_THAT(facts.credentials.no_helpers.front(), Catch::StartsWith("docker-credential-gone, named in "));
  const std::string text = problems(node::diagnose(facts));
  INFO(text);
  for (const char* id : {"error verifier-stray:", "error key-missing:", "warning registry-plain-http:",
                         "warning registry-skip-verify:", "error registry-config:", "error credentials-unreadable:",
                         "error credential-provider-missing:", "warning cache:"})
    CHECK_THAT(text, Catch::Contains(id));
  CHECK_THAT(text, !Catch::Contains("containerd-version") && !Catch::Contains("cri-") && !Catch::Contains("-mode"));
  CHECK_FALSE(fs::exists(root / "var/lib/hallmark"));
}

TEST_CASE("policies are read from where config.yaml has them, and its own mode counts [attack 44]") {
  const TemporaryFolder root;
  root.put("etc/hallmark/config.yaml", "policy: [a, b.yaml]\n");
  root.put("etc/hallmark/a/one.yaml", kPolicy);
  root.put("etc/hallmark/policy.d/not-named.yaml", "rules: [");
  node::ReadOptions options;
  options.paths.root.path = root.path();
  options.containerd_version = "2.4.2";
  const auto named = node::configured(options.paths);
  REQUIRE(named);
  options.paths = *named;
  REQUIRE(::chmod((root.path() / "etc/hallmark/config.yaml").c_str(), 0664) == 0);
  auto facts = node::read_node(options, at("2026-06-01T00:00:00Z"));
  CHECK(facts.policy.sources.size() == 1);
  CHECK_THAT(problems(node::diagnose(facts)),
             Catch::Contains("policy-unreadable: /etc/hallmark/b.yaml is not there") &&
                 Catch::Contains("policy-mode: others may write it (mode 0664) and change what may run here "
                                 "(/etc/hallmark/config.yaml)"));
  root.put("etc/hallmark/b.yaml", "rules: [{match: other.example/x, require: {any: [release]}}]\nversion: 1\n");
  facts = node::read_node(options, at("2026-06-01T00:00:00Z"));
  REQUIRE(facts.policy.policy);
  CHECK(facts.policy.policy->rules().size() == 2);
}

TEST_CASE("a registry client on a node finds what the node has") {
  const TemporaryFolder root;
  root.put("etc/containerd/config.toml",
           "version = 3\n[plugins.'io.containerd.cri.v1.images'.registry]\nconfig_path = '/etc/my/certs.d'\n");
  root.put(
      "etc/eks/image-credential-provider/config.json",
      R"({"kind":"CredentialProviderConfig","apiVersion":"kubelet.config.k8s.io/v1","providers":[{"name":"p",)"
      R"("matchImages":["*.example"],"defaultCacheDuration":"0s","apiVersion":"credentialprovider.kubelet.k8s.io/v1"}]})");
  const auto plugin = root.put("etc/eks/image-credential-provider/p", R"(#!/bin/sh
echo '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Global","auth":{"*.example":{"username":"node","password":"pw"}}}'
)");
  fs::permissions(plugin, fs::perms::owner_all);
  node::NodePaths paths;
  paths.root.path = root.path();
  class : public Clock {
    [[nodiscard]] Time now() const override { return {}; }
    [[nodiscard]] std::chrono::steady_clock::time_point steady() const override { return {}; }
  } clock;
  const auto options = node::node_registry_options(paths, {}, clock);
  REQUIRE(options);
  CHECK(options->certs_dirs.at(0) == root / "etc/hallmark/certs.d");
  CHECK(options->certs_dirs.at(1) == root / "etc/my/certs.d");
  CHECK(options->auth_files.at(0) == root / "etc/hallmark/auth.json");
  CHECK(options->auth_files.at(1) == root / "var/lib/kubelet/config.json");
  REQUIRE(options->login_lookups.size() == 1);
  const auto login = options->login_lookups.front()("r.example", "shop/api");
  REQUIRE(login);
  REQUIRE(*login);
  CHECK((*login)->user == "node");
  root.put("etc/containerd/config.toml", "version = 'x'");
  CHECK_FALSE(node::node_registry_options(paths, {}, clock));
}
