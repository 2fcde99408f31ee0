#include "unit/keys_aws/aws_fixture.h"

using namespace hallmark;
using test::check_failure;
using test::FakeKms;
using test::kArn;
using test::kms_error;

namespace {

constexpr const char* kAlias = "awskms:///alias/release";

// Opens and signs; what fails first is the answer.
Result<Bytes> sign_with(FakeKms& kms, const std::string& reference = kAlias) {
  const auto provider = keys::aws_kms(kms.services);
  auto signer = provider->open_signer(reference);
  if (!signer) return fail(signer.error());
  return (*signer)->sign(as_bytes(kms.message));
}

}  // namespace

TEST_CASE("each kind of key signs with its own algorithm, by one request a signature") {
  struct Case {
    std::string spec, algorithm, file;
  };
  const auto one = GENERATE(values<Case>({
      {"ECC_NIST_P256", "ECDSA_SHA_256", "p256.pkcs8.pem"},
      {"ECC_NIST_P384", "ECDSA_SHA_384", "p384.pkcs8.pem"},
      {"ECC_NIST_P521", "ECDSA_SHA_512", "p521.pkcs8.pem"},
      {"RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256", "rsa2048.pkcs8.pem"},
      {"RSA_4096", "RSASSA_PKCS1_V1_5_SHA_256", "rsa4096.pkcs8.pem"},
      {"ECC_NIST_EDWARDS25519", "ED25519_SHA_512", "ed25519.pkcs8.pem"},
  }));
  FakeKms kms(one.spec, one.algorithm, one.file);
  const auto provider = keys::aws_kms(kms.services);
  CHECK(provider->scheme() == "awskms");
  const auto signer = provider->open_signer(kAlias);
  REQUIRE(signer);
  CHECK((*signer)->public_key() == kms.signer->public_key());
  for (int count = 0; count < 3; ++count) {
    const auto signature = (*signer)->sign(as_bytes(kms.message));
    REQUIRE(signature);
    CHECK((*signer)->public_key().verify(as_bytes(kms.message), *signature));
  }
  CHECK(kms.asked() == std::vector<std::string>{"GetPublicKey", "Sign", "Sign", "Sign"});
  CHECK(*kms.body_of(1).find("SigningAlgorithm")->as_string() == one.algorithm);
  CHECK(*kms.body_of(1).find("KeyId")->as_string() == "alias/release");
  CHECK(kms.body_of(1).as_object()->size() == 4);
}

TEST_CASE("an RSA key signs with PKCS#1 v1.5 where it can, as with cosign, and says so where it cannot") {
  FakeKms both("RSA_2048", "RSASSA_PSS_SHA_256", "rsa2048.pkcs8.pem");
  both.algorithms.emplace_back("RSASSA_PKCS1_V1_5_SHA_256");
  REQUIRE(sign_with(both));

  FakeKms pss("RSA_2048", "RSASSA_PSS_SHA_256", "rsa2048.pkcs8.pem");
  const auto key = keys::aws_kms(pss.services)->public_key(kAlias);
  REQUIRE(key);
  CHECK(key->algorithm() == KeyAlgorithm::rsa_pss);
  CHECK(key->bits() == 2048);
  // The fake signs with the other padding: what the key says decides.
  check_failure(sign_with(pss).error(), Cause::wrong_answer, "does not verify");
}

