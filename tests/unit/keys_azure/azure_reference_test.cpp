#include "keys/kms/azure_reference.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using keys::azure::KeyReference;

TEST_CASE("a reference names vault, key and perhaps a version, spelled as sigstore spells it") {
  struct Case {
    std::string text, host, key, version, resource;
  };
  const auto [text, host, key, version, resource] = GENERATE(values<Case>({
      {"azurekms://acme.vault.azure.net/release", "acme.vault.azure.net", "release", "", "https://vault.azure.net"},
      {"azurekms://ACME.Vault.Azure.net/Release-2/", "acme.vault.azure.net", "Release-2", "",
       "https://vault.azure.net"},
      {"azurekms://acme.vault.azure.net/release/78deebed173b48e48f55abf87ed4cf71", "acme.vault.azure.net", "release",
       "78deebed173b48e48f55abf87ed4cf71", "https://vault.azure.net"},
      {"azurekms://acme.managedhsm.azure.net/r", "acme.managedhsm.azure.net", "r", "", "https://managedhsm.azure.net"},
      {"azurekms://acme.vault.azure.cn/r", "acme.vault.azure.cn", "r", "", "https://vault.azure.cn"},
      {"azurekms://acme.vault.usgovcloudapi.net/r", "acme.vault.usgovcloudapi.net", "r", "",
       "https://vault.usgovcloudapi.net"},
      {"azurekms://acme.managedhsm.usgovcloudapi.net/r", "acme.managedhsm.usgovcloudapi.net", "r", "",
       "https://managedhsm.usgovcloudapi.net"},
      {"azurekms://127.0.0.1:8443/r", "127.0.0.1:8443", "r", "", "https://vault.azure.net"},
      {"azurekms://localhost/r", "localhost", "r", "", "https://vault.azure.net"},
  }));
  const auto reference = KeyReference::parse(text);
  REQUIRE(reference);
  CHECK(reference->host == host);
  CHECK(reference->key == key);
  CHECK(reference->version == version);
  CHECK(reference->cloud->resource == resource);
}

TEST_CASE("a token has nowhere to go but to Azure's vaults and to loopback [attack 29] [attack 33]") {
  const auto text = GENERATE(values<std::string>({
      "azurekms://acme.vault.azure.net.evil.example/release",
      "azurekms://evilvault.azure.net/release",
      "azurekms://vault.azure.net/release",
      "azurekms://.vault.azure.net/release",
      "azurekms://a.b.vault.azure.net/release",
      "azurekms://acme.vault.azure.net./release",
      "azurekms://acme.vault.azure.net:8443/release",
      "azurekms://169.254.169.254/release",
      "azurekms://10.0.0.1/release",
      "azurekms://acme/release",
      "azurekms://user@acme.vault.azure.net/release",
      "azurekms://evil.example#.vault.azure.net/release",
      "azurekms://evil.example?.vault.azure.net/release",
      "azurekms://evil.example\\.vault.azure.net/release",
  }));
  INFO(text);
  const auto reference = KeyReference::parse(text);
  REQUIRE_FALSE(reference);
  CHECK(reference.error().kind() == Outcome::key);
  CHECK(reference.error().cause() == Cause::not_found);
  CHECK_THAT(reference.error().hint(), Catch::Contains("azurekms://VAULT.vault.azure.net/KEY"));
}

TEST_CASE("a password in a reference of Azure Key Vault is shown by no error [attack 48]") {
  const auto text =
      GENERATE(as<std::string>(), "azurekms://u:hush@v.vault.azure.net/k", "azurekms://u:hu/hush@v.vault.azure.net/k",
               "azurekms://u:hush%40v.vault.azure.net/k", "azurekms:/u:hush@v.vault.azure.net/k",
               "azurekms://v.vault.azure.net/k?token=hush", "azurekms://v.vault.azure.net/k/1?secret=hush");
  CAPTURE(text);
  const auto reference = KeyReference::parse(text);
  REQUIRE_FALSE(reference);
  CHECK(reference.error().kind() == Outcome::key);
  CHECK_THAT(reference.error().message(), Catch::Contains("key \"azurekms:/") && !Catch::Contains("hush"));
}

TEST_CASE("a malformed reference is refused with the right form") {
  struct Case {
    std::string text, reason;
  };
  const auto [text, reason] = GENERATE(values<Case>({
      {"azurekms:acme.vault.azure.net/release", "expected azurekms://"},
      {"azurekms://acme.vault.azure.net", "names no key"},
      {"azurekms://acme.vault.azure.net/", "names no key"},
      {"azurekms://acme.vault.azure.net//78deebed", "names no key"},
      {"azurekms://acme.vault.azure.net/a_b", "is no key's name"},
      {"azurekms://acme.vault.azure.net/a%2fb", "is no key's name"},
      {"azurekms://acme.vault.azure.net/a?api-version=1", "is no key's name"},
      {"azurekms://acme.vault.azure.net/..", "is no key's name"},
      {"azurekms://acme.vault.azure.net/a/b/c", "is no version"},
      {"azurekms://acme.vault.azure.net/a/b?c", "is no version"},
      {"azurekms://acme/a", "without its domain"},
      {"azurekms:///a", "is no host"},
      {"azurekms://acme.vault.azure.net/" + std::string(128, 'a'), "is no key's name"},
      {"azurekms://acme.vault.azure.net/" + std::string(5000, 'a'), "too long"},
  }));
  INFO(text.substr(0, 100));
  const auto reference = KeyReference::parse(text);
  REQUIRE_FALSE(reference);
  CHECK_THAT(reference.error().message(), Catch::Contains(reason));
  CHECK_THAT(reference.error().hint(), Catch::Contains("azurekms://VAULT.vault.azure.net/KEY/VERSION"));
}
