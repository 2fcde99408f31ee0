#include "keys/kubernetes/cluster.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kubernetes/private_file.h"
#include "net/proxy.h"
#include "net/url.h"

namespace hallmark::keys {
namespace {

namespace fs = std::filesystem;

Error no_credentials(std::string message) {
  return Error(Outcome::key, "Kubernetes: " + std::move(message)).because(Cause::no_credentials);
}

Error unsupported(std::string message) {
  return Error(Outcome::key, "Kubernetes: " + std::move(message)).because(Cause::unsupported);
}

// Where was looked, and why there was nothing.
using Places = std::vector<std::string>;

Error nothing_found(const Places& places) {
  std::string message = "no cluster and no credentials were found: ";
  for (std::size_t i = 0; i < places.size(); ++i) message += (i == 0 ? "" : "; ") + places[i];
  return no_credentials(std::move(message))
      .with_hint("set KUBECONFIG to a kubeconfig with a current context, or run in a pod with a service account");
}

// KUBECONFIG's files in their order, each once; else ~/.kube/config.
std::vector<fs::path> kubeconfig_files(const Services& services, Places& places) {
  std::vector<fs::path> files;
  const auto list = services.setting("KUBECONFIG");
  if (!list) {
    places.emplace_back("KUBECONFIG is not set");
    if (services.home.empty()) {
      places.emplace_back("there is no home folder to look for .kube/config in");
    } else {
      files.push_back(services.home / ".kube/config");
    }
    return files;
  }
  for (std::size_t at = 0; at <= list->size();) {
    const std::size_t end = std::min(list->find(':', at), list->size());
    const fs::path file = list->substr(at, end - at);
    if (!file.empty() && std::ranges::find(files, file) == files.end()) files.push_back(file);
    at = end + 1;
  }
  return files;
}

// What runs commands and names servers must not be anybody's to change.
Result<void> expect_own(const PrivateFile& file, const std::string& name) {
  if (!file.others_can_write()) return {};
  return fail(no_credentials(name + ": others can change this kubeconfig, and with it the server and the commands run")
                  .with_hint("run \"chmod go-w " + name + "\""));
}

bool holds_secret(const KubeUser& user) { return !user.token.empty() || !user.client_key_pem.empty(); }

// As of files of private keys: what others can read is no secret any more.
Result<void> expect_unread(const PrivateFile& file, const KubeUser& user, const std::string& name) {
  if (!file.others_can_read() || !holds_secret(user)) return {};
  return fail(no_credentials(name + ": others can read the " + (user.token.empty() ? "client key" : "token") +
                             " of user \"" + base::printable(user.name, 80) + "\"")
                  .with_hint("run \"chmod 600 " + name + "\"; of a file that a pod mounts: defaultMode: 0400"));
}

struct ReadFile {
  fs::path path;
  PrivateFile file;
};

struct Loaded {
  Kubeconfig config;
  std::vector<ReadFile> files;
};

Result<Loaded> load_kubeconfigs(const Services& services, Places& places) {
  Loaded loaded;
  for (const fs::path& path : kubeconfig_files(services, places)) {
    const std::string name = base::printable(path.string(), 400);
    auto file = PrivateFile::read(path, limits::cloud_config_bytes);
    if (!file) return fail(no_credentials(file.error().message()));
    if (!*file) {
      places.push_back(name + ": no such file");
      continue;
    }
    HM_DO(expect_own(**file, name));
    auto config = Kubeconfig::parse((*file)->text.text(), path);
    if (!config) return fail(no_credentials(config.error().message()));
    loaded.config.add(*std::move(config));
    loaded.files.push_back({path, **std::move(file)});
  }
  return loaded;
}

std::string names_of(const Kubeconfig& config) {
  std::string names;
  for (std::size_t i = 0; i < config.contexts.size() && i < 10; ++i)
    names += (i == 0 ? "" : ", ") + base::printable(config.contexts[i].name, 80);
  return names.empty() ? "there is none" : "there are: " + names;
}

// https, or plain HTTP that stays on this machine.
Result<void> set_server(Cluster& cluster, const std::string& server, const std::string& where) {
  auto url = net::Url::parse(server);
  if (!url || server.find('?') != std::string::npos || server.find('#') != std::string::npos)
    return fail(no_credentials(where + ": its server \"" + base::printable(net::redacted(server)) +
                               "\" is no URL; write it as https://host:port"));
  if (!url->tls() && !net::is_loopback(url->host))
    return fail(unsupported(where + ": its server is not https: whoever listens in would have the key")
                    .with_hint("plain HTTP is spoken with this machine only, as with \"kubectl proxy\""));
  cluster.server = url->text;
  while (cluster.server.ends_with('/')) cluster.server.pop_back();
  cluster.authority = url->authority();
  cluster.tls = url->tls();
  return {};
}

Result<void> set_proxy(Cluster& cluster, const std::string& proxy, const std::string& where) {
  if (proxy.empty()) return {};
  if (!net::ProxyRules::parse(proxy, proxy, {}))
    return fail(unsupported(where + ": its proxy-url " + base::printable(net::redacted(proxy)) +
                            " is not one of http:// or https://"));
  cluster.proxy = proxy;
  return {};
}

Result<void> set_trust(Cluster& cluster, const KubeCluster& from, const std::string& where) {
  if (from.skip_verify)
    return fail(unsupported(where + ": insecure-skip-tls-verify is refused: anyone could answer with a key")
                    .with_hint("name the cluster's CA with certificate-authority or certificate-authority-data"));
  const auto url = net::Url::parse(cluster.server);
  if (!from.tls_server_name.empty() && (!url || from.tls_server_name != url->host))
    return fail(unsupported(where + ": tls-server-name is not supported")
                    .with_hint("name the server by a host that its certificate has"));
  cluster.ca_pem = from.ca_pem;
  cluster.ca_place = "certificate-authority-data of " + where;
  if (from.ca_file.empty()) return {};
  auto pem = base::read_file(from.ca_file, limits::ca_file_bytes, Outcome::key);
  if (!pem) return fail(no_credentials(where + ": its certificate-authority " + pem.error().message()));
  cluster.ca_pem = as_text(*pem);
  cluster.ca_place = base::printable(from.ca_file.string(), 400);
  return {};
}

Result<void> check_user(const KubeUser& user, const std::string& where) {
  if (user.unsupported.empty()) return {};
  return fail(unsupported(where + " logs in by " + user.unsupported + ", which is not supported")
                  .with_hint("token, tokenFile, client certificates and exec plugins are"));
}

// client.authentication.k8s.io, type Cluster.
base::Json info_of(const Cluster& cluster, const KubeCluster& from) {
  auto info = base::Json::object({{"server", from.server}});
  if (!from.tls_server_name.empty()) info.set("tls-server-name", from.tls_server_name);
  if (!cluster.ca_pem.empty()) info.set("certificate-authority-data", base::base64_encode(as_bytes(cluster.ca_pem)));
  if (!from.proxy_url.empty()) info.set("proxy-url", from.proxy_url);
  if (!from.exec_config.is_null()) info.set("config", from.exec_config);
  return info;
}

KubeUser take(std::vector<KubeUser>& all, std::string_view name) {
  return std::move(*std::ranges::find(all, name, &KubeUser::name));
}

Result<Cluster> cluster_of(Loaded loaded, const std::string& context_name) {
  Kubeconfig& config = loaded.config;
  const KubeContext* context = config.context(context_name);
  const std::string where = "context \"" + base::printable(context_name, 80) + "\"";
  if (context == nullptr)
    return fail(no_credentials("there is no " + where + " in the kubeconfig; " + names_of(config)));
  const KubeCluster* named = config.cluster(context->cluster);
  if (named == nullptr)
    return fail(no_credentials(where + " names the cluster \"" + base::printable(context->cluster, 80) +
                               "\", which the kubeconfig does not have"));
  if (!context->user.empty() && config.user(context->user) == nullptr)
    return fail(no_credentials(where + " names the user \"" + base::printable(context->user, 80) +
                               "\", which the kubeconfig does not have"));
  Cluster cluster;
  const std::string cluster_where = "cluster \"" + base::printable(named->name, 80) + "\"";
  HM_DO(set_server(cluster, named->server, cluster_where));
  HM_DO(set_proxy(cluster, named->proxy_url, cluster_where));
  HM_DO(set_trust(cluster, *named, cluster_where));
  cluster.info = info_of(cluster, *named);
  if (!context->user.empty()) cluster.user = take(config.users, context->user);
  HM_DO(check_user(cluster.user, "user \"" + base::printable(cluster.user.name, 80) + "\""));
  for (const ReadFile& file : loaded.files) {
    if (file.path == cluster.user.file)
      HM_DO(expect_unread(file.file, cluster.user, base::printable(file.path.string(), 400)));
  }
  return cluster;
}

bool is_file(const fs::path& path) {
  struct ::stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

// kubernetes.io, "Accessing the Kubernetes API from a Pod".
Result<Cluster> cluster_of_pod(const Services& services, const KubernetesOptions& options, Places& places) {
  const auto host = services.setting("KUBERNETES_SERVICE_HOST");
  const auto port = services.setting("KUBERNETES_SERVICE_PORT");
  if (!host || !port) {
    places.emplace_back("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no pod");
    return fail(nothing_found(places));
  }
  if (!is_file(options.service_account / "token")) {
    places.push_back("the pod's service account: there is no " + (options.service_account / "token").string());
    return fail(nothing_found(places));
  }
  Cluster cluster;
  const bool v6 = host->find(':') != std::string::npos;
  HM_DO(set_server(cluster, "https://" + (v6 ? "[" + *host + "]" : *host) + ":" + *port, "the pod's environment"));
  const fs::path ca = options.service_account / "ca.crt";
  auto pem = base::read_file(ca, limits::ca_file_bytes, Outcome::key);
  if (!pem) return fail(no_credentials("the pod's service account: " + pem.error().message()));
  cluster.ca_pem = as_text(*pem);
  cluster.ca_place = ca.string();
  cluster.user.name = "the pod's service account";
  cluster.user.token_file = options.service_account / "token";
  return cluster;
}

}  // namespace

Result<Cluster> find_cluster(const Services& services, const KubernetesOptions& options) {
  Places places;
  HM_TRY(Loaded loaded, load_kubeconfigs(services, places));
  const std::string context = services.setting("HALLMARK_KUBE_CONTEXT").value_or(loaded.config.current_context);
  if (!context.empty()) return cluster_of(std::move(loaded), context);
  for (const ReadFile& file : loaded.files)
    places.push_back(base::printable(file.path.string(), 400) + ": has no current-context");
  return cluster_of_pod(services, options, places);
}

}  // namespace hallmark::keys
