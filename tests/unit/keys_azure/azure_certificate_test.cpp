#include "keys/kms/azure_certificate.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "base/json.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "crypto/key_algorithm.h"
#include "crypto/pem.h"
#include "support/key_vectors.h"

using namespace hallmark;
using namespace hallmark::keys::azure;

namespace {

const Application kApplication{"https://login.microsoftonline.com", "tenant-1", "app-1"};
const Time kNow = *base::parse_time("2026-11-28T12:00:00Z");

Secret vector(const std::string& name) {
  return Secret::copy_of(std::string_view(test::file_text(test::source_folder() / "testdata/azure" / name)));
}

Result<Secret> password(std::string_view) { return Secret::copy_of(std::string_view("open sesame")); }
Result<Secret> wrong_password(std::string_view) { return Secret::copy_of(std::string_view("sesame")); }
Result<Secret> no_password(std::string_view) {
  return fail(Outcome::key, "AZURE_CLIENT_CERTIFICATE_PASSWORD is not set");
}

std::vector<std::string> parts_of(std::string_view jwt) {
  std::vector<std::string> parts{""};
  for (const char c : jwt) {
    if (c == '.')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

base::Json json_of(const std::string& part) { return *base::Json::parse(*base::base64_decode_any(part), "part"); }

}  // namespace

TEST_CASE("an assertion says who it is, for whom, and until when") {
  auto certificate = ClientCertificate::parse(vector("client.pem"), "client.pem", no_password);
  REQUIRE(certificate);
  const auto assertion = certificate->assertion(kApplication, kNow, false);
  REQUIRE(assertion);
  const auto parts = parts_of(assertion->text());
  REQUIRE(parts.size() == 3);

  const base::Json header = json_of(parts[0]);
  CHECK(*header.find("alg")->as_string() == "PS256");
  CHECK(*header.find("typ")->as_string() == "JWT");
  CHECK(header.find("x5c") == nullptr);
  const auto pem = crypto::read_pem(vector("client.crt").text());
  REQUIRE(pem);
  CHECK(*header.find("x5t#S256")->as_string() == base64url(crypto::sha256(pem->bytes.view())));

  const base::Json claims = json_of(parts[1]);
  CHECK(*claims.find("aud")->as_string() == "https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token");
  CHECK(*claims.find("iss")->as_string() == "app-1");
  CHECK(*claims.find("sub")->as_string() == "app-1");
  CHECK(claims.find("nbf")->as_integer() == kNow.time_since_epoch().count());
  CHECK(claims.find("exp")->as_integer() == kNow.time_since_epoch().count() + 600);

  const auto again = certificate->assertion(kApplication, kNow, false);
  REQUIRE(again);
  CHECK(*json_of(parts_of(again->text())[1]).find("jti")->as_string() != *claims.find("jti")->as_string());
}

TEST_CASE("the certificate of the key is found among others, and the chain sent where asked") {
  auto certificate = ClientCertificate::parse(vector("chain.pem"), "chain.pem", no_password);
  REQUIRE(certificate);
  const auto assertion = certificate->assertion(kApplication, kNow, true);
  REQUIRE(assertion);
  const base::Json header = json_of(parts_of(assertion->text())[0]);
  const auto pem = crypto::read_pem(vector("client.crt").text());
  REQUIRE(header.find("x5c") != nullptr);
  const auto& chain = *header.find("x5c")->as_array();
  REQUIRE(chain.size() == 2);
  CHECK(*chain[0].as_string() == base::base64_encode(pem->bytes.view()));
  CHECK(*header.find("x5t#S256")->as_string() == base64url(crypto::sha256(pem->bytes.view())));
}

TEST_CASE("an encrypted key is opened by its password") {
  CHECK(ClientCertificate::parse(vector("encrypted.pem"), "encrypted.pem", password));
  const auto wrong = ClientCertificate::parse(vector("encrypted.pem"), "encrypted.pem", wrong_password);
  REQUIRE_FALSE(wrong);
  CHECK_THAT(wrong.error().message(), Catch::Contains("encrypted.pem") && Catch::Contains("password"));
  const auto none = ClientCertificate::parse(vector("encrypted.pem"), "encrypted.pem", no_password);
  REQUIRE_FALSE(none);
  CHECK_THAT(none.error().message(), Catch::Contains("AZURE_CLIENT_CERTIFICATE_PASSWORD is not set"));
  CHECK(none.error().cause() == Cause::no_credentials);
}

TEST_CASE("files that are no certificate with its RSA key are refused, each with its reason") {
  struct Case {
    std::string file, reason;
    Cause cause;
  };
  const auto [file, reason, cause] = GENERATE(values<Case>({
      {"client.pfx", "is PKCS#12", Cause::unsupported},
      {"client.crt", "holds no private key", Cause::no_credentials},
      {"mismatched.pem", "holds no certificate of its private key", Cause::no_credentials},
      {"elliptic.pem", "holds no RSA key", Cause::unsupported},
      {"make.sh", "holds no private key", Cause::no_credentials},
  }));
  INFO(file);
  const auto certificate = ClientCertificate::parse(vector(file), file, password);
  REQUIRE_FALSE(certificate);
  CHECK(certificate.error().kind() == Outcome::key);
  CHECK(certificate.error().cause() == cause);
  CHECK_THAT(certificate.error().message(), Catch::Contains(file) && Catch::Contains(reason));
}

TEST_CASE("a private key whose parts do not fit signs no assertion") {
  const std::string altered = test::file_text(test::source_folder() / "tests/fuzz/corpus/azure_certificate/altered");
  auto certificate = ClientCertificate::parse(Secret::copy_of(std::string_view(altered)), "altered", no_password);
  REQUIRE(certificate);
  const auto assertion = certificate->assertion(kApplication, kNow, false);
  REQUIRE_FALSE(assertion);
  CHECK(assertion.error().cause() == Cause::no_credentials);
  CHECK_THAT(assertion.error().message(), Catch::StartsWith("the client certificate: the key"));
}

TEST_CASE("broken files are refused") {
  const std::string whole(vector("client.pem").text());
  for (const std::string& text : {std::string(), whole.substr(0, 500), whole.substr(0, whole.size() / 2),
                                  std::string("-----BEGIN X-----\n%%%\n-----END X-----\n")}) {
    const auto certificate = ClientCertificate::parse(Secret::copy_of(std::string_view(text)), "file", no_password);
    CHECK_FALSE(certificate);
  }
}

TEST_CASE("base64url has no padding and its own alphabet") {
  CHECK(base64url({}).empty());
  CHECK(base64url(Bytes{0xfb, 0xff}) == "-_8");
  CHECK(base64url(Bytes{0xff}) == "_w");
}
