#include "keys/kms/gcp_kms.h"

#include <catch2/catch.hpp>

#include "google.h"

using namespace hallmark;
using namespace hallmark::keys;
using test::error_answer;

namespace {

const std::string kReference = std::string("gcpkms://") + test::kVersion;
const std::string kUrl = std::string("https://cloudkms.googleapis.com/v1/") + test::kVersion;
const std::string kPublicKey = "GET " + kUrl + "/publicKey";
const std::string kSign = "POST " + kUrl + ":asymmetricSign";
const std::string kList = std::string("GET https://cloudkms.googleapis.com/v1/") + test::kKey +
                          "/cryptoKeyVersions?pageSize=500&filter=state%3DENABLED";
const std::string kMessage = "what is signed";

// A key that is signed with here as Google would there: the answer is to `kMessage`.
void hold(test::Google& google, const std::string& algorithm, const std::string& name) {
  google.say(kPublicKey, 200, test::public_key_answer(algorithm, test::key_text(name + ".pub.pem")));
  auto key = test::software_key(name + ".pkcs8.pem");
  google.say(kSign, 200,
             test::signature_answer(*key.sign(as_bytes(kMessage)),
                                    algorithm == "EC_SIGN_ED25519" ? "verifiedDataCrc32c" : "verifiedDigestCrc32c"));
}

std::string versions(const std::vector<int>& numbers, const std::string& next = "") {
  base::Json::Array list;
  for (const int number : numbers)
    list.push_back(base::Json::object(
        {{"name", std::string(test::kKey) + "/cryptoKeyVersions/" + std::to_string(number)}, {"state", "ENABLED"}}));
  base::Json answer = base::Json::object({{"cryptoKeyVersions", std::move(list)}});
  if (!next.empty()) answer.set("nextPageToken", next);
  return answer.dump();
}

}  // namespace

TEST_CASE("each kind of key signs: one request a signature, after one for the key and one for the login") {
  const auto [algorithm, file, member, digest] = GENERATE(table<std::string, std::string, std::string, Hash>({
      {"EC_SIGN_P256_SHA256", "p256", "sha256", Hash::sha256},
      {"EC_SIGN_P384_SHA384", "p384", "sha384", Hash::sha384},
      {"RSA_SIGN_PKCS1_2048_SHA256", "rsa2048", "sha256", Hash::sha256},
      {"RSA_SIGN_PKCS1_4096_SHA256", "rsa4096", "sha256", Hash::sha256},
      {"EC_SIGN_ED25519", "ed25519", "", Hash::none},
  }));
  test::Google google;
  hold(google, algorithm, file);
  const auto provider = google.provider();
  CHECK(provider->scheme() == "gcpkms");
  const auto signer = provider->open_signer(kReference);
  REQUIRE(signer);
  CHECK(google.world.http.sent.size() == 2);
  for (std::size_t count = 1; count <= 3; ++count) {
    const auto signature = (*signer)->sign(as_bytes(kMessage));
    REQUIRE(signature);
    CHECK((*signer)->public_key().verify(as_bytes(kMessage), *signature));
    CHECK(google.asked(kSign) == count);
    CHECK(google.world.http.sent.size() == 2 + count);
  }
  const auto& sent = google.world.http.sent.back();
  const std::string what = base::base64_encode(hashed(digest, as_bytes(kMessage)));
  const std::string sum = std::to_string(crc32c(hashed(digest, as_bytes(kMessage))));
  CHECK(sent.body == (member.empty()
                          ? R"({"data":")" + what + R"(","dataCrc32c":")" + sum + "\"}"
                          : R"({"digest":{")" + member + R"(":")" + what + R"("},"digestCrc32c":")" + sum + "\"}"));
  CHECK(sent.header("Content-Type") == "application/json");
  CHECK(sent.header("Authorization") == std::string("Bearer ") + test::kAccessToken);
  CHECK_FALSE(sent.request.follow_redirects);
}