TEST_CASE("the place that is asked follows the reference and the settings") {
  struct Case {
    std::string reference, url, region;
    std::map<std::string, std::string> variables;
  };
  const std::string elsewhere = "arn:aws:kms:eu-west-1:123456789012:alias/release";
  const auto one = GENERATE_COPY(values<Case>({
      {kAlias, "https://kms.eu-north-1.amazonaws.com/", "eu-north-1", {}},
      {"awskms:///" + elsewhere, "https://kms.eu-west-1.amazonaws.com/", "eu-west-1", {}},
      {"awskms://localhost:4566/alias/release", "https://localhost:4566/", "eu-north-1", {}},
      {"awskms://vpce-1-2.kms.eu-west-3.vpce.amazonaws.com/alias/release",
       "https://vpce-1-2.kms.eu-west-3.vpce.amazonaws.com/",
       "eu-west-3",
       {}},
      {kAlias, "https://kms-fips.eu-north-1.amazonaws.com/", "eu-north-1", {{"AWS_USE_FIPS_ENDPOINT", "true"}}},
      {kAlias, "https://kms.corp.example/", "eu-north-1", {{"AWS_ENDPOINT_URL_KMS", "https://kms.corp.example"}}},
      {kAlias, "http://127.0.0.1:5000/", "eu-north-1", {{"AWS_ENDPOINT_URL", "http://127.0.0.1:5000"}}},
      {kAlias,
       "https://kms.eu-north-1.amazonaws.com/",
       "eu-north-1",
       {{"AWS_ENDPOINT_URL", "https://kms.corp.example"}, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}}},
  }));
  FakeKms kms;
  for (const auto& [name, value] : one.variables) kms.world.variables[name] = value;
  (void)keys::aws_kms(kms.services)->public_key(one.reference);
  REQUIRE(kms.world.http.sent.size() == 1);
  CHECK(kms.world.http.sent[0].request.url == one.url);
  CHECK(kms.world.http.sent[0].request.aws->region == one.region);
}

TEST_CASE("a key and an endpoint in two regions are told apart before anything is asked") {
  FakeKms kms;
  const auto key = keys::aws_kms(kms.services)->public_key("awskms://kms.eu-west-1.amazonaws.com/" + kArn);
  check_failure(key.error(), Cause::wrong_region, "the key is in eu-north-1");
  CHECK(kms.world.http.sent.empty());
}

TEST_CASE("without a region the message says where one was looked for") {
  FakeKms kms;
  kms.world.variables.erase("AWS_REGION");
  const auto key = keys::aws_kms(kms.services)->public_key(kAlias);
  check_failure(key.error(), Cause::wrong_region, "AWS_REGION and AWS_DEFAULT_REGION are not set; profile default");
  check_failure(key.error(), Cause::wrong_region, "metadata service: does not answer");
}

TEST_CASE("the instance's own region is the last that is taken, and asked for once") {
  FakeKms kms;
  kms.world.variables.erase("AWS_REGION");
  kms.world.metadata.answer([](const test::SentRequest& sent) -> Result<net::Response> {
    return net::Response{200, {}, to_bytes(sent.request.method == "PUT" ? "token" : "eu-north-1"), {}};
  });
  const auto provider = keys::aws_kms(kms.services);
  const auto signer = provider->open_signer(kAlias);
  REQUIRE(signer);
  REQUIRE((*signer)->sign(as_bytes(kms.message)));
  REQUIRE((*signer)->sign(as_bytes(kms.message)));
  CHECK(kms.world.metadata.sent.size() == 2);
}

TEST_CASE("an answer about another key, algorithm or digest is not believed [attack 49]") {
  using base::Json;
  const std::string other = "arn:aws:kms:eu-north-1:123456789012:key/99999999-12ab-34cd-56ef-1234567890ab";
  struct Case {
    std::string action;
    Json changed;
    Cause cause;
    std::string words;
  };
  const auto one = GENERATE_COPY(values<Case>({
      {"Sign", Json::object({{"KeyId", other}}), Cause::wrong_answer, "it signed with " + other},
      {"Sign", Json::object({{"KeyId", "alias/release"}}), Cause::wrong_answer, "it signed with alias/release"},
      {"Sign", Json::object({{"SigningAlgorithm", "ECDSA_SHA_384"}}), Cause::wrong_answer,
       "it signed with ECDSA_SHA_384"},
      {"Sign", Json::object({{"Signature", "MEUCIQD5"}}), Cause::wrong_answer, "does not verify"},
      {"Sign", Json::object({{"Signature", ""}}), Cause::malformed_answer, "signature of 0 bytes"},
      {"Sign", Json::object({{"Signature", std::string(2000, 'A')}}), Cause::malformed_answer, "of 1500 bytes"},
      {"Sign", Json::object({{"Signature", "no base64"}}), Cause::malformed_answer, "Signature"},
      {"Sign", Json::object({{"Signature", 1}}), Cause::malformed_answer, "Signature"},
      {"GetPublicKey",
       Json::object({{"KeyId", "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"}}),
       Cause::wrong_answer, "answered for a key in eu-west-1"},
      {"GetPublicKey", Json::object({{"KeyId", "1234abcd"}}), Cause::malformed_answer, "no key ARN"},
      {"GetPublicKey",
       Json::object({{"KeySpec", "ECC_NIST_P384"}, {"SigningAlgorithms", Json::Array{"ECDSA_SHA_384"}}}),
       Cause::wrong_answer, "a public key that is ecdsa-p256"},
      {"GetPublicKey", Json::object({{"KeySpec", "ECC_SECG_P256K1"}}), Cause::wrong_key, "ECC_SECG_P256K1"},
      {"GetPublicKey", Json::object({{"KeyUsage", "ENCRYPT_DECRYPT"}}), Cause::wrong_key, "ENCRYPT_DECRYPT"},
      {"GetPublicKey", Json::object({{"KeyUsage", "KEY_AGREEMENT"}}), Cause::wrong_key, "not for signing"},
      {"GetPublicKey", Json::object({{"SigningAlgorithms", Json::Array{"ECDSA_SHA_384"}}}), Cause::wrong_key,
       "does not sign with ECDSA_SHA_256"},
      {"GetPublicKey", Json::object({{"SigningAlgorithms", Json::Array{1}}}), Cause::malformed_answer,
       "SigningAlgorithms"},
      {"GetPublicKey", Json::object({{"PublicKey", "AAAA"}}), Cause::malformed_answer, "AWS KMS"},
      {"GetPublicKey", Json::object({{"PublicKey", Json()}}), Cause::malformed_answer, "PublicKey"},
  }));
  FakeKms kms;
  kms.changed[one.action] = one.changed;
  const auto signature = sign_with(kms);
  REQUIRE_FALSE(signature);
  check_failure(signature.error(), one.cause, one.words);
}

