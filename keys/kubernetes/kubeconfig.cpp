#include "keys/kubernetes/kubeconfig.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/try.h"
#include "keys/kubernetes/kubeconfig_fields.h"

namespace hallmark::keys {
namespace {

using Fields = KubeconfigFields;

constexpr std::string_view kExecExtension = "client.authentication.k8s.io/exec";

template <class Named>
const Named* named(const std::vector<Named>& all, std::string_view name) {
  const auto found = std::ranges::find(all, name, &Named::name);
  return found == all.end() ? nullptr : &*found;
}

template <class Named>
void add_missing(std::vector<Named>& all, std::vector<Named> more) {
  for (Named& one : more) {
    if (named(all, one.name) == nullptr) all.push_back(std::move(one));
  }
}

// "data" and file of the same thing exclude each other, as for kubectl.
Result<void> expect_one(const Fields& fields, std::string_view file) {
  const std::string data = std::string(file) + "-data";
  if (!fields.has(file) || !fields.has(data)) return {};
  return fail(fields.error(*fields.value().find(data), "both " + std::string(file) + " and " + data + " are given"));
}

Result<base::Json> read_exec_config(const Fields& fields) {
  HM_TRY(const auto extensions, fields.mappings("extensions"));
  for (const Fields& extension : extensions) {
    HM_TRY(const std::string name, extension.text("name"));
    if (name == kExecExtension) return extension.json("extension");
  }
  return base::Json();
}

Result<KubeCluster> read_cluster(const Fields& fields) {
  KubeCluster cluster;
  HM_TRY(cluster.server, fields.text("server"));
  HM_DO(expect_one(fields, "certificate-authority"));
  HM_TRY(const Secret ca, fields.base64("certificate-authority-data"));
  cluster.ca_pem = ca.text();
  HM_TRY(cluster.ca_file, fields.path("certificate-authority"));
  HM_TRY(cluster.proxy_url, fields.text("proxy-url"));
  HM_TRY(cluster.tls_server_name, fields.text("tls-server-name"));
  HM_TRY(cluster.skip_verify, fields.flag("insecure-skip-tls-verify"));
  HM_TRY(cluster.exec_config, read_exec_config(fields));
  return cluster;
}

Result<KubeExec> read_exec(const Fields& fields, const std::filesystem::path& file) {
  KubeExec exec;
  HM_TRY(exec.api_version, fields.text("apiVersion"));
  HM_TRY(exec.command, fields.text("command"));
  // Only what has a slash is a path; the rest is looked for in PATH.
  if (exec.command.find('/') != std::string::npos)
    exec.command = (std::filesystem::absolute(file).parent_path() / exec.command).string();
  HM_TRY(exec.arguments, fields.texts("args"));
  HM_TRY(exec.interactive_mode, fields.text("interactiveMode"));
  HM_TRY(exec.install_hint, fields.text("installHint"));
  HM_TRY(exec.provide_cluster_info, fields.flag("provideClusterInfo"));
  HM_TRY(const auto variables, fields.mappings("env"));
  for (const Fields& variable : variables) {
    HM_TRY(std::string name, variable.text("name"));
    HM_TRY(std::string value, variable.text("value"));
    if (name.empty() || name.find('=') != std::string::npos)
      return fail(variable.error(variable.value(), "env: a variable without a name"));
    exec.environment.emplace_back(std::move(name), std::move(value));
  }
  return exec;
}

// Whoever is to be somebody else must not become oneself: to pass over these would be worse than to refuse.
std::string unsupported_login(const Fields& fields) {
  for (const char* key : {"auth-provider", "username", "password", "as", "as-uid", "as-groups", "as-user-extra"}) {
    if (fields.has(key)) return key;
  }
  return {};
}

Result<KubeUser> read_user(const Fields& fields, const std::filesystem::path& file) {
  KubeUser user;
  user.file = file.string();
  HM_TRY(const std::string token, fields.text("token"));
  user.token = Secret::copy_of(std::string_view(token));
  HM_TRY(user.token_file, fields.path("tokenFile"));
  HM_DO(expect_one(fields, "client-certificate"));
  HM_DO(expect_one(fields, "client-key"));
  HM_TRY(const Secret certificate, fields.base64("client-certificate-data"));
  user.client_certificate_pem = certificate.text();
  HM_TRY(user.client_certificate, fields.path("client-certificate"));
  HM_TRY(user.client_key_pem, fields.base64("client-key-data"));
  HM_TRY(user.client_key, fields.path("client-key"));
  user.unsupported = unsupported_login(fields);
  if (!fields.has("exec")) return user;
  HM_TRY(const Fields exec, fields.mapping("exec"));
  HM_TRY(user.exec, read_exec(exec, file));
  return user;
}

Result<KubeContext> read_context(const Fields& fields) {
  KubeContext context;
  HM_TRY(context.cluster, fields.text("cluster"));
  HM_TRY(context.user, fields.text("user"));
  return context;
}

// clusters: [{name: …, cluster: {…}}], and so on.
template <class Named, class Read>
Result<std::vector<Named>> read_list(const Fields& top, std::string_view list, std::string_view member, Read read) {
  std::vector<Named> all;
  HM_TRY(const auto entries, top.mappings(list));
  for (const Fields& entry : entries) {
    HM_TRY(std::string name, entry.text("name"));
    if (name.empty()) return fail(entry.error(entry.value(), std::string(list) + ": an entry without a name"));
    if (named(all, name) != nullptr)
      return fail(entry.error(entry.value(), std::string(list) + ": \"" + base::printable(name, 80) + "\" twice"));
    HM_TRY(const Fields fields, entry.mapping(member));
    HM_TRY(Named one, read(fields));
    one.name = std::move(name);
    all.push_back(std::move(one));
  }
  return all;
}

Result<void> expect_kind(const Fields& top) {
  HM_TRY(const std::string kind, top.text("kind"));
  HM_TRY(const std::string version, top.text("apiVersion"));
  if ((kind.empty() || kind == "Config") && (version.empty() || version == "v1")) return {};
  return fail(top.error(top.value(), "is a " + base::printable(kind, 40) + " of " + base::printable(version, 40) +
                                         ", expected a Config of v1"));
}

}  // namespace

Result<Kubeconfig> Kubeconfig::parse(std::string_view text, const std::filesystem::path& file) {
  auto documents =
      base::Yaml::parse_all(text, base::printable(file.string(), 400), {.fold_keys = false, .many_documents = false});
  if (!documents) return fail(documents.error().as(Outcome::key));
  Kubeconfig config;
  if (documents->empty()) return config;  // an empty file is one that says nothing
  HM_TRY(const Fields top, Fields::of(documents->front(), file, "kubeconfig"));
  HM_DO(expect_kind(top));
  HM_TRY(config.current_context, top.text("current-context"));
  HM_TRY(config.clusters, read_list<KubeCluster>(top, "clusters", "cluster", read_cluster));
  const auto user = [&](const Fields& fields) { return read_user(fields, file); };
  HM_TRY(config.users, read_list<KubeUser>(top, "users", "user", user));
  HM_TRY(config.contexts, read_list<KubeContext>(top, "contexts", "context", read_context));
  return config;
}

void Kubeconfig::add(Kubeconfig other) {
  if (current_context.empty()) current_context = std::move(other.current_context);
  add_missing(clusters, std::move(other.clusters));
  add_missing(users, std::move(other.users));
  add_missing(contexts, std::move(other.contexts));
}

const KubeCluster* Kubeconfig::cluster(std::string_view name) const { return named(clusters, name); }
const KubeUser* Kubeconfig::user(std::string_view name) const { return named(users, name); }
const KubeContext* Kubeconfig::context(std::string_view name) const { return named(contexts, name); }

}  // namespace hallmark::keys
