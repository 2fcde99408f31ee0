#include "node/doctor.h"

#include <cstdlib>

namespace hallmark::node {
namespace {

void check_hosts(const RegistryFacts& registries, Diagnoses& out) {
  for (const Error& problem : registries.problems)
    out.push_back({"registry-config", Severity::error, problem.message(), "",
                   "correct it; until then every image of that registry is refused"});
  for (const auto& insecure : registries.insecure) {
    const std::string whom = insecure.url.empty() ? "the registry" : insecure.url;
    if (insecure.skip_verify) {
      out.push_back({"registry-skip-verify", Severity::warning,
                     "skip_verify for " + whom + ": whoever is on the way can hide signatures and read credentials",
                     insecure.place, "name the registry's CA with `ca` and take skip_verify out"});
    } else {
      out.push_back({"registry-plain-http", Severity::warning,
                     whom + " is plain HTTP: whoever is on the way can hide signatures and read credentials",
                     insecure.place, "use https://"});
    }
  }
  if (registries.problems.empty() && registries.insecure.empty())
    out.push_back({"registries", Severity::ok, "no registry is configured without TLS", "", ""});
}

void check_credentials(const CredentialFacts& credentials, Diagnoses& out) {
  const std::size_t before = out.size();
  for (const Error& problem : credentials.problems)
    out.push_back({"credentials-unreadable", Severity::error, problem.message(), "",
                   "correct it; until then registries that want a login cannot be asked"});
  for (const FileFacts& file : credentials.files) {
    if ((file.mode & 0077) != 0)
      out.push_back({"credentials-mode", Severity::warning, "other users may read these credentials", file.path,
                     "chmod 600 " + file.path});
  }
  for (const std::string& program : credentials.not_runnable)
    out.push_back({"credential-provider-missing", Severity::error, "kubelet's credential provider cannot be run",
                   program, "install it, or take it out of " + credentials.providers});
  for (const std::string& helper : credentials.no_helpers)
    out.push_back({"credential-helper-missing", Severity::warning,
                   "a credential helper is not installed: what it keeps cannot be used", helper,
                   "install it in /usr/local/bin, or take it out of credsStore and credHelpers"});
  for (const std::string& name : credentials.need_pod)
    out.push_back({"credential-provider-pod", Severity::warning,
                   "credential provider " + name + " wants the token of a pod, which only kubelet has: it is not asked",
                   credentials.providers, "give the node a login of its own for these registries"});
  if (out.size() == before)
    out.push_back({"credentials", Severity::ok,
                   credentials.files.empty() && credentials.providers.empty()
                       ? "no credentials are kept here: registries are asked without"
                       : "credentials can be read",
                   "", ""});
}

void check_clock(const ClockFacts& clock, Diagnoses& out) {
  if (!clock.ahead) {
    out.push_back(
        {"clock", Severity::warning, "the clock could not be compared: " + clock.problem, clock.registry, ""});
    return;
  }
  const auto seconds = clock.ahead->count();
  const std::string what = "the registry's clock is " + std::to_string(std::abs(seconds)) + " seconds " +
                           (seconds < 0 ? "behind" : "ahead of") + " this machine's";
  const char* const kRemedy = "set the clock: systemctl status chronyd or systemd-timesyncd";
  if (std::abs(seconds) > 300) {
    out.push_back(
        {"clock", Severity::error, what + ": anchors begin and end at the wrong time", clock.registry, kRemedy});
  } else if (std::abs(seconds) > 30) {
    out.push_back({"clock", Severity::warning, what, clock.registry, kRemedy});
  } else {
    out.push_back({"clock", Severity::ok, "the registry's clock and this machine's agree", clock.registry, ""});
  }
}

void check_cache(const NodeFacts& facts, Diagnoses& out) {
  const FileFacts& folder = facts.cache.folder;
  const FileFacts& file = facts.cache.file;
  std::string what;
  std::string remedy = "install -d -m 700 " + folder.path;
  if (folder.kind != FileFacts::Kind::folder) {
    what = "the folder of decisions is not there: every pull asks the registry again";
  } else if ((folder.owner != facts.owner && folder.owner != 0) || folder.writable_by_others() ||
             (folder.mode & 0200) == 0) {
    what = "the folder of decisions is not root's alone to write, and is not used: every pull asks the registry again";
    remedy = "chown 0 " + folder.path + " && chmod 700 " + folder.path;
  } else if (file.kind != FileFacts::Kind::missing &&
             (file.kind != FileFacts::Kind::file || !file.link.empty() || file.writable_by_others() ||
              (file.owner != facts.owner && file.owner != 0))) {
    what = "the file of decisions is not what hallmark made, and is not used: every pull asks the registry again";
    remedy = "remove " + file.path;
  } else {
    out.push_back({"cache", Severity::ok, "decisions can be kept", folder.path, ""});
    return;
  }
  out.push_back({"cache", Severity::warning, what, folder.path, remedy});
}

}  // namespace

void check_registries(const NodeFacts& facts, Diagnoses& out) {
  check_hosts(facts.registries, out);
  check_credentials(facts.credentials, out);
}

void check_machine(const NodeFacts& facts, Diagnoses& out) {
  check_cache(facts, out);
  if (facts.clock) check_clock(*facts.clock, out);
  if (!facts.complete)
    out.push_back({"not-root", Severity::warning, "not run as root: what other users may not read was not looked at",
                   "", "sudo hallmark doctor"});
}

}  // namespace hallmark::node