TEST_CASE("a key that a reference names by id or ARN is answered for by no other [attack 49]") {
  for (const std::string& name :
       {std::string("99999999-12ab-34cd-56ef-1234567890ab"),
        std::string("arn:aws:kms:eu-north-1:123456789012:key/99999999-12ab-34cd-56ef-1234567890ab"),
        std::string("arn:aws:kms:eu-north-1:999999999999:alias/release")}) {
    FakeKms kms;
    check_failure(keys::aws_kms(kms.services)->public_key("awskms:///" + name).error(), Cause::wrong_answer,
                  "answered for " + kArn);
  }
}

TEST_CASE("a service that answers with bare ids and the older name of the spec is understood, as moto is") {
  FakeKms kms;
  kms.changed["GetPublicKey"] =
      base::Json::object({{"KeyId", "1234abcd-12ab-34cd-56ef-1234567890ab"}, {"KeySpec", base::Json()}});
  CHECK(sign_with(kms));
  CHECK(sign_with(kms, "awskms:///" + kArn));
  kms.changed["Sign"] = base::Json::object({{"KeyId", "1234abcd-12ab-34cd-56ef-1234567890ab"}});
  CHECK(sign_with(kms));
  kms.changed["Sign"] =
      base::Json::object({{"KeyId", "arn:aws:kms:eu-north-1:123456789012:key/99999999-12ab-34cd-56ef-1234567890ab"}});
  check_failure(sign_with(kms).error(), Cause::wrong_answer, "it signed with");
  check_failure(keys::aws_kms(kms.services)->public_key("awskms:///99999999-12ab-34cd-56ef-1234567890ab").error(),
                Cause::wrong_answer, "answered for 1234abcd");
}

TEST_CASE("a digest that is hashed once more, as moto does, is not published [attack 49]") {
  FakeKms kms;
  const auto provider = keys::aws_kms(kms.services);
  const auto signer = provider->open_signer(kAlias);
  REQUIRE(signer);
  const Bytes twice = *kms.signer->sign(keys::hashed(keys::Hash::sha256, as_bytes(kms.message)));
  kms.changed["Sign"] = base::Json::object({{"Signature", base::base64_encode(twice)}});
  check_failure((*signer)->sign(as_bytes(kms.message)).error(), Cause::wrong_answer, "does not verify");
}

