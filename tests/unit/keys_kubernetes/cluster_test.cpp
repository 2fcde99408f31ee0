#include "keys/kubernetes/cluster.h"

#include "kubernetes_fixture.h"

namespace hallmark::keys {

using Catch::Contains;
using test::error_of;
using test::KubeHome;

namespace {

std::string config(const std::string& cluster, const std::string& user = "{}", const std::string& context = "x") {
  return "current-context: " + context + "\nclusters: [{name: c, cluster: " + cluster +
         "}]\ncontexts: [{name: x, context: {cluster: c, user: u}}, {name: q, context: {cluster: d, user: u}}, "
         "{name: z, context: {cluster: c, user: v}}, {name: w, context: {cluster: c}}]\nusers: [{name: u, user: " +
         user + "}]\n";
}

const std::string kGood = "{server: 'https://api.cluster.test/path/'}";

}  // namespace

TEST_CASE("without anything, every place that was looked at is told") {
  KubeHome home;
  const Error error = error_of(find_cluster(home.services, home.options));
  CHECK(error.cause() == Cause::no_credentials);
  CHECK_THAT(error.message(), Contains("KUBECONFIG is not set; " + (home.folder / ".kube/config").string() +
                                       ": no such file; KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not "
                                       "set: this is no pod"));
  home.services.home.clear();
  CHECK_THAT(error_of(find_cluster(home.services, home.options)).message(), Contains("there is no home folder"));
  home.world.variables["KUBECONFIG"] = "/dev/null:/nonexistent/config::";
  home.world.variables["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
  home.world.variables["KUBERNETES_SERVICE_PORT"] = "443";
  CHECK_THAT(error_of(find_cluster(home.services, home.options)).message(),
             Contains("/dev/null: no such file; /nonexistent/config: no such file; the pod's service account: there "
                      "is no " +
                      (home.folder / "serviceaccount/token").string()));
}

TEST_CASE("KUBECONFIG's files come before the one at home, and HALLMARK_KUBE_CONTEXT before the current context") {
  KubeHome home;
  home.put(".kube/config", config("{server: 'https://home.test'}"));
  CHECK(find_cluster(home.services, home.options)->authority == "home.test:443");
  const auto one = home.put("one", "current-context: ''\n");
  const auto two = home.put("two", config(kGood));
  const auto three = home.put("three", config("{server: 'https://third.test'}"));
  home.world.variables["KUBECONFIG"] = one.string() + ":/nonexistent:" + two.string() + ":" + three.string();
  const auto cluster = find_cluster(home.services, home.options);
  REQUIRE(cluster);
  CHECK(cluster->server == "https://api.cluster.test/path");
  CHECK(cluster->authority == "api.cluster.test:443");
  CHECK(cluster->user.name == "u");

  home.world.variables["HALLMARK_KUBE_CONTEXT"] = "w";
  CHECK(find_cluster(home.services, home.options)->user.name.empty());
  home.world.variables["HALLMARK_KUBE_CONTEXT"] = "none";
  CHECK_THAT(error_of(find_cluster(home.services, home.options)).message(),
             Contains("there is no context \"none\" in the kubeconfig; there are: x, q, z, w"));
  home.world.variables["HALLMARK_KUBE_CONTEXT"] = "q";
  CHECK_THAT(error_of(find_cluster(home.services, home.options)).message(), Contains("names the cluster \"d\""));
  home.world.variables["HALLMARK_KUBE_CONTEXT"] = "z";
  CHECK_THAT(error_of(find_cluster(home.services, home.options)).message(), Contains("names the user \"v\""));
}

TEST_CASE("a pod's service account counts where no kubeconfig has a current context") {
  KubeHome home;
  home.put(".kube/config", config(kGood, "{}", "''"));
  home.put("serviceaccount/token", "t", 0644);
  home.world.variables["KUBERNETES_SERVICE_HOST"] = "fd00::1";
  home.world.variables["KUBERNETES_SERVICE_PORT"] = "6443";
  CHECK_THAT(error_of(find_cluster(home.services, home.options)).message(), Contains("ca.crt"));
  home.put("serviceaccount/ca.crt", "CA", 0644);
  const auto cluster = find_cluster(home.services, home.options);
  REQUIRE(cluster);
  CHECK(cluster->server == "https://[fd00::1]:6443");
  CHECK(cluster->ca_pem == "CA");
  CHECK(cluster->user.token_file == home.folder / "serviceaccount/token");
  home.put(".kube/config", config(kGood));
  CHECK(find_cluster(home.services, home.options)->authority == "api.cluster.test:443");
  home.put(".kube/config", "current-context: ''");
  home.world.variables["KUBERNETES_SERVICE_PORT"] = "x/../y";
  CHECK_THAT(error_of(find_cluster(home.services, home.options)).message(), Contains("is no URL"));
}

TEST_CASE("what hallmark does not do is refused, never passed over [attack 35]") {
  KubeHome home;
  const auto [cluster, user, cause, words] = GENERATE(table<std::string, std::string, Cause, std::string>({
      {"{server: 'http://api.test'}", "{}", Cause::unsupported, "its server is not https"},
      {"{server: 'ftp://api.test'}", "{}", Cause::no_credentials, "is no URL"},
      {"{server: api.test}", "{}", Cause::no_credentials, "is no URL"},
      {"{}", "{}", Cause::no_credentials, "is no URL"},
      {"{server: 'https://u:hush@api.test'}", "{}", Cause::no_credentials, "is no URL"},
      {"{server: 'https://api.test?x=y'}", "{}", Cause::no_credentials, "is no URL"},
      {"{server: 'https://api.test', insecure-skip-tls-verify: true}", "{}", Cause::unsupported,
       "insecure-skip-tls-verify is refused"},
      {"{server: 'https://10.0.0.1', tls-server-name: api.test}", "{}", Cause::unsupported, "tls-server-name"},
      {"{server: 'https://api.test', proxy-url: 'socks5://u:hush@p:1'}", "{}", Cause::unsupported, "its proxy-url"},
      {"{server: 'https://api.test', certificate-authority: none.pem}", "{}", Cause::no_credentials, "none.pem"},
      {kGood, "{auth-provider: {name: gcp}}", Cause::unsupported, "logs in by auth-provider"},
      {kGood, "{username: u, password: hush}", Cause::unsupported, "logs in by username"},
      {kGood, "{token: hush, as: admin}", Cause::unsupported, "logs in by as,"},
      {kGood, "{token: hush, as-groups: [x]}", Cause::unsupported, "logs in by as-groups"},
  }));
  CAPTURE(cluster, user);
  home.put(".kube/config", config(cluster, user));
  const Error error = error_of(find_cluster(home.services, home.options));
  CHECK(error.cause() == cause);
  CHECK_THAT(error.message(), Contains(words));
}

TEST_CASE("plain HTTP is spoken with this machine, a server's own name is no override") {
  KubeHome home;
  home.put(".kube/config", config("{server: 'http://127.0.0.1:8001'}"));
  CHECK_FALSE(find_cluster(home.services, home.options)->tls);
  home.put(".kube/config", config("{server: 'https://api.test', tls-server-name: api.test, proxy-url: 'http://p:1'}"));
  const auto cluster = find_cluster(home.services, home.options);
  REQUIRE(cluster);
  CHECK(cluster->proxy == "http://p:1");
  CHECK(cluster->info.dump() ==
        R"({"server":"https://api.test","tls-server-name":"api.test","proxy-url":"http://p:1"})");
}

TEST_CASE("a kubeconfig that others can change, or whose secrets they can read, is refused [attack 48]") {
  KubeHome home;
  const auto path = home.put(".kube/config", config(kGood, "{token: hush}"), 0644);
  Error error = error_of(find_cluster(home.services, home.options));
  CHECK(error.cause() == Cause::no_credentials);
  CHECK_THAT(error.message(), Contains("others can read the token of user \"u\""));
  CHECK_THAT(error.hint(), Contains("chmod 600") && Contains("defaultMode: 0400"));
  home.put(".kube/config", config(kGood, "{client-key-data: aHVzaA==}"), 0640);
  CHECK_THAT(error_of(find_cluster(home.services, home.options)).message(), Contains("others can read the client key"));
  home.put(".kube/config", config(kGood, "{exec: {command: x}}"), 0644);
  CHECK(find_cluster(home.services, home.options));
  home.put(".kube/config", config(kGood), 0622);
  CHECK_THAT(error_of(find_cluster(home.services, home.options)).message(),
             Contains("others can change this kubeconfig"));
  home.put(".kube/config", "a: [", 0600);
  CHECK_THAT(error_of(find_cluster(home.services, home.options)).message(), Contains("not valid YAML"));
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  CHECK_THAT(error_of(find_cluster(home.services, home.options)).message(), Contains("is not a regular file"));
  std::filesystem::remove(path);
  home.put(".kube/config", std::string((1u << 20) + 1, '#'));
  CHECK_FALSE(find_cluster(home.services, home.options));
}

}  // namespace hallmark::keys
