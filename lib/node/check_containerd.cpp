#include "node/doctor.h"

namespace hallmark::node {
namespace {

void check_version(const ContainerdFacts& containerd, Diagnoses& out) {
  const char* const kUpgrade = "upgrade containerd to 2.1 or later";
  if (containerd.program.empty() && !containerd.version) {
    out.push_back({"containerd-version", Severity::warning, "containerd was not found", "",
                   "name its version with --containerd-version"});
  } else if (!containerd.version) {
    out.push_back({"containerd-version", Severity::warning, "the version of containerd is not known",
                   containerd.program, "name it with --containerd-version"});
  } else if (!containerd.version->at_least(2, 0)) {
    out.push_back({"containerd-version", Severity::error,
                   "containerd " + containerd.version->text + " runs no image verifiers: every image is pulled",
                   containerd.program, kUpgrade});
  } else if (!containerd.version->at_least(2, 1)) {
    out.push_back({"containerd-version", Severity::error,
                   "CRI of containerd " + containerd.version->text +
                       " never asks image verifiers: kubelet and crictl pull every image, ctr alone does not",
                   containerd.program, kUpgrade});
  } else {
    out.push_back({"containerd-version", Severity::ok,
                   "containerd " + containerd.version->text + " asks image verifiers", containerd.program, ""});
  }
}

void check_plugins(const ContainerdConfig& config, Diagnoses& out) {
  if (config.verifier_disabled)
    out.push_back({"verifier-plugin-disabled", Severity::error,
                   "the plugin that runs verifiers is disabled: every image is pulled",
                   config.verifier_disabled->text(),
                   "take io.containerd.image-verifier.v1.bindir out of disabled_plugins"});
  const auto offs = switch_offs(config);
  for (const SwitchOff& off : offs)
    out.push_back({"cri-" + off.id, Severity::error,
                   off.setting + " has CRI pull without asking verifiers: kubelet and crictl pull every image",
                   off.place.text(), off.remedy + ", then restart containerd"});
  if (offs.empty()) out.push_back({"cri-settings", Severity::ok, "no setting keeps CRI from asking verifiers", "", ""});
}

}  // namespace

void check_containerd(const NodeFacts& facts, Diagnoses& out) {
  const ContainerdFacts& containerd = facts.containerd;
  check_version(containerd, out);
  if (containerd.problem) {
    out.push_back({"containerd-config", Severity::error,
                   "containerd's configuration cannot be read: " + containerd.problem->message(),
                   containerd.config_file, "correct it; containerd does not start with it, either"});
    return;
  }
  out.push_back({"containerd-config", Severity::ok,
                 containerd.config_found
                     ? "containerd's configuration is read from " + std::to_string(containerd.config.files.size()) +
                           (containerd.config.files.size() == 1 ? " file" : " files")
                     : "containerd has no configuration file: its defaults hold",
                 containerd.config_file, ""});
  check_plugins(containerd.config, out);
}

}  // namespace hallmark::node
