#include "keys/kubernetes/exec_plugin.h"

#include "base/time.h"
#include "kubernetes_fixture.h"

namespace hallmark::keys {

using Catch::Contains;
using namespace std::chrono_literals;
using test::error_of;
using test::KubeHome;

namespace {

constexpr const char* kV1 = "client.authentication.k8s.io/v1";

struct Plugin {
  KubeHome home{};
  KubeExec exec{.api_version = kV1,
                .command = "plugin",
                .arguments = {},
                .environment = {},
                .interactive_mode = "IfAvailable",
                .install_hint = {}};
  base::Json cluster = base::Json::object({{"server", "https://api.test"}});
  std::map<std::string, std::string> environment{};

  explicit Plugin(const std::string& script) {
    home.put("bin/plugin", "#!/bin/sh\n" + script + "\n", 0700);
    environment = {{"PATH", "relative:/nonexistent:" + (home.folder / "bin").string() + ":/usr/bin:/bin"}};
  }
  [[nodiscard]] Result<ExecCredential> run(std::chrono::milliseconds time = 20s) const {
    return run_exec_plugin(exec, {environment, cluster, time});
  }
};

std::string answer(const std::string& status, const std::string& version = kV1) {
  return R"({"apiVersion":")" + version + R"(","kind":"ExecCredential","status":)" + status + "}";
}

}  // namespace

TEST_CASE("a plugin is told the cluster and the variables, and answers with a token") {
  Plugin plugin(
      "printf '%s|%s|%s|%s' \"$KUBERNETES_EXEC_INFO\" \"$OURS\" \"$ITS\" \"$*\" >\"$OUT\"\n"
      "read line && exit 9\n"
      "echo '" +
      answer(R"({"token":"hush","expirationTimestamp":"2026-11-28T13:00:00Z"})") + "'");
  plugin.exec.arguments = {"get-token", "a b"};
  plugin.exec.environment = {{"ITS", "own"}, {"OUT", (plugin.home.folder / "out").string()}};
  plugin.exec.provide_cluster_info = true;
  plugin.environment["OURS"] = "ours";
  plugin.environment["ITS"] = "other";
  const auto credential = plugin.run();
  REQUIRE(credential);
  CHECK(credential->token.text() == "hush");
  CHECK(credential->expires == base::parse_time("2026-11-28T13:00:00Z"));
  CHECK(test::text_of(plugin.home.folder / "out") ==
        R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false,)"
        R"("cluster":{"server":"https://api.test"}}}|ours|own|get-token a b)");
}

TEST_CASE("the older version may leave interactiveMode out, and certificates come in pairs") {
  Plugin plugin(
      "echo '" +
      answer(R"({"clientCertificateData":"CERT","clientKeyData":"KEY"})", "client.authentication.k8s.io/v1beta1") +
      "'");
  plugin.exec.api_version = "client.authentication.k8s.io/v1beta1";
  plugin.exec.interactive_mode.clear();
  const auto credential = plugin.run();
  REQUIRE(credential);
  CHECK(credential->certificate_pem == "CERT");
  CHECK(credential->key_pem.text() == "KEY");
  CHECK_FALSE(credential->expires);
}

TEST_CASE("a plugin that cannot be run, fails or lingers is named, its arguments are not [attack 48]") {
  Plugin plugin("[ \"$1\" = slow ] && exec sleep 30\n[ \"$1\" = much ] && exec head -c 100000 /dev/zero\nexit 7");
  plugin.exec.arguments = {"hush"};
  Error error = error_of(plugin.run());
  CHECK(error.cause() == Cause::no_credentials);
  CHECK_THAT(error.message(), Contains("the exec plugin \"plugin\" failed with exit code 7"));
  plugin.exec.arguments = {"slow"};
  CHECK_THAT(error_of(plugin.run(300ms)).message(), Contains("did not answer in time"));
  plugin.exec.arguments = {"much"};
  CHECK_THAT(error_of(plugin.run()).message(), Contains("more than is allowed"));
  plugin.exec.command = "no-such-plugin";
  plugin.exec.install_hint = "install it\x1b[1m";
  error = error_of(plugin.run());
  CHECK_THAT(error.message(), Contains("\"no-such-plugin\" is not in PATH"));
  CHECK(error.hint() == "install it\\x1b[1m");
  plugin.environment.clear();
  CHECK_THAT(error_of(plugin.run()).message(), Contains("is not in PATH"));
  plugin.exec.command = "/nonexistent/plugin";
  CHECK_THAT(error_of(plugin.run()).message(), Contains("cannot run /nonexistent/plugin"));
  plugin.exec.command.clear();
  CHECK_THAT(error_of(plugin.run()).message(), Contains("without a command"));
}

TEST_CASE("a plugin that hallmark cannot serve is not run") {
  Plugin plugin("exit 7");
  const auto [version, mode, cause, words] = GENERATE(table<std::string, std::string, Cause, std::string>({
      {"client.authentication.k8s.io/v1alpha1", "Never", Cause::unsupported, "v1alpha1"},
      {"", "Never", Cause::unsupported, "speaks \"\""},
      {kV1, "Always", Cause::unsupported, "wants a terminal"},
      {kV1, "", Cause::no_credentials, "no valid interactiveMode"},
      {kV1, "Sometimes", Cause::no_credentials, "no valid interactiveMode"},
  }));
  plugin.exec.api_version = version;
  plugin.exec.interactive_mode = mode;
  const Error error = error_of(plugin.run());
  CHECK(error.cause() == cause);
  CHECK_THAT(error.message(), Contains(words));
}

TEST_CASE("an answer that is no ExecCredential is malformed, and not shown [attack 49]") {
  const auto [text, words] = GENERATE(table<std::string, std::string>({
      {"hush", "answer: "},
      {"", "answer: "},
      {R"({"kind":"ExecCredential"})", "apiVersion"},
      {R"({"kind":"Secret","apiVersion":"v1"})", "expected an ExecCredential"},
      {answer(R"({"token":"hush"})", "client.authentication.k8s.io/v1beta1"), "expected an ExecCredential of"},
      {answer("null"), "status"},
      {answer("{}"), "neither a token nor a client certificate"},
      {answer(R"({"token":4})"), "token"},
      {answer(R"({"clientCertificateData":"hush"})"), "only one of"},
      {answer(R"({"clientKeyData":"hush"})"), "only one of"},
      {answer(R"({"token":"hush","expirationTimestamp":"soon"})"), "expirationTimestamp: is no time"},
      {answer(R"({"token":"hush","token":"hush"})"), "duplicate"},
  }));
  CAPTURE(text);
  const Error error = error_of(parse_exec_credential(as_bytes(text), kV1));
  CHECK(error.cause() == Cause::malformed_answer);
  CHECK_THAT(error.message(), Contains(words));
}

}  // namespace hallmark::keys
