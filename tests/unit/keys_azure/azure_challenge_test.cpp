#include "keys/kms/azure_challenge.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using namespace hallmark::keys::azure;

TEST_CASE("a vault's challenge tells the tenant and the resource") {
  const auto field = GENERATE(values<std::string>({
      R"(Bearer authorization="https://login.microsoftonline.com/72f988bf", resource="https://vault.azure.net")",
      R"(Bearer authorization="https://login.microsoftonline.com/72f988bf" resource="https://vault.azure.net")",
      R"(bearer authorization="https://login.microsoftonline.com/72f988bf/oauth2", scope="https://vault.azure.net")",
      R"(Bearer authorization=https://login.microsoftonline.com/72f988bf,resource=https://vault.azure.net)",
  }));
  INFO(field);
  const auto challenge = read_challenge({{"WWW-Authenticate", field}});
  REQUIRE(challenge);
  CHECK(challenge->tenant == "72f988bf");
  CHECK(challenge->login_host == "login.microsoftonline.com");
  CHECK(challenge->resource == "https://vault.azure.net");
  CHECK(is_believable(*challenge, "acme.vault.azure.net"));
}

TEST_CASE("the Bearer challenge is found among others, and its error too") {
  const auto challenge = read_challenge(
      {{"WWW-Authenticate", "Basic realm=\"x\""},
       {"www-authenticate",
        R"(Bearer authorization="https://login.microsoftonline.us/t", resource="https://vault.usgovcloudapi.net", error="insufficient_claims", claims="e30=")"}});
  REQUIRE(challenge);
  CHECK(challenge->error == "insufficient_claims");
  CHECK(is_believable(*challenge, "acme.vault.usgovcloudapi.net"));
  CHECK_FALSE(is_believable(*challenge, "acme.vault.azure.net"));
}

TEST_CASE("what is no challenge of a vault tells nothing") {
  const auto field = GENERATE(values<std::string>({
      "",
      "Bearer",
      "Bearer ",
      "Bearer =",
      "Bearer authorization",
      R"(Bearer authorization="https://login.microsoftonline.com/72f988bf)",
      R"(Bearer authorization="https://login.microsoftonline.com/", resource="https://vault.azure.net")",
      R"(Bearer authorization="https://login.microsoftonline.com/a%2fb", resource="https://vault.azure.net")",
      R"(Bearer authorization="https://login.microsoftonline.com:444/t", resource="https://vault.azure.net")",
      R"(Bearer authorization="http://login.microsoftonline.com/t", resource="https://vault.azure.net")",
      R"(Bearer resource="https://vault.azure.net")",
      R"(Basic authorization="https://login.microsoftonline.com/t")",
  }));
  INFO(field);
  CHECK_FALSE(read_challenge({{"WWW-Authenticate", field}}));
}

TEST_CASE("a challenge for another resource or by another authority is not believed [attack 29]") {
  struct Case {
    std::string authority, resource;
  };
  const auto [authority, resource] = GENERATE(values<Case>({
      {"https://login.microsoftonline.com/t", "https://management.azure.com"},
      {"https://login.microsoftonline.com/t", "https://evil.example"},
      {"https://login.microsoftonline.com/t", "https://acme.vault.azure.net"},
      {"https://login.microsoftonline.com/t", "https://ault.azure.net"},
      {"https://login.microsoftonline.com/t", "http://vault.azure.net"},
      {"https://login.microsoftonline.com/t", "vault.azure.net"},
      {"https://login.microsoftonline.com/t", ""},
      {"https://evil.example/t", "https://vault.azure.net"},
      {"https://login.microsoftonline.com.evil.example/t", "https://vault.azure.net"},
  }));
  INFO(authority << " " << resource);
  const auto challenge = read_challenge(
      {{"WWW-Authenticate", "Bearer authorization=\"" + authority + "\", resource=\"" + resource + "\""}});
  REQUIRE(challenge);
  CHECK_FALSE(is_believable(*challenge, "acme.vault.azure.net"));
}

TEST_CASE("a tenant is an id or a domain") {
  CHECK(is_tenant("72f988bf-86f1-41af-91ab-2d7cd011db47"));
  CHECK(is_tenant("acme.onmicrosoft.com"));
  for (const char* text : {"", "..", "a/b", "a?b", "a b", "a%2e", "a@b", "ä"}) CHECK_FALSE(is_tenant(text));
  CHECK_FALSE(is_tenant(std::string(254, 'a')));
}