TEST_CASE("a PSS key signs, and its public key verifies as PSS only") {
  test::Google google;
  // The same modulus under another SPKI: the key that Google would hold.
  google.say(kPublicKey, 200,
             test::public_key_answer("RSA_SIGN_PSS_2048_SHA256", test::key_text("rsapss2048.pub.pem")));
  auto key = test::software_key("rsapss2048.pkcs8.pem");
  google.say(kSign, 200, test::signature_answer(*key.sign(as_bytes(kMessage))));
  const auto provider = google.provider();
  const auto signer = provider->open_signer(kReference);
  REQUIRE(signer);
  CHECK((*signer)->public_key().algorithm() == KeyAlgorithm::rsa_pss);
  CHECK((*signer)->sign(as_bytes(kMessage)));
}

TEST_CASE("without a version the newest that is enabled signs, by number and over all pages") {
  test::Google google;
  hold(google, "EC_SIGN_P256_SHA256", "p256");
  const auto provider = google.provider();
  const std::string reference = std::string("gcpkms://") + test::kKey;
  SECTION("on one page") { google.say(kList, 200, versions({1, 7, 5})); }
  SECTION("on several") {
    google.say(kList, 200, versions({3, 1}, "a b"));
    google.say(kList + "&pageToken=a%20b", 200, versions({7}, "c"));
    google.say(kList + "&pageToken=c", 200, versions({}));
  }
  const auto signer = provider->open_signer(reference);
  REQUIRE(signer);
  CHECK((*signer)->sign(as_bytes(kMessage)));
  CHECK(google.asked(kPublicKey) == 1);
}

TEST_CASE("a key without an enabled version, or with pages without end") {
  test::Google google;
  const auto provider = google.provider();
  const std::string reference = std::string("gcpkms://") + test::kKey;
  google.say(kList, 200, "{}");
  CHECK(provider->open_signer(reference).error().cause() == Cause::disabled);
  google.say(kList, 200, versions({1}, "again"));
  google.say(kList + "&pageToken=again", 200, versions({1}, "again"));
  const auto endless = provider->open_signer(reference);
  REQUIRE_FALSE(endless);
  CHECK(endless.error().cause() == Cause::malformed_answer);
  CHECK(google.asked(kList + "&pageToken=again") == 31);
}

TEST_CASE("a key that cannot sign is refused when it is opened") {
  const auto [status, body, cause] = GENERATE(table<int, std::string, Cause>({
      {400, error_answer(400, "FAILED_PRECONDITION", "x", test::state_detail("DISABLED")), Cause::disabled},
      {400, error_answer(400, "FAILED_PRECONDITION", "x", test::state_detail("DESTROY_SCHEDULED")),
       Cause::pending_deletion},
      {400, error_answer(400, "FAILED_PRECONDITION", "x", test::state_detail("PENDING_GENERATION")), Cause::disabled},
      {404, error_answer(404, "NOT_FOUND", "not found"), Cause::not_found},
      {403, error_answer(403, "PERMISSION_DENIED", "denied"), Cause::access_denied},
      {200, test::public_key_answer("RSA_DECRYPT_OAEP_2048_SHA256", test::key_text("rsa2048.pub.pem")),
       Cause::wrong_key},
      {200, "{}", Cause::malformed_answer},
      {200, "[]", Cause::malformed_answer},
      {200, "", Cause::malformed_answer},
      {200, "<html>", Cause::malformed_answer},
      {302, "", Cause::malformed_answer},
  }));
  test::Google google;
  google.say(kPublicKey, status, body);
  const auto provider = google.provider();
  const auto signer = provider->open_signer(kReference);
  REQUIRE_FALSE(signer);
  CHECK(signer.error().kind() == Outcome::key);
  CHECK(word(signer.error().cause()) == word(cause));
  CHECK_FALSE(provider->public_key(kReference));
}

