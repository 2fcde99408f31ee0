#include "keys/kubernetes/kubeconfig.h"

#include "kubernetes_fixture.h"

namespace hallmark::keys {

using Catch::Contains;

namespace {

// As kubectl config set-cluster, set-credentials and set-context write it.
constexpr const char* kByKubectl = R"(apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: Q0E=
    extensions:
    - extension:
        audience: test
        ports: [1, 2]
        deep: true
      name: client.authentication.k8s.io/exec
    - extension:
        last-update: Thu, 26 Nov 2026 09:00:00 UTC
      name: cluster_info
    proxy-url: http://proxy.test:3128
    server: https://127.0.0.1:6443
    tls-server-name: api.test
  name: kind-kind
contexts:
- context:
    cluster: kind-kind
    namespace: ci
    user: kind-kind
  name: kind-kind
current-context: kind-kind
kind: Config
preferences: {}
users:
- name: kind-kind
  user:
    client-certificate-data: Q0VSVA==
    client-key-data: S0VZ
- name: by-files
  user:
    client-certificate: pki/client.pem
    client-key: /etc/client.key
    tokenFile: ../token
- name: by-plugin
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      args:
      - get-token
      - --cluster=x
      command: bin/login
      env:
      - name: AWS_PROFILE
        value: prod
      installHint: install it
      interactiveMode: IfAvailable
      provideClusterInfo: true
- name: by-old-plugin
  user:
    auth-provider:
      config: {access-token: hush}
      name: gcp
)";

Result<Kubeconfig> parse(std::string_view text) { return Kubeconfig::parse(text, "/home/u/.kube/config"); }

std::string users(const std::string& user) { return "users: [{name: u, user: " + user + "}]\n"; }
std::string clusters(const std::string& cluster) { return "clusters: [{name: c, cluster: " + cluster + "}]\n"; }

}  // namespace

TEST_CASE("what kubectl writes is read, with paths made absolute") {
  const auto config = parse(kByKubectl);
  REQUIRE(config);
  CHECK(config->current_context == "kind-kind");
  REQUIRE(config->context("kind-kind"));
  CHECK(config->context("kind-kind")->user == "kind-kind");
  const KubeCluster* cluster = config->cluster("kind-kind");
  REQUIRE(cluster);
  CHECK(cluster->server == "https://127.0.0.1:6443");
  CHECK(cluster->ca_pem == "CA");
  CHECK(cluster->proxy_url == "http://proxy.test:3128");
  CHECK(cluster->tls_server_name == "api.test");
  CHECK(cluster->exec_config.dump() == R"({"audience":"test","ports":[1,2],"deep":true})");
  CHECK(config->user("kind-kind")->client_certificate_pem == "CERT");
  CHECK(config->user("kind-kind")->client_key_pem.text() == "KEY");
  const KubeUser* files = config->user("by-files");
  REQUIRE(files);
  CHECK(files->client_certificate == "/home/u/.kube/pki/client.pem");
  CHECK(files->client_key == "/etc/client.key");
  CHECK(files->token_file == "/home/u/.kube/../token");
  const KubeUser* plugin = config->user("by-plugin");
  REQUIRE(plugin);
  REQUIRE(plugin->exec);
  CHECK(plugin->exec->command == "/home/u/.kube/bin/login");
  CHECK(plugin->exec->arguments == std::vector<std::string>{"get-token", "--cluster=x"});
  CHECK(plugin->exec->environment.at(0) == std::pair<std::string, std::string>("AWS_PROFILE", "prod"));
  CHECK(plugin->exec->provide_cluster_info);
  CHECK(config->user("by-old-plugin")->unsupported == "auth-provider");
}

TEST_CASE("JSON is read as well, and an empty file says nothing") {
  const auto config = parse(R"({"kind":"Config","apiVersion":"v1","current-context":"x",
    "users":[{"name":"u","user":{"token":"t","exec":null}}]})");
  REQUIRE(config);
  CHECK(config->user("u")->token.text() == "t");
  CHECK_FALSE(config->user("u")->exec);
  CHECK(parse("")->clusters.empty());
  CHECK(parse("# nothing\n")->clusters.empty());
}

TEST_CASE("the first file to name something wins") {
  auto first = parse("current-context: a\n" + users("{token: one}"));
  auto second = parse("current-context: b\nusers: [{name: u, user: {token: two}}, {name: v, user: {token: three}}]\n");
  REQUIRE(first);
  REQUIRE(second);
  first->add(*std::move(second));
  CHECK(first->current_context == "a");
  CHECK(first->user("u")->token.text() == "one");
  CHECK(first->user("v")->token.text() == "three");
}

TEST_CASE("a kubeconfig that is wrong says where, and shows no value [attack 48]") {
  const auto [text, words] = GENERATE(table<std::string, std::string>({
      {"kind: Secret\n", ":1:1: is a Secret of , expected a Config of v1"},
      {"apiVersion: v2\n", "expected a Config of v1"},
      {"[]\n", ":1:1: kubeconfig: expected a mapping, found a list"},
      {"users: 4\n", ":1:8: users: expected a list"},
      {"users: [4]\n", "users: expected a mapping"},
      {"users: [{user: {}}]\n", "users: an entry without a name"},
      {"users: [{name: u}, {name: u}]\n", "users: \"u\" twice"},
      {"users: [{name: u, user: []}]\n", "user: expected a mapping"},
      {users("{token: 4711}"), "token: expected text, found a"},
      {users("{token: [hush]}"), "token: expected text, found a list"},
      {users("{client-key-data: hush!}"), "client-key-data: is no base64"},
      {users("{client-key-data: aHVzaA==, client-key: k}"), "both client-key and client-key-data are given"},
      {users("{client-certificate-data: aHVzaA==, client-certificate: k}"), "both client-certificate and"},
      {users("{exec: {args: x}}"), "args: expected a list"},
      {users("{exec: {args: [1]}}"), "args: expected text, found a"},
      {users("{exec: {env: [{value: hush}]}}"), "env: a variable without a name"},
      {users("{exec: {provideClusterInfo: x}}"), "provideClusterInfo: expected true or false, found text"},
      {users("{tokenFile: \"a\\0b\"}"), "tokenFile: has a NUL byte"},
      {clusters("{certificate-authority-data: Q0E=, certificate-authority: f}"), "both certificate-authority and"},
      {clusters("{server: x, server: y}"), "duplicate key \"server\""},
      {clusters("&a {server: x}"), "anchors are not allowed"},
      {"kind: Config\n---\nkind: Config\n", "a second document"},
      {"a: [\n", "not valid YAML"},
  }));
  CAPTURE(text);
  const Error error = test::error_of(parse(text));
  CHECK_THAT(error.message(), Contains("/home/u/.kube/config:") && Contains(words));
}

}  // namespace hallmark::keys
