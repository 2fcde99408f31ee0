#include "keys/kubernetes/exec_plugin.h"

#include <unistd.h>

#include <algorithm>

#include "base/child_process.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"

namespace hallmark::keys {
namespace {

using base::Json;

constexpr std::string_view kVersion1 = "client.authentication.k8s.io/v1";
constexpr std::string_view kVersion1Beta1 = "client.authentication.k8s.io/v1beta1";

Error plugin_error(const KubeExec& exec, std::string_view problem, Cause cause = Cause::no_credentials) {
  return Error(Outcome::key,
               "Kubernetes: the exec plugin \"" + base::printable(exec.command, 200) + "\" " + std::string(problem))
      .because(cause);
}

// As exec.LookPath of Go: relative folders of PATH are passed over.
std::optional<std::string> find_program(const std::string& command,
                                        const std::map<std::string, std::string>& variables) {
  if (command.find('/') != std::string::npos) return command;
  const auto path = variables.find("PATH");
  if (path == variables.end()) return std::nullopt;
  for (std::size_t at = 0; at <= path->second.size();) {
    const std::size_t end = std::min(path->second.find(':', at), path->second.size());
    const std::string file = path->second.substr(at, end - at) + "/" + command;
    if (file.front() == '/' && end > at && ::access(file.c_str(), X_OK) == 0) return file;
    at = end + 1;
  }
  return std::nullopt;
}

Result<void> check(const KubeExec& exec) {
  if (exec.command.empty())
    return fail(Error(Outcome::key, "Kubernetes: an exec plugin without a command").because(Cause::no_credentials));
  if (exec.api_version != kVersion1 && exec.api_version != kVersion1Beta1)
    return fail(plugin_error(
        exec,
        "speaks \"" + base::printable(exec.api_version, 80) + "\"; expected " + std::string(kVersion1) + " or v1beta1",
        Cause::unsupported));
  if (exec.interactive_mode == "Always")
    return fail(
        plugin_error(exec, "wants a terminal (interactiveMode: Always), which it is not given", Cause::unsupported));
  const bool known = exec.interactive_mode == "Never" || exec.interactive_mode == "IfAvailable";
  if (!known && !(exec.interactive_mode.empty() && exec.api_version == kVersion1Beta1))
    return fail(plugin_error(exec, "has no valid interactiveMode; expected Never or IfAvailable"));
  return {};
}

std::string exec_info(const KubeExec& exec, const Json& cluster) {
  auto spec = Json::object({{"interactive", false}});
  if (exec.provide_cluster_info) spec.set("cluster", cluster);
  return Json::object({{"apiVersion", exec.api_version}, {"kind", "ExecCredential"}, {"spec", spec}}).dump();
}

}  // namespace

Result<ExecCredential> run_exec_plugin(const KubeExec& exec, const ExecSurroundings& around) {
  HM_DO(check(exec));
  const auto time = std::min<std::chrono::milliseconds>(around.time, limits::exec_plugin_time);
  base::ChildOptions options{around.environment, time, limits::login_answer_bytes};
  for (const auto& [name, value] : exec.environment) options.environment[name] = value;
  const auto program = find_program(exec.command, options.environment);
  if (!program) return fail(plugin_error(exec, "is not in PATH").with_hint(base::printable(exec.install_hint, 400)));
  options.environment["KUBERNETES_EXEC_INFO"] = exec_info(exec, around.cluster);
  const auto ran = base::run_child(*program, exec.arguments, {}, options);
  if (!ran) return fail(plugin_error(exec, "failed: " + ran.error().message()));
  if (ran->exit_code != 0)
    return fail(plugin_error(exec, "failed with exit code " + std::to_string(ran->exit_code))
                    .with_hint("run it by hand to see what it says, or log in with it first"));
  auto credential = parse_exec_credential(ran->output.view(), exec.api_version);
  if (!credential)
    return fail(plugin_error(exec, "answered with what is no ExecCredential: " + credential.error().message(),
                             credential.error().cause()));
  return credential;
}

}  // namespace hallmark::keys
