#include "node/credential_provider.h"

#include <catch2/catch.hpp>

#include "node/credential_answer.h"

using namespace hallmark;
using node::CredentialAnswer;
using node::parse_credential_providers;

namespace {

constexpr const char* kVersion = "credentialprovider.kubelet.k8s.io/v1";

std::string config_with(const std::string& provider) {
  return "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n  - " + provider;
}

std::string answer_with(const std::string& members) {
  return R"({"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1",)" + members + "}";
}

}  // namespace

TEST_CASE("kubelet's credential providers are read from YAML") {
  const auto providers = parse_credential_providers(R"(
apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
  - name: ecr-credential-provider
    matchImages:
      - "*.dkr.ecr.*.cloud.example"
      - "registry.example:8080/path"
    defaultCacheDuration: "12h"
    apiVersion: credentialprovider.kubelet.k8s.io/v1
    args: [get-credentials, "-v", "3"]
    env:
      - name: PROFILE
        value: nodes
    somethingNewer: {a: 1}
  - name: pods
    matchImages: [registry.example]
    defaultCacheDuration: 0s
    apiVersion: credentialprovider.kubelet.k8s.io/v1beta1
    tokenAttributes:
      serviceAccountTokenAudience: aud
      cacheType: Token
      requireServiceAccount: true
)",
                                                    "config.yaml");
  REQUIRE(providers);
  REQUIRE(providers->size() == 2);
  const auto& ecr = providers->front();
  CHECK(ecr.name == "ecr-credential-provider");
  CHECK(ecr.default_cache_duration == std::chrono::hours(12));
  CHECK(ecr.arguments == std::vector<std::string>{"get-credentials", "-v", "3"});
  CHECK(ecr.environment == std::map<std::string, std::string>{{"PROFILE", "nodes"}});
  CHECK(ecr.wants("1.dkr.ecr.north.cloud.example/app"));
  CHECK(ecr.wants("registry.example:8080/path/app"));
  CHECK_FALSE(ecr.wants("registry.example/path/app"));
  CHECK_FALSE(ecr.needs_pod);
  CHECK(providers->back().needs_pod);
}

TEST_CASE("kubelet's credential providers are read from JSON") {
  const auto providers = parse_credential_providers(
      R"({"kind":"CredentialProviderConfig","apiVersion":"kubelet.config.k8s.io/v1","providers":[{"name":"p",)"
      R"("matchImages":["*.example"],"defaultCacheDuration":"0s","apiVersion":"credentialprovider.kubelet.k8s.io/v1"}]})",
      "config.json");
  REQUIRE(providers);
  CHECK(providers->front().default_cache_duration.count() == 0);
}

TEST_CASE("what kubelet would not take is an error with file and line") {
  struct Case {
    std::string text;
    std::string reason;
  };
  const std::string rest =
      "\n    matchImages: [a]\n    defaultCacheDuration: 1h\n    apiVersion: credentialprovider.kubelet.k8s.io/v1";
  const auto [text, reason] = GENERATE_COPY(values<Case>({
      {"[]", "c.yaml:1:1: expected a CredentialProviderConfig"},
      {"kind: Other\napiVersion: kubelet.config.k8s.io/v1", "expected kind CredentialProviderConfig"},
      {"kind: CredentialProviderConfig\napiVersion: kubelet.config.k8s.io/v2", "apiVersion kubelet.config.k8s.io/v1"},
      {"apiVersion: v1", "\"kind\" is missing"},
      {"apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders: []",
       "\"providers\" is missing"},
      {"apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders: x", "must be a list"},
      {config_with("text"), "c.yaml:4:5: expected a mapping"},
      {config_with("name: a/b" + rest), "cannot be a program's name"},
      {config_with("name: .." + rest), "cannot be a program's name"},
      {config_with("name: 7" + rest), "c.yaml:4:11: \"name\" must be text"},
      {config_with("name: p" + rest + "\n  - name: p" + rest), "provider \"p\" is there twice"},
      {config_with("name: p\n    apiVersion: credentialprovider.kubelet.k8s.io/v9"), "\"apiVersion\" must be"},
      {config_with("name: p\n    apiVersion: credentialprovider.kubelet.k8s.io/v1"), "\"matchImages\" is missing"},
      {config_with("name: p\n    apiVersion: credentialprovider.kubelet.k8s.io/v1\n    matchImages: [\"a b\"]"),
       "is no pattern for images"},
      {config_with("name: p\n    apiVersion: credentialprovider.kubelet.k8s.io/v1\n    matchImages: [a]"),
       "\"defaultCacheDuration\" is missing"},
      {config_with("name: p\n    apiVersion: credentialprovider.kubelet.k8s.io/v1\n    matchImages: [a]\n    "
                   "defaultCacheDuration: -1h"),
       "\"defaultCacheDuration\" must be a duration"},
      {config_with("name: p" + rest + "\n    args: [1]"), "\"args\" must be text"},
      {config_with("name: p" + rest + "\n    env: [{name: A}]"), "\"value\" is missing"},
      {config_with("name: p" + rest + "\n    env: [{name: A=B, value: c}]"), "no variable can be called"},
      {config_with("name: p" + rest + "\n    tokenAttributes: 1"), "\"tokenAttributes\" must be a mapping"},
      {config_with("name: p" + rest + "\n    tokenAttributes: {}"), "\"requireServiceAccount\" must be true or false"},
      {"a: &x 1\nb: *x", "c.yaml:1:"},
  }));
  INFO(text);
  const auto providers = parse_credential_providers(text, "c.yaml");
  REQUIRE_FALSE(providers);
  CHECK(providers.error().kind() == Outcome::config);
  CHECK_THAT(providers.error().message(), Catch::Contains(reason));
}

