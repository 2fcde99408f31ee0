#include "node/credential_plugins.h"

#include <catch2/catch.hpp>

#include <chrono>

#include "registry/credential_source.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using node::CredentialPluginOptions;
using node::CredentialPlugins;
using test::TemporaryFolder;

namespace {

class SettableClock : public Clock {
 public:
  [[nodiscard]] Time now() const override { return {}; }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override { return steady_; }
  void pass(std::chrono::seconds time) { steady_ += time; }

 private:
  std::chrono::steady_clock::time_point steady_{std::chrono::hours(1)};
};

std::string provider(const std::string& name, const std::string& more = "") {
  return "  - name: " + name +
         "\n    matchImages: [\"*.example\"]\n    defaultCacheDuration: 1h\n"
         "    apiVersion: credentialprovider.kubelet.k8s.io/v1\n" +
         more;
}

const std::string kHead = "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n";

// A plugin that counts its calls, keeps what it was asked and answers with these members.
void put_plugin(const TemporaryFolder& folder, const std::string& name, const std::string& script) {
  const auto file = folder.put("bin/" + name, "#!/bin/sh\n" + script);
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
}

std::string answering(const TemporaryFolder& folder, const std::string& members) {
  return "cat >> " + (folder / "asked").string() + "\necho \"$@ $PROFILE $HOME\" >> " + (folder / "called").string() +
         "\ncat <<'ANSWER'\n" +
         R"({"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1",)" + members +
         "}\nANSWER\n";
}

std::string login(const std::string& key, const std::string& user) {
  return R"("cacheKeyType":"Image","auth":{")" + key + R"(":{"username":")" + user + R"(","password":"pw"}})";
}

CredentialPluginOptions options_in(const TemporaryFolder& folder) {
  CredentialPluginOptions options;
  options.config = folder / "config.yaml";
  options.bin_dir = folder / "bin";
  options.patience = std::chrono::seconds(20);
  return options;
}

std::string user_for(CredentialPlugins& plugins, const std::string& registry, const std::string& repository) {
  const auto found = plugins.find(registry, repository);
  INFO((found ? "" : found.error().message()));
  REQUIRE(found);
  return *found ? (*found)->user : "nothing";
}

std::size_t calls(const TemporaryFolder& folder) {
  const std::string text = test::text_of(folder / "called");
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

}  // namespace

TEST_CASE("a plugin is asked as kubelet asks it, with nothing of our environment") {
  const TemporaryFolder folder;
  const SettableClock clock;
  folder.put("config.yaml",
             kHead + provider("one", "    args: [get, now]\n    env: [{name: PROFILE, value: nodes}]\n"));
  put_plugin(folder, "one", answering(folder, login("registry.example", "alice")));
  auto plugins = CredentialPlugins::open(options_in(folder), clock);
  REQUIRE(plugins);
  const auto found = plugins->find("registry.example", "shop/api");
  REQUIRE(found);
  REQUIRE(*found);
  CHECK((*found)->user == "alice");
  CHECK((*found)->password.text() == "pw");
  CHECK((*found)->source == "credential provider one");
  CHECK(test::text_of(folder / "asked") ==
        R"({"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1",)"
        R"("image":"registry.example/shop/api"})"
        "\n");
  CHECK(test::text_of(folder / "called") == "get now nodes \n");
  CHECK(user_for(*plugins, "registry.other", "shop/api") == "nothing");
  CHECK(calls(folder) == 1);
}

TEST_CASE("answers are kept under the key and for the time that they name") {
  struct Case {
    std::string members;
    std::size_t same;      // calls after the same image again
    std::size_t registry;  // after another image of the registry
    std::size_t other;     // after another registry
    std::size_t later;     // after two hours
  };
  const auto [members, same, registry, other, later] = GENERATE(values<Case>({
      {R"("cacheKeyType":"Image")", 1, 2, 3, 4},
      {R"("cacheKeyType":"Registry")", 1, 1, 2, 3},
      {R"("cacheKeyType":"Global")", 1, 1, 1, 2},
      {R"("cacheKeyType":"Global","cacheDuration":"3h")", 1, 1, 1, 1},
      {R"("cacheKeyType":"Global","cacheDuration":"0s")", 2, 3, 4, 5},
  }));
  INFO(members);
  const TemporaryFolder folder;
  SettableClock clock;
  folder.put("config.yaml", kHead + provider("one"));
  put_plugin(folder, "one", answering(folder, members));
  auto plugins = CredentialPlugins::open(options_in(folder), clock);
  REQUIRE(plugins);
  const auto ask = [&](const std::string& host, const std::string& repository) {
    (void)user_for(*plugins, host, repository);
    return calls(folder);
  };
  CHECK(ask("a.example", "x") == 1);
  CHECK(ask("a.example", "x") == same);
  CHECK(ask("a.example", "y") == registry);
  CHECK(ask("b.example", "x") == other);
  clock.pass(std::chrono::hours(2));
  CHECK(ask("a.example", "x") == later);
}

TEST_CASE("the earlier plugin counts, and a broken one spoils nothing that another answers") {
  const TemporaryFolder folder;
  const SettableClock clock;
  folder.put("config.yaml", kHead + provider("broken") + provider("none") + provider("two") + provider("three") +
                                provider("pods", "    tokenAttributes: {requireServiceAccount: true}\n"));
  put_plugin(folder, "broken", "exit 3\n");
  put_plugin(folder, "none", answering(folder, R"("cacheKeyType":"Image")"));
  put_plugin(folder, "two", answering(folder, login("*.example", "two")));
  put_plugin(folder, "three", answering(folder, login("*.example", "three")));
  auto plugins = CredentialPlugins::open(options_in(folder), clock);
  REQUIRE(plugins);
  CHECK(user_for(*plugins, "a.example", "x") == "two");
}

TEST_CASE("a plugin that fails says how") {
  struct Case {
    std::string script;  // empty: there is none
    Outcome kind;
    std::string reason;
  };
  const auto [script, kind, reason] = GENERATE(values<Case>({
      {"", Outcome::config, "is not there or cannot be run"},
      {"echo secret >&2; exit 3", Outcome::unauthorized, "credential provider one: exit code 3"},
      {"echo no", Outcome::unauthorized, "credential provider one: its answer is not a JSON object"},
      {"exec sleep 60", Outcome::unauthorized, "credential provider one: it did not answer in time"},
      {"yes", Outcome::unauthorized, "credential provider one: it answers more than is allowed"},
  }));
  INFO(script);
  const TemporaryFolder folder;
  const SettableClock clock;
  folder.put("config.yaml", kHead + provider("one"));
  if (!script.empty()) put_plugin(folder, "one", script + "\n");
  auto options = options_in(folder);
  if (script.find("sleep") != std::string::npos) options.patience = std::chrono::milliseconds(200);
  auto plugins = CredentialPlugins::open(options, clock);
  REQUIRE(plugins);
  const auto found = plugins->find("a.example", "x");
  REQUIRE_FALSE(found);
  CHECK(found.error().kind() == kind);
  CHECK_THAT(found.error().message(), Catch::Contains(reason));
  CHECK_THAT(found.error().message(), !Catch::Contains("secret"));
}

TEST_CASE("a folder of configurations is read by name, and none may repeat another's provider") {
  const TemporaryFolder folder;
  const SettableClock clock;
  folder.put("conf/b.yaml", kHead + provider("two"));
  folder.put(
      "conf/a.json",
      R"({"kind":"CredentialProviderConfig","apiVersion":"kubelet.config.k8s.io/v1","providers":[{"name":"one",)"
      R"("matchImages":["a"],"defaultCacheDuration":"0s","apiVersion":"credentialprovider.kubelet.k8s.io/v1"}]})");
  folder.put("conf/c.txt", "not looked at");
  auto options = options_in(folder);
  options.config = folder / "conf";
  const auto plugins = CredentialPlugins::open(options, clock);
  REQUIRE(plugins);
  REQUIRE(plugins->providers().size() == 2);
  CHECK(plugins->providers().front().name == "one");
  folder.put("conf/d.yml", kHead + provider("two"));
  CHECK_THAT(CredentialPlugins::open(options, clock).error().message(),
             Catch::Contains("provider \"two\" is in another file, too"));
  options.config = folder / "empty";
  std::filesystem::create_directory(folder / "empty");
  CHECK_THAT(CredentialPlugins::open(options, clock).error().message(), Catch::Contains("holds no *.json"));
  options.config = folder / "gone";
  CHECK_THAT(CredentialPlugins::open(options, clock).error().message(), Catch::Contains("no such file"));
}

TEST_CASE("auth files come before plugins, plugins before nobody") {
  const TemporaryFolder folder;
  const SettableClock clock;
  folder.put("config.yaml", kHead + provider("one"));
  folder.put("auth.json", R"({"auths":{"b.example":{"username":"bob","password":"b"}}})");
  put_plugin(folder, "one", answering(folder, login("*.example", "plugin")));
  auto plugins = CredentialPlugins::open(options_in(folder), clock);
  REQUIRE(plugins);
  RegistryOptions options;
  options.auth_files = {folder / "auth.json"};
  options.login_lookups = {node::lookup_in(*std::move(plugins))};
  const auto source = registry::CredentialSource::open(options);
  REQUIRE(source);
  const auto user = [&](const std::string& host) {
    const auto found = source->find(host, "shop/api");
    REQUIRE(found);
    return *found ? (*found)->user : "nobody";
  };
  CHECK(user("a.example") == "plugin");
  CHECK(user("b.example") == "bob");
  CHECK(user("registry.other") == "nobody");
}