TEST_CASE("nothing is handed out that the key did not sign [attack 49]") {
  const Bytes other = *test::software_key("p256.pkcs8.pem").sign(as_bytes("another message"));
  const Bytes stranger = *test::software_key("p384.pkcs8.pem").sign(as_bytes(kMessage));
  const Bytes right = *test::software_key("p256.pkcs8.pem").sign(as_bytes(kMessage));
  const auto [status, body, cause] = GENERATE_COPY(table<int, std::string, Cause>({
      {200, test::signature_answer(other), Cause::wrong_answer},
      {200, test::signature_answer(stranger), Cause::wrong_answer},
      {200, test::signature_answer({}), Cause::wrong_answer},
      {200, test::signature_answer(right, "verifiedDataCrc32c"), Cause::wrong_answer},
      {200, test::signature_answer(right, "verifiedDigestCrc32c", std::string(test::kKey) + "/cryptoKeyVersions/8"),
       Cause::wrong_answer},
      {200, error_answer(403, "PERMISSION_DENIED", "denied"), Cause::wrong_answer},
      {200, R"({"name":"x"})", Cause::wrong_answer},
      {200, "{}", Cause::malformed_answer},
      {200, "<html>", Cause::malformed_answer},
      {204, "", Cause::malformed_answer},
      {307, "", Cause::malformed_answer},
      {403, error_answer(403, "PERMISSION_DENIED", "denied"), Cause::access_denied},
      {429, error_answer(429, "RESOURCE_EXHAUSTED", "quota"), Cause::throttled},
      {400, error_answer(400, "FAILED_PRECONDITION", "x", test::state_detail("DISABLED")), Cause::disabled},
  }));
  test::Google google;
  hold(google, "EC_SIGN_P256_SHA256", "p256");
  google.say(kSign, status, body);
  const auto provider = google.provider();
  const auto signer = provider->open_signer(kReference);
  REQUIRE(signer);
  const auto signature = (*signer)->sign(as_bytes(kMessage));
  REQUIRE_FALSE(signature);
  CHECK(signature.error().kind() == Outcome::key);
  CHECK(word(signature.error().cause()) == word(cause));
  CHECK(google.asked(kSign) == 1);
}

TEST_CASE("what the service says back of a token is not shown [attack 48]") {
  test::Google google;
  google.say(kPublicKey, 403, error_answer(403, "PERMISSION_DENIED", std::string("no Bearer ") + test::kAccessToken));
  const auto provider = google.provider();
  const auto signer = provider->open_signer(kReference);
  REQUIRE_FALSE(signer);
  CHECK(test::is_hushed(signer.error()));
  CHECK_THAT(signer.error().message(), Catch::Contains("no Bearer ***"));
}

TEST_CASE("an answer that sends the token back is none, however it is written [attack 48]") {
  const std::string token = test::kAccessToken;
  const std::string where = GENERATE("name", "algorithm", "protectionLevel");
  const bool escaped = GENERATE(false, true);
  test::Google google;
  base::Json answer = *base::Json::parse(
      as_bytes(test::public_key_answer("EC_SIGN_P256_SHA256", test::key_text("p256.pub.pem"))), "answer");
  answer.set(where, "x " + token);
  std::string text = answer.dump();
  if (escaped) text.replace(text.find(token), 1, "\\u0079");
  google.say(kPublicKey, 200, text);
  const auto signer = google.provider()->open_signer(kReference);
  REQUIRE_FALSE(signer);
  CHECK(signer.error().cause() == Cause::wrong_answer);
  CHECK(test::is_hushed(signer.error()));
}