TEST_CASE("an answer's logins are tried as kubelet tries them") {
  const std::string text = answer_with(
      R"("cacheKeyType":"Registry","cacheDuration":"6h","auth":{"*.example":{"username":"star","password":"s"},)"
      R"("registry.example":{"username":"short","password":"s"},"not a pattern":{"username":"x","password":"x"},)"
      R"("registry.example/team":{"username":"long","password":"l"}})");
  const auto answer = CredentialAnswer::parse(as_bytes(text), kVersion);
  REQUIRE(answer);
  CHECK(answer->cache_key == CredentialAnswer::CacheKey::registry);
  CHECK(answer->cache_duration == std::chrono::hours(6));
  REQUIRE(answer->logins.size() == 3);
  CHECK(answer->find("registry.example/team/app")->user == "long");
  CHECK(answer->find("registry.example/app")->user == "short");
  CHECK(answer->find("other.example/app")->user == "star");
  CHECK(answer->find("registry.example:5000/app") == nullptr);
}

TEST_CASE("an answer without logins is one") {
  const std::string members = GENERATE(as<std::string>(), R"("cacheKeyType":"Global","auth":null)",
                                       R"("cacheKeyType":"Global")", R"("cacheKeyType":"Global","cacheDuration":null)");
  const auto answer = CredentialAnswer::parse(as_bytes(answer_with(members)), kVersion);
  REQUIRE(answer);
  CHECK(answer->logins.empty());
  CHECK_FALSE(answer->cache_duration);
}

TEST_CASE("an answer that is not as agreed is refused") {
  struct Case {
    std::string text;
    std::string reason;
  };
  const auto [text, reason] = GENERATE(values<Case>({
      {"", "is not a JSON object"},
      {"[]", "is not a JSON object"},
      {R"({"kind":"X"})", "is no CredentialProviderResponse"},
      {R"({"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1beta1"})",
       "has another apiVersion"},
      {answer_with(R"("cacheKeyType":"Planet")"), "has no cacheKeyType"},
      {answer_with(R"("auth":{})"), "has no cacheKeyType"},
      {answer_with(R"("cacheKeyType":"Image","cacheKeyType":"Image")"), "is not a JSON object"},
      {answer_with(R"("cacheKeyType":"Image","cacheDuration":5)"), "cacheDuration that is no duration"},
      {answer_with(R"("cacheKeyType":"Image","cacheDuration":"-5s")"), "cacheDuration that is no duration"},
      {answer_with(R"("cacheKeyType":"Image","auth":[])"), "\"auth\" that is no object"},
      {answer_with(R"("cacheKeyType":"Image","auth":{"a":"b"})"), "without username and password"},
      {answer_with(R"("cacheKeyType":"Image","auth":{"a":{"username":1}})"), "without username and password"},
  }));
  INFO(text);
  const auto answer = CredentialAnswer::parse(as_bytes(text), kVersion);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind() == Outcome::unauthorized);
  CHECK_THAT(answer.error().message(), Catch::Contains(reason));
}
