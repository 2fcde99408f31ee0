// run_exec_plugin: the program that a kubeconfig names to log in with, run once, and its answer.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "hallmark/clock.h"
#include "hallmark/result.h"
#include "hallmark/secret.h"
#include "keys/kubernetes/kubeconfig.h"

namespace hallmark::keys {

struct ExecCredential {
  Secret token;  // empty: none
  std::string certificate_pem;
  Secret key_pem;
  std::optional<Time> expires;  // nothing: as long as this process runs
};

// kubernetes.io, "client-go credential plugins": client.authentication.k8s.io/v1 and v1beta1. Kind of errors: key; they
// show nothing of the answer.
[[nodiscard]] Result<ExecCredential> parse_exec_credential(BytesView answer, std::string_view api_version);

struct ExecSurroundings {
  const std::map<std::string, std::string>& environment;
  const base::Json& cluster;       // handed over where the kubeconfig says provideClusterInfo
  std::chrono::milliseconds time;  // at most; and never more than limits::exec_plugin_time
};
// Without a terminal. Kind of errors: key; they name the command, never its arguments.
[[nodiscard]] Result<ExecCredential> run_exec_plugin(const KubeExec& exec, const ExecSurroundings& around);

}  // namespace hallmark::keys