TEST_CASE("a token that the service does not take any more is forgotten") {
  test::Google google;
  hold(google, "EC_SIGN_P256_SHA256", "p256");
  const auto provider = google.provider();
  const auto signer = provider->open_signer(kReference);
  REQUIRE(signer);
  const auto good = google.answers[kSign];
  google.say(kSign, 401, error_answer(401, "UNAUTHENTICATED", "x", test::reason_detail("ACCESS_TOKEN_EXPIRED")));
  CHECK((*signer)->sign(as_bytes(kMessage)).error().cause() == Cause::expired_credentials);
  google.answers[kSign] = good;
  CHECK((*signer)->sign(as_bytes(kMessage)));
  CHECK(google.asked("POST https://oauth2.googleapis.com/token") == 2);
}

TEST_CASE("a login is renewed between two signatures when it ends") {
  test::Google google;
  hold(google, "EC_SIGN_P256_SHA256", "p256");
  const auto provider = google.provider();
  const auto signer = provider->open_signer(kReference);
  REQUIRE(signer);
  CHECK((*signer)->sign(as_bytes(kMessage)));
  google.world.clock.advance(std::chrono::hours(1));
  CHECK((*signer)->sign(as_bytes(kMessage)));
  CHECK(google.asked("POST https://oauth2.googleapis.com/token") == 2);
  CHECK(google.asked(kPublicKey) == 1);
}

TEST_CASE("a malformed reference is refused before anything is asked") {
  test::Google google;
  const auto provider = google.provider();
  CHECK_FALSE(provider->open_signer("gcpkms://projects/p"));
  CHECK_FALSE(provider->public_key("gcpkms://projects/p"));
  CHECK_FALSE(provider->inspect("gcpkms://projects/p"));
  CHECK_FALSE(provider->create("gcpkms://projects/p", {}));
  CHECK(google.world.http.sent.empty());
}

TEST_CASE("inspect tells what the key is and which rights the caller has") {
  test::Google google;
  hold(google, "EC_SIGN_P256_SHA256", "p256");
  const std::string question =
      std::string("POST https://cloudkms.googleapis.com/v1/") + test::kKey + ":testIamPermissions";
  const auto provider = google.provider();
  const auto rights_of = [&](const KeyInfo& info) {
    std::vector<Known> held;
    for (const KeyRight& right : info.rights) held.push_back(right.held);
    return held;
  };

  google.say(question, 200, R"({"permissions":["cloudkms.cryptoKeyVersions.useToSign"]})");
  const auto info = provider->inspect(kReference);
  REQUIRE(info);
  CHECK(info->is_private);
  CHECK(info->format == "gcpkms");
  CHECK(info->place == "Google Cloud KMS in europe-north1, project shop, protection level HSM");
  CHECK(info->name == test::kVersion);
  CHECK(info->public_key == PublicKey::from_pem(test::key_text("p256.pub.pem")).value());
  CHECK(info->exportable == Known::no);
  REQUIRE(info->rights.size() == 3);
  CHECK(info->rights[1].name == "cloudkms.cryptoKeyVersions.useToSign");
  CHECK(rights_of(*info) == std::vector<Known>{Known::no, Known::yes, Known::no});
  CHECK(
      google.world.http.sent.back().body ==
      R"({"permissions":["cloudkms.cryptoKeyVersions.viewPublicKey","cloudkms.cryptoKeyVersions.useToSign","cloudkms.cryptoKeyVersions.destroy"]})");
  CHECK(google.asked(kSign) == 0);

  google.say(question, 200, "{}");
  CHECK(rights_of(*provider->inspect(kReference)) == std::vector<Known>(3, Known::no));
  google.say(question, 403, "{}");
  CHECK(rights_of(*provider->inspect(kReference)) == std::vector<Known>(3, Known::unknown));
}

TEST_CASE("whether a key of an external manager can be exported is not known") {
  test::Google google;
  std::string answer = test::public_key_answer("EC_SIGN_P256_SHA256", test::key_text("p256.pub.pem"));
  answer.replace(answer.find("HSM"), 3, "EXTERNAL");
  google.say(kPublicKey, 200, answer);
  CHECK(google.provider()->inspect(kReference)->exportable == Known::unknown);
}

