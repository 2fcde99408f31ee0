#include "net/tls.h"

#include <catch2/catch.hpp>

#include <filesystem>

#include "support/temporary_folder.h"
#include "support/test_ca.h"

namespace hallmark::net {
namespace {

Error refusal(const TlsOptions& options) {
  const auto settings = TlsSettings::prepare(options, {});
  REQUIRE_FALSE(settings);
  CHECK(settings.error().kind() == Outcome::config);
  return settings.error();
}

}  // namespace

TEST_CASE("a folder of hashed links is preferred to a bundle, a named file to both") {
  const test::TemporaryFolder hashed;
  hashed.put("4a6481c9.0", "");
  CHECK(SystemCas::choose(hashed.path(), {}).file.empty());
  CHECK(SystemCas::choose(hashed.path(), {}).dir == hashed.path());
  CHECK(SystemCas::choose(hashed.path(), "/x/y.pem").file == "/x/y.pem");
  const test::TemporaryFolder plain;
  plain.put("ca-certificates.crt", "");
  plain.put("4a6481c9.r0", "");
  const std::filesystem::path bundle = SystemCas::choose(plain.path(), {}).file;
  CHECK((bundle.empty() || std::filesystem::exists(bundle)));
}

TEST_CASE("the files of a client certificate each have their own error [attack 48]") {
  const test::TemporaryFolder folder;
  const test::TestCa ca;
  const test::Issued one = ca.issue({.client = true});
  const test::Issued two = ca.issue({.client = true});
  const auto certificate = folder.put("one.crt", one.certificate);
  const auto put_key = [&](const char* name, const std::string& text) {
    const auto path = folder.put(name, text);
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return path;
  };
  const auto key = put_key("one.key", one.key);
  const auto other = put_key("two.key", two.key);
  const auto junk = put_key("junk.key", "hello");
  const auto encrypted = put_key("encrypted.key",
                                 "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                                 "DEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAAAAAAAAAAAAAAAAAAAA==\n"
                                 "-----END RSA PRIVATE KEY-----\n");

  CHECK(TlsSettings::prepare({.client_certificate = certificate, .client_key = key}, {}));
  CHECK_THAT(refusal({.client_certificate = certificate}).message(), Catch::Contains("has no client key beside it"));
  CHECK_THAT(refusal({.client_key = key}).message(), Catch::Contains("has no client certificate beside it"));
  CHECK_THAT(refusal({.client_certificate = certificate, .client_key = other}).message(),
             Catch::Contains("two.key: is not the key of the client certificate"));
  CHECK_THAT(refusal({.client_certificate = certificate, .client_key = junk}).message(),
             Catch::Contains("junk.key: holds no private key in PEM"));
  CHECK_THAT(refusal({.client_certificate = key, .client_key = key}).message(),
             Catch::Contains("one.key: holds no certificate in PEM"));
  CHECK_THAT(refusal({.client_certificate = certificate, .client_key = encrypted}).message(),
             Catch::Contains("encrypted.key: is encrypted"));
  CHECK_THAT(refusal({.client_certificate = certificate, .client_key = folder / "none.key"}).message(),
             Catch::Contains("none.key"));
}

TEST_CASE("what is given in memory has the same errors, and shows nothing of it [attack 48]") {
  const test::TestCa ca;
  const test::Issued one = ca.issue({.client = true});
  const test::Issued two = ca.issue({.client = true});
  const auto settings =
      TlsSettings::prepare({.client_certificate_pem = one.certificate, .client_key_pem = one.key}, {});
  REQUIRE(settings);
  CHECK(settings->client_certificate_pem == one.certificate);
  CHECK(settings->client_key_pem == one.key);
  const auto [certificate, key, words] = GENERATE_COPY(table<std::string, std::string, std::string>({
      {one.certificate, "", "client certificate: has no client key beside it"},
      {"", one.key, "client key: has no client certificate beside it"},
      {one.certificate, two.key, "client key: is not the key of the client certificate"},
      {one.certificate, "hello", "client key: holds no private key in PEM"},
      {"hello", one.key, "client certificate: holds no certificate in PEM"},
  }));
  const Error error = refusal({.client_certificate_pem = certificate, .client_key_pem = key});
  CHECK(error.message() == words);
}

TEST_CASE("CAs in memory count instead of the system's") {
  const test::TemporaryFolder folder;
  const test::TestCa one;
  const test::TestCa two;
  const auto bundle = folder.put("bundle.pem", two.certificate());
  const auto settings = TlsSettings::prepare({.ca_pem = one.certificate()}, {"/etc/ssl/certs", bundle});
  REQUIRE(settings);
  CHECK(settings->ca_pem == one.certificate());
  CHECK_FALSE(settings->trusts_system);
  CHECK(settings->system.dir.empty());
  CHECK(settings->system.file.empty());
  CHECK(settings->bundle == nullptr);
  CHECK(refusal({.ca_pem = "hello"}).message() == "CA: holds no certificate in PEM");
}

TEST_CASE("a CA file without a certificate is refused, several add up") {
  const test::TemporaryFolder folder;
  const test::TestCa one;
  const test::TestCa two;
  CHECK_THAT(refusal({.ca_files = {folder.put("ca.crt", "nothing")}}).message(),
             Catch::Contains("ca.crt: holds no certificate in PEM"));
  CHECK_THAT(refusal({.ca_files = {folder / "missing.crt"}}).message(), Catch::Contains("missing.crt"));
  const auto settings = TlsSettings::prepare(
      {.ca_files = {folder.put("1.crt", one.certificate()), folder.put("2.crt", two.certificate())}},
      {"/etc/ssl/certs", {}});
  REQUIRE(settings);
  CHECK(settings->ca_pem == one.certificate() + two.certificate());
  CHECK(settings->system.dir == "/etc/ssl/certs");
}

}  // namespace hallmark::net
