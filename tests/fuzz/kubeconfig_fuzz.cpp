// A kubeconfig that is taken has entries with names, each once, and paths that are absolute; added to itself it stays
// as it is.
#include <cstdlib>
#include <set>

#include "keys/kubernetes/kubeconfig.h"

using hallmark::keys::Kubeconfig;

namespace {

void check_path(const std::filesystem::path& path) {
  if (!path.empty() && !path.is_absolute()) std::abort();
}

template <class Named>
void check_names(const std::vector<Named>& all) {
  std::set<std::string> names;
  for (const Named& one : all) {
    if (one.name.empty() || !names.insert(one.name).second) std::abort();
  }
}

void check(const Kubeconfig& config) {
  check_names(config.clusters);
  check_names(config.users);
  check_names(config.contexts);
  for (const auto& cluster : config.clusters) {
    check_path(cluster.ca_file);
    (void)cluster.exec_config.dump();
  }
  for (const auto& user : config.users) {
    check_path(user.token_file);
    check_path(user.client_certificate);
    check_path(user.client_key);
    if (user.exec && user.exec->command.find('/') != std::string::npos) check_path(user.exec->command);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto config = Kubeconfig::parse(text, "/home/u/.kube/config");
  if (!config) {
    if (config.error().kind() != hallmark::Outcome::key || config.error().message().empty()) std::abort();
    return 0;
  }
  check(*config);
  auto again = Kubeconfig::parse(text, "/home/u/.kube/config");
  const auto before = config->users.size() + config->clusters.size() + config->contexts.size();
  config->add(*std::move(again));
  if (config->users.size() + config->clusters.size() + config->contexts.size() != before) std::abort();
  for (const auto& context : config->contexts) {
    if (config->context(context.name) != &context) std::abort();
    (void)config->cluster(context.cluster);
    (void)config->user(context.user);
  }
  return 0;
}
