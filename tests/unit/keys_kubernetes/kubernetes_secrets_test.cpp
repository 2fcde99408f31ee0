#include "keys/kubernetes/kubernetes_secrets.h"

#include "kubernetes_fixture.h"

namespace hallmark::keys {

using base::Json;
using Catch::Contains;
using test::error_of;
using test::json_response;
using test::kReference;
using test::KubeHome;
using test::pair_of;
using test::SentRequest;
using test::status;
using test::whole_pair;

namespace {

constexpr const char* kForbidden =
    "secrets \"release-key\" is forbidden: User \"system:serviceaccount:ci:builder\" cannot get resource \"secrets\" "
    "in "
    "API group \"\" in the namespace \"ci\"";

Json review(bool allowed, const std::string& problem = {}) {
  Json result = Json::object({{"allowed", allowed}});
  if (!problem.empty()) result.set("evaluationError", problem);
  return Json::object({{"kind", "SelfSubjectAccessReview"},
                       {"apiVersion", "authorization.k8s.io/v1"},
                       {"spec", Json::object({})},
                       {"status", result}});
}

}  // namespace

TEST_CASE("a signer fetches its key once and signs here") {
  KubeHome home;
  home.log_in();
  home.answer_with(whole_pair());
  auto signer = home.provider().open_signer(kReference);
  REQUIRE(signer);
  CHECK((*signer)->public_key() == pair_of(1).public_key);
  for (int i = 0; i < 3; ++i) {
    const auto signature = (*signer)->sign(as_bytes("message"));
    REQUIRE(signature);
    CHECK(pair_of(1).public_key.verify(as_bytes("message"), *signature));
  }
  CHECK(home.world.http.sent.size() == 1);
  CHECK(home.provider().scheme() == "k8s");
}

TEST_CASE("a malformed reference asks nobody") {
  KubeHome home;
  home.log_in();
  CHECK(error_of(home.provider().public_key("k8s://x")).hint() ==
        "a key in a cluster is named as k8s://NAMESPACE/SECRET");
  CHECK_FALSE(home.provider().open_signer("k8s://x"));
  CHECK_FALSE(home.provider().inspect("k8s://x"));
  CHECK_FALSE(home.provider().create("k8s://x", {}));
  CHECK(home.world.http.sent.empty());
}

TEST_CASE("each refusal of the API server has its cause") {
  KubeHome home;
  home.log_in();
  const auto [code, body, cause, words] = GENERATE(table<int, std::string, Cause, std::string>({
      {401, status(401, "Unauthorized", "Unauthorized"), Cause::refused_credentials,
       "does not take the token of \"u\""},
      {403, status(403, "Forbidden", kForbidden), Cause::access_denied,
       "the user \"system:serviceaccount:ci:builder\" may not get the secret ci/release-key"},
      {403, "", Cause::access_denied, "forbids to get the secret ci/release-key: it answers 403"},
      {403, status(403, "Forbidden", "User \"unended"), Cause::access_denied, "forbids to get"},
      {403, status(403, "Forbidden", "admission webhook \"x\" denied the request"), Cause::access_denied,
       "answers 403 (Forbidden): admission webhook"},
      {404, status(404, "NotFound", "secrets \"release-key\" not found"), Cause::not_found,
       "there is no secret release-key in namespace ci"},
      {404, status(404, "NotFound", "namespaces \"ci\" not found", "namespaces"), Cause::not_found,
       "there is no namespace ci"},
      {404, "<html>", Cause::not_found, "is no Kubernetes API server"},
      {429, status(429, "TooManyRequests", "slow down"), Cause::throttled, "(TooManyRequests): slow down"},
      {500, status(500, "InternalError", "etcd"), Cause::unreachable, "answers 500 (InternalError): etcd"},
      {400, status(400, "BadRequest", "no"), Cause::unsupported, "answers 400 (BadRequest): no"},
      {200, status(403, "Forbidden", "no"), Cause::malformed_answer, "not as documented"},
      {200, "<html>", Cause::malformed_answer, ""},
      {200, "", Cause::malformed_answer, ""},
      {307, "", Cause::malformed_answer, "redirects"},
  }));
  CAPTURE(code, body);
  home.answer(code, body);
  const Error error = error_of(home.provider().open_signer(kReference));
  CHECK(error.cause() == cause);
  CHECK_THAT(error.message(), Contains("Kubernetes") && Contains(words));
}

TEST_CASE("failures of the network keep their cause") {
  KubeHome home;
  home.log_in();
  const auto [kind, cause] = GENERATE(table<Outcome, Cause>({
      {Outcome::unreachable, Cause::unreachable},
      {Outcome::throttled, Cause::throttled},
      {Outcome::malformed, Cause::malformed_answer},
      {Outcome::config, Cause::unreachable},
  }));
  const auto outcome = kind;
  home.world.http.answer([outcome](const SentRequest&) -> Result<net::Response> { return fail(outcome, "it broke"); });
  const Error error = error_of(home.provider().public_key(kReference));
  CHECK(error.cause() == cause);
  CHECK_THAT(error.message(), Contains("Kubernetes: it broke"));
}

TEST_CASE("a server that repeats the token is not quoted with it [attack 48]") {
  KubeHome home;
  home.log_in();
  home.answer(403, status(403, "Forbidden", std::string("User \"") + test::kToken + "\" sent Bearer " + test::kToken));
  CHECK_THAT(error_of(home.provider().public_key(kReference)).message(), Contains("the user \"***\""));
  home.answer(500, status(500, std::string("x") + test::kToken, "y\x1b[2J"));
  CHECK_THAT(error_of(home.provider().public_key(kReference)).message(), Contains("(x***): y\\x1b"));
}

TEST_CASE("a pair is made with cosign's fields, in one request that is not repeated") {
  KubeHome home;
  home.log_in();
  home.services.password = test::password(test::kPassword);
  home.world.http.answer(
      [](const SentRequest& sent) -> Result<net::Response> { return json_response(201, sent.body); });
  const auto made = home.provider().create(kReference, {KeyAlgorithm::ecdsa_p384, 384});
  REQUIRE(made);
  CHECK(made->algorithm() == KeyAlgorithm::ecdsa_p384);
  REQUIRE(home.world.http.sent.size() == 1);
  const SentRequest& sent = home.world.http.sent[0];
  CHECK(sent.request.method == "POST");
  CHECK(sent.request.url == "https://api.cluster.test:6443/api/v1/namespaces/ci/secrets");
  CHECK(sent.header("Content-Type") == "application/json");
  CHECK_FALSE(sent.request.may_retry);
  const auto body = Json::parse(as_bytes(sent.body), "body");
  REQUIRE(body);
  CHECK(*body->find("immutable") == Json(true));
  CHECK(body->find("data")->as_object()->size() == 3);
  CHECK(*body->find("data")->find("cosign.password") == Json(test::base64(test::kPassword)));
  const auto secret = KeySecret::parse(*body, {"ci", "release-key"});
  REQUIRE(secret);
  CHECK(secret->open_private({"ci", "release-key"}, {})->public_key == *made);
}

TEST_CASE("a name that is taken stays as it is, and an answer for another key is wrong [attack 49]") {
  KubeHome home;
  home.log_in();
  CHECK_THAT(error_of(home.provider().create(kReference, {})).message(), Contains("a password for the new key"));
  CHECK(home.world.http.sent.empty());
  home.services.password = test::password(test::kPassword);
  home.made.reset();
  home.answer(409, status(409, "AlreadyExists", "secrets \"release-key\" already exists"));
  Error error = error_of(home.provider().create(kReference, {}));
  CHECK(error.cause() == Cause::exists);
  CHECK_THAT(error.message(), Contains("the secret ci/release-key exists already: nothing was written"));
  CHECK(home.world.http.sent.size() == 1);
  home.answer(201, test::secret_object(whole_pair()).dump());
  error = error_of(home.provider().create(kReference, {}));
  CHECK(error.cause() == Cause::wrong_answer);
  CHECK_THAT(error.message(), Contains("another key than was sent"));
  home.answer(403, status(403, "Forbidden", "secrets is forbidden: User \"x\" cannot create resource \"secrets\""));
  error = error_of(home.provider().create(kReference, {}));
  CHECK_THAT(error.message(), Contains("the user \"x\" may not create the secret ci/release-key"));
  CHECK_THAT(error.hint(), !Contains("resourceName"));
  home.services.password = [](std::string_view) -> Result<Secret> { return fail(Outcome::key, "no terminal"); };
  home.made.reset();
  CHECK_THAT(error_of(home.provider().create(kReference, {})).message(), Contains("no terminal"));
}

TEST_CASE("inspect says where a key is, that it can leave, and what the caller may do to it") {
  KubeHome home;
  home.log_in();
  const auto [update, expected] = GENERATE(table<std::string, Known>({
      {review(true).dump(), Known::yes},
      {review(false).dump(), Known::no},
      {review(false, "cannot look").dump(), Known::unknown},
      {R"({"kind":"SelfSubjectAccessReview","status":{}})", Known::unknown},
      {R"({"kind":"Other","status":{"allowed":true}})", Known::unknown},
      {"{}", Known::unknown},
  }));
  home.world.http.answer([answer = update](const SentRequest& sent) -> Result<net::Response> {
    Json object = test::secret_object(whole_pair());
    object.set("immutable", Json());
    if (sent.request.method == "GET") return json_response(200, object.dump());
    if (sent.body.find("\"update\"") != std::string::npos) return json_response(201, answer);
    return json_response(403, status(403, "Forbidden", "no reviews"));
  });
  const auto info = home.provider().inspect(kReference);
  REQUIRE(info);
  CHECK(info->is_private);
  CHECK(info->encrypted);
  CHECK(info->format == "k8s");
  CHECK(info->place == "Kubernetes at api.cluster.test:6443, namespace ci");
  CHECK(info->name == "release-key (uid 525aea86)");
  CHECK(info->exportable == Known::yes);
  CHECK(info->public_key == pair_of(1).public_key);
  REQUIRE(info->rights.size() == 5);
  CHECK(info->rights[1].action == KeyRight::Action::sign);
  CHECK(info->rights[1].held == Known::yes);
  CHECK(info->rights[1].name == "get secrets/release-key");
  CHECK(info->rights[3].name == "delete secrets/release-key");
  CHECK(info->rights[3].held == Known::unknown);
  CHECK(info->rights[4].name == "update secrets/release-key");
  CHECK(info->rights[4].held == expected);
  const auto body = Json::parse(as_bytes(home.world.http.sent.at(1).body), "body");
  REQUIRE(body);
  CHECK(body->find("spec")->find("resourceAttributes")->dump() ==
        R"({"namespace":"ci","verb":"delete","group":"","version":"v1","resource":"secrets","name":"release-key"})");
}

TEST_CASE("a secret with a public key only is one for verifying") {
  KubeHome home;
  home.log_in();
  auto data = whole_pair();
  data.erase("cosign.key");
  data.erase("cosign.password");
  home.answer_with(data);
  CHECK(home.provider().public_key(kReference));
  const auto info = home.provider().inspect(kReference);
  REQUIRE(info);
  CHECK_FALSE(info->is_private);
  CHECK(info->rights.size() == 2);  // it is immutable: nobody can update it
  home.answer_with({});
  CHECK(error_of(home.provider().inspect(kReference)).cause() == Cause::not_found);
}

TEST_CASE("no cluster is a matter of credentials for each question") {
  KubeHome home;
  CHECK(error_of(home.provider().open_signer(kReference)).cause() == Cause::no_credentials);
  CHECK(error_of(home.provider().inspect(kReference)).cause() == Cause::no_credentials);
  CHECK(error_of(home.provider().create(kReference, {})).cause() == Cause::no_credentials);
}

}  // namespace hallmark::keys