TEST_CASE("answers that are no answer are refused [attack 49]") {
  struct Case {
    net::Response response;
    Cause cause;
    std::string words;
  };
  const auto one = GENERATE(values<Case>({
      {{307, {{"Location", "https://attacker.example/"}}, {}, {}}, Cause::malformed_answer, "redirects"},
      {{200, {}, to_bytes("<html>log in</html>"), {}}, Cause::malformed_answer, "not as documented"},
      {{200, {}, to_bytes("{\"KeyId\": \"arn"), {}}, Cause::malformed_answer, "not as documented"},
      {{200, {}, to_bytes("[]"), {}}, Cause::malformed_answer, "expected an object"},
      {{200, {}, {}, {}}, Cause::malformed_answer, "expected an object"},
      {kms_error(200, "AccessDeniedException", "no"), Cause::malformed_answer, "missing"},
      {{403, {}, to_bytes("<html>blocked</html>"), {}}, Cause::access_denied, "403"},
      {{404, {}, to_bytes("not found"), {}}, Cause::malformed_answer, "404"},
      {{502, {}, to_bytes("<html>"), {}}, Cause::unreachable, "502"},
  }));
  const char* action = GENERATE("GetPublicKey", "Sign");
  FakeKms kms;
  kms.instead[action] = one.response;
  const auto signature = sign_with(kms);
  REQUIRE_FALSE(signature);
  check_failure(signature.error(), one.cause, one.words);
}

TEST_CASE("what the service refuses names the action and the key") {
  struct Case {
    std::string action, code;
    Cause cause;
    std::string words;
  };
  const auto one = GENERATE(values<Case>({
      {"GetPublicKey", "AccessDeniedException", Cause::access_denied,
       "may not kms:GetPublicKey with alias/release in eu-north-1"},
      {"Sign", "AccessDeniedException", Cause::access_denied, "may not kms:Sign with alias/release in eu-north-1"},
      {"Sign", "com.amazonaws.kms#DisabledException", Cause::disabled, "alias/release in eu-north-1 is disabled"},
      {"GetPublicKey", "NotFoundException", Cause::not_found, "set AWS_REGION"},
      {"GetPublicKey", "ExpiredTokenException", Cause::expired_credentials, "renew"},
  }));
  FakeKms kms;
  kms.instead[one.action] = kms_error(400, one.code, "its own words");
  const auto signature = sign_with(kms);
  REQUIRE_FALSE(signature);
  check_failure(signature.error(), one.cause, one.words);
  check_failure(signature.error(), one.cause, "its own words");
}

TEST_CASE("the kind of error is taken from the header where the body has none") {
  FakeKms kms;
  kms.instead["Sign"] = {400,
                         {{"x-amzn-ErrorType", "DisabledException:http://internal.amazon.com/coral/"}},
                         to_bytes("{\"Message\":\"m\"}"),
                         {}};
  check_failure(sign_with(kms).error(), Cause::disabled, "is disabled");
}

TEST_CASE("a clock that is wrong is told by the service's") {
  FakeKms kms;
  kms.instead["GetPublicKey"] = kms_error(400, "InvalidSignatureException", "Signature expired");
  kms.instead["GetPublicKey"].headers.add("Date", "Sat, 28 Nov 2026 14:03:00 GMT");
  check_failure(sign_with(kms).error(), Cause::clock_skew, "2 h 3 min behind");
}

TEST_CASE("throttling is waited for, and named where it does not end") {
  FakeKms kms;
  kms.instead["Sign"] = kms_error(400, "ThrottlingException", "Rate exceeded");
  kms.times["Sign"] = 2;
  CHECK(sign_with(kms));
  CHECK(kms.asked() == std::vector<std::string>{"GetPublicKey", "Sign", "Sign", "Sign"});

  FakeKms busy;
  busy.instead["Sign"] = kms_error(400, "ThrottlingException", "Rate exceeded");
  busy.services.timeout = std::chrono::milliseconds(50);
  check_failure(sign_with(busy).error(), Cause::throttled, "too many requests");
  CHECK(busy.asked() == std::vector<std::string>{"GetPublicKey", "Sign"});
}

TEST_CASE("a message that is too long for Ed25519 there is refused before it is sent") {
  FakeKms kms("ECC_NIST_EDWARDS25519", "ED25519_SHA_512", "ed25519.pkcs8.pem");
  kms.message = std::string(4096, 'm');
  CHECK(sign_with(kms));
  kms.message += "m";
  kms.world.http.sent.clear();
  check_failure(sign_with(kms).error(), Cause::unsupported, "4096 bytes at most, and this one has 4097");
  CHECK(kms.asked() == std::vector<std::string>{"GetPublicKey"});
}
