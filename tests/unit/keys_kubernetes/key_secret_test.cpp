#include "keys/kubernetes/key_secret.h"

#include "kubernetes_fixture.h"

namespace hallmark::keys {

using base::Json;
using Catch::Contains;
using test::error_of;
using test::pair_of;
using test::secret_object;
using test::whole_pair;

namespace {

const SecretReference kReference{"ci", "release-key"};

KeySecret parsed(const std::map<std::string, std::string>& data) {
  auto secret = KeySecret::parse(secret_object(data), kReference);
  REQUIRE(secret);
  return *std::move(secret);
}

Json with(const std::string& key, Json value) {
  Json object = secret_object(whole_pair());
  object.set(key, std::move(value));
  return object;
}

Json metadata(const std::string& space, const std::string& name) {
  return Json::object({{"namespace", space}, {"name", name}});
}

}  // namespace

TEST_CASE("a secret is what was asked for, or a wrong answer [attack 49]") {
  const auto [object, cause] = GENERATE(table<Json, Cause>({
      {with("kind", "ConfigMap"), Cause::wrong_answer},
      {with("apiVersion", "v2"), Cause::wrong_answer},
      {with("metadata", metadata("ci", "other")), Cause::wrong_answer},
      {with("metadata", metadata("other", "release-key")), Cause::wrong_answer},
      {with("metadata", Json()), Cause::malformed_answer},
      {with("kind", 4), Cause::malformed_answer},
      {with("data", "x"), Cause::malformed_answer},
      {with("data", Json::object({{"cosign.key", "hush!"}})), Cause::malformed_answer},
      {with("data", Json::object({{"cosign.pub", 4}})), Cause::malformed_answer},
      {Json(), Cause::malformed_answer},
      {Json("Secret"), Cause::malformed_answer},
      {Json(Json::Array{}), Cause::malformed_answer},
  }));
  CAPTURE(object.dump());
  CHECK(error_of(KeySecret::parse(object, kReference)).cause() == cause);
}

TEST_CASE("the type of a secret and its other fields do not matter") {
  Json object = with("type", "example.com/keys");
  object.set("stringData", Json::object({{"x", "y"}}));
  CHECK(KeySecret::parse(object, kReference));
  const auto empty = KeySecret::parse(with("data", Json()), kReference);
  REQUIRE(empty);
  CHECK_FALSE(empty->key);
}

TEST_CASE("the private key is opened with the password beside it") {
  auto data = whole_pair();
  CHECK(parsed(data).open_private(kReference, {})->public_key == pair_of(1).public_key);
  CHECK(*parsed(data).open_public(kReference) == pair_of(1).public_key);
  data.erase("cosign.pub");  // cosign signs without it, too
  CHECK(parsed(data).open_private(kReference, {}));
  data["cosign.password"] = "hush-other";
  Error error = error_of(parsed(data).open_private(kReference, {}));
  CHECK(error.cause() == Cause::wrong_pin);
  CHECK_THAT(error.message(), Contains("cosign.key of the secret ci/release-key: wrong password"));
  CHECK_THAT(error.hint(), Contains("cosign.password"));
  data.erase("cosign.password");
  CHECK(parsed(data).open_private(kReference, test::password(test::kPassword)));
  CHECK(error_of(parsed(data).open_private(kReference, test::password("hush"))).cause() == Cause::wrong_pin);
  CHECK_THAT(error_of(parsed(data).open_private(kReference, {})).message(), Contains("no password was given"));
}

TEST_CASE("a field that is missing is named, and a public key alone verifies") {
  auto data = whole_pair();
  data.erase("cosign.key");
  data.erase("cosign.password");
  CHECK(parsed(data).open_public(kReference));
  Error error = error_of(parsed(data).open_private(kReference, {}));
  CHECK(error.cause() == Cause::not_found);
  CHECK_THAT(error.message(), Contains("the secret ci/release-key has no field cosign.key"));
  CHECK_THAT(error.hint(), Contains("it can verify, not sign"));
  error = error_of(parsed({}).open_public(kReference));
  CHECK(error.cause() == Cause::not_found);
  CHECK_THAT(error.message(), Contains("has no field cosign.pub"));
}

TEST_CASE("fields that hold something else are wrong keys [attack 48]") {
  auto data = whole_pair();
  const auto [key, words] = GENERATE(table<std::string, std::string>({
      {"hush", "PEM"},
      {pair_of(1).public_key.pem(), "is a public key"},
      {std::string(pair_of(1).private_pem.text()) + pair_of(1).public_key.pem(), ""},
      {"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n",
       "encrypted key"},
  }));
  data["cosign.key"] = key;
  Error error = error_of(parsed(data).open_private(kReference, {}));
  CHECK(error.cause() == Cause::wrong_key);
  CHECK_THAT(error.message(), Contains(words));
  data["cosign.pub"] = "hush";
  error = error_of(parsed(data).open_public(kReference));
  CHECK(error.cause() == Cause::wrong_key);
  CHECK_THAT(error.message(), Contains("cosign.pub of the secret ci/release-key"));
}

TEST_CASE("a public key of another pair is a wrong answer that names both [attack 49]") {
  auto data = whole_pair();
  data["cosign.pub"] = pair_of(2).public_key.pem();
  const Error error = error_of(parsed(data).open_private(kReference, {}));
  CHECK(error.cause() == Cause::wrong_answer);
  CHECK_THAT(error.message(),
             Contains(pair_of(1).public_key.id().substr(0, 12)) && Contains(pair_of(2).public_key.id().substr(0, 12)));
}

TEST_CASE("what is sent is what is read, and nothing of it stays") {
  Json document = key_secret_document(kReference, pair_of(1), Secret::copy_of(std::string_view(test::kPassword)));
  CHECK(document.find("immutable")->as_bool() == true);
  CHECK(*document.find("type") == Json("Opaque"));
  const auto secret = KeySecret::parse(document, kReference);
  REQUIRE(secret);
  CHECK(secret->open_private(kReference, {}));
  wipe_texts(document);
  CHECK(document.find("data")->find("cosign.password")->as_string()->find_first_not_of('\0') == std::string::npos);
  CHECK(document.find("kind")->as_string()->find_first_not_of('\0') == std::string::npos);
}

}  // namespace hallmark::keys