TEST_CASE("a key is made in its ring and waited for") {
  test::Google google;
  const std::string ring = "projects/shop/locations/europe-north1/keyRings/release";
  const std::string make = "POST https://cloudkms.googleapis.com/v1/" + ring + "/cryptoKeys?cryptoKeyId=api";
  const std::string first = std::string(test::kKey) + "/cryptoKeyVersions/1";
  const std::string reference = std::string("gcpkms://") + test::kKey;
  google.say(make, 200, R"({"name":")" + std::string(test::kKey) + R"(","purpose":"ASYMMETRIC_SIGN"})");
  const std::string pem = test::key_text("p256.pub.pem");
  const auto provider = google.provider();

  SECTION("as the first version") {
    google.say_kms("GET", first + "/publicKey", 200, test::public_key_answer("EC_SIGN_P256_SHA256", pem, first));
    const auto key = provider->create(reference, {KeyAlgorithm::ecdsa_p256, 256});
    REQUIRE(key);
    CHECK(*key == PublicKey::from_pem(pem).value());
    CHECK(google.world.http.sent.at(1).body ==
          R"({"purpose":"ASYMMETRIC_SIGN","versionTemplate":{"algorithm":"EC_SIGN_P256_SHA256"}})");
  }
  SECTION("while it is still being generated") {
    google.say_kms("GET", first + "/publicKey", 400,
                   error_answer(400, "FAILED_PRECONDITION", "x", test::state_detail("PENDING_GENERATION")));
    int tries = 0;
    google.world.http.answer([&](const test::SentRequest& sent) -> Result<net::Response> {
      if (sent.request.url.ends_with("/publicKey") && ++tries == 2)
        google.say_kms("GET", first + "/publicKey", 200, test::public_key_answer("EC_SIGN_P256_SHA256", pem, first));
      const auto& [status, body] = google.answers.at(sent.request.method + " " + sent.request.url);
      return test::json_response(status, body);
    });
    CHECK(provider->create(reference, {KeyAlgorithm::ecdsa_p256, 256}));
    CHECK(tries == 2);
  }
  SECTION("but not over one that is there") {
    google.say(make, 409, error_answer(409, "ALREADY_EXISTS", "CryptoKey already exists."));
    const auto key = provider->create(reference, {KeyAlgorithm::ecdsa_p256, 256});
    REQUIRE_FALSE(key);
    CHECK_THAT(key.error().message(), Catch::Contains("exists already"));
    CHECK(key.error().cause() == Cause::exists);
    CHECK(google.world.http.sent.size() == 2);
  }
  SECTION("but not without its ring") {
    google.say(make, 404, error_answer(404, "NOT_FOUND", "KeyRing not found."));
    const auto key = provider->create(reference, {KeyAlgorithm::ecdsa_p256, 256});
    REQUIRE_FALSE(key);
    CHECK(key.error().cause() == Cause::not_found);
    CHECK_THAT(key.error().hint(),
               Catch::Contains("gcloud kms keyrings create release --location europe-north1 --project shop"));
  }
  SECTION("but not where it made another") {
    google.say(make, 200, R"({"name":"projects/shop/locations/europe-north1/keyRings/release/cryptoKeys/other"})");
    CHECK(provider->create(reference, {KeyAlgorithm::ecdsa_p256, 256}).error().cause() == Cause::wrong_answer);
  }
  SECTION("but not of a kind that the service has not, nor as a version") {
    CHECK(provider->create(reference, {KeyAlgorithm::ecdsa_p521, 521}).error().cause() == Cause::unsupported);
    CHECK(provider->create(reference + "/versions/1", {KeyAlgorithm::ecdsa_p256, 256}).error().cause() ==
          Cause::unsupported);
    CHECK(google.world.http.sent.empty());
  }
}
