#include "keys/kms/azure_credentials.h"

#include <catch2/catch.hpp>

#include "support/key_vectors.h"
#include "support/temporary_folder.h"
#include "unit/keys_azure/azure_world.h"

using namespace hallmark;
using namespace hallmark::keys;
using namespace hallmark::keys::azure;
using namespace hallmark::test;

namespace {

const std::string kFederated = "hush-eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2ln";

struct Logins {
  AzureWorld world;
  Credentials credentials{world.services};
  KeyReference vault = *KeyReference::parse(kReference);

  [[nodiscard]] Result<const Token*> token() { return credentials.token_for(vault, world.services.deadline()); }
  [[nodiscard]] Error error() {
    auto got = token();
    REQUIRE_FALSE(got);
    return got.error();
  }
  [[nodiscard]] const SentRequest& login() const { return world.outside.http.sent.back(); }
};

std::string entra_error(const std::string& error, std::int64_t code, const std::string& words = "") {
  return R"({"error":")" + error + R"(","error_description":"AADSTS)" + std::to_string(code) + ": " + words +
         R"( Trace ID: 1","error_codes":[)" + std::to_string(code) + R"(],"trace_id":"1"})";
}

}  // namespace

TEST_CASE("a client secret logs in at the cloud's own Entra ID") {
  struct Case {
    std::string vault, host, resource;
  };
  const auto [vault, host, resource] = GENERATE(values<Case>({
      {"acme.vault.azure.net", "login.microsoftonline.com", "https%3A%2F%2Fvault.azure.net"},
      {"acme.managedhsm.azure.net", "login.microsoftonline.com", "https%3A%2F%2Fmanagedhsm.azure.net"},
      {"acme.vault.azure.cn", "login.chinacloudapi.cn", "https%3A%2F%2Fvault.azure.cn"},
      {"acme.vault.usgovcloudapi.net", "login.microsoftonline.us", "https%3A%2F%2Fvault.usgovcloudapi.net"},
  }));
  Logins logins;
  logins.vault = *KeyReference::parse("azurekms://" + vault + "/release");
  const auto token = logins.token();
  REQUIRE(token);
  CHECK((*token)->bearer.text() == kBearer);
  CHECK((*token)->tenant == kTenant);
  REQUIRE(logins.world.outside.http.sent.size() == 1);
  CHECK(logins.login().request.url == "https://" + host + "/" + kTenant + "/oauth2/v2.0/token");
  CHECK(logins.login().header("Content-Type") == "application/x-www-form-urlencoded");
  CHECK(logins.login().body == "grant_type=client_credentials&client_id=app-1&scope=" + resource +
                                   "%2F.default&client_secret=" + base::percent_encode(kClientSecret));
}

TEST_CASE("a certificate logs in by an assertion") {
  Logins logins;
  logins.world.outside.variables.erase("AZURE_CLIENT_SECRET");
  logins.world.outside.variables["AZURE_CLIENT_CERTIFICATE_PATH"] =
      (source_folder() / "testdata/azure/encrypted.pem").string();
  const Error locked = logins.error();
  CHECK(locked.cause() == Cause::no_credentials);
  CHECK_THAT(locked.message(), Catch::Contains("AZURE_CLIENT_CERTIFICATE_PASSWORD is not set"));
  logins.world.outside.variables["AZURE_CLIENT_CERTIFICATE_PASSWORD"] = "hush-wrong";
  const Error wrong = logins.error();
  CHECK_THAT(wrong.message(), Catch::Contains("encrypted.pem"));
  CHECK(all_of(wrong).find("hush") == std::string::npos);
  CHECK(logins.world.outside.http.sent.empty());
  logins.world.outside.variables["AZURE_CLIENT_CERTIFICATE_PASSWORD"] = "open sesame";
  logins.world.outside.variables["AZURE_CLIENT_SEND_CERTIFICATE_CHAIN"] = "true";
  REQUIRE(logins.token());
  CHECK_THAT(logins.login().body,
             Catch::StartsWith("grant_type=client_credentials&client_id=app-1&scope=https%3A%2F%2Fvault.azure.net%2F."
                               "default&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3A"
                               "jwt-bearer&client_assertion=eyJ"));
}

TEST_CASE("a certificate that is not there is named") {
  Logins logins;
  logins.world.outside.variables.erase("AZURE_CLIENT_SECRET");
  logins.world.outside.variables["AZURE_CLIENT_CERTIFICATE_PATH"] = "/nowhere/client.pem";
  const Error error = logins.error();
  CHECK(error.cause() == Cause::no_credentials);
  CHECK_THAT(error.message(),
             Catch::Contains("AZURE_CLIENT_CERTIFICATE_PATH") && Catch::Contains("/nowhere/client.pem"));
}

TEST_CASE("a workload logs in by its federated token, which is read anew each time") {
  const TemporaryFolder folder;
  Logins logins;
  logins.world.outside.variables.erase("AZURE_CLIENT_SECRET");
  logins.world.outside.variables["AZURE_FEDERATED_TOKEN_FILE"] = folder.put("token", kFederated + "\n").string();
  REQUIRE(logins.token());
  CHECK_THAT(logins.login().body, Catch::EndsWith("jwt-bearer&client_assertion=" + kFederated));
  folder.put("token", "a.b.c");
  logins.world.outside.clock.advance(std::chrono::hours(1));
  REQUIRE(logins.token());
  CHECK_THAT(logins.login().body, Catch::EndsWith("client_assertion=a.b.c"));
}

TEST_CASE("a federated token file that holds no token is refused before it is sent") {
  const TemporaryFolder folder;
  const std::string text = GENERATE("", "hush", "a.b", "a.b.c.d", "a.b.c\nd", "a.b c.d", "{\"token\":\"a.b.c\"}");
  Logins logins;
  logins.world.outside.variables.erase("AZURE_CLIENT_SECRET");
  logins.world.outside.variables["AZURE_FEDERATED_TOKEN_FILE"] = folder.put("token", text).string();
  const Error error = logins.error();
  CHECK(error.cause() == Cause::no_credentials);
  CHECK_THAT(error.message(), Catch::Contains("AZURE_FEDERATED_TOKEN_FILE") && !Catch::Contains("hush"));
  CHECK(logins.world.outside.http.sent.empty());
  logins.world.outside.variables["AZURE_FEDERATED_TOKEN_FILE"] = "/nowhere/token";
  CHECK_THAT(logins.error().message(), Catch::Contains("/nowhere/token"));
}

TEST_CASE("a token is kept until shortly before it ends, then renewed") {
  Logins logins;
  for (int i = 0; i < 3; ++i) REQUIRE(logins.token());
  CHECK(logins.world.outside.http.sent.size() == 1);
  logins.world.outside.clock.advance(std::chrono::seconds(3599 - 61));
  REQUIRE(logins.token());
  CHECK(logins.world.outside.http.sent.size() == 1);
  logins.world.outside.clock.advance(std::chrono::seconds(1));
  logins.world.login = json_response(200, token_answer("hush-second"));
  const auto token = logins.token();
  REQUIRE(token);
  CHECK((*token)->bearer.text() == "hush-second");
  CHECK(logins.world.outside.http.sent.size() == 2);
  logins.credentials.forget(logins.vault);
  REQUIRE(logins.token());
  CHECK(logins.world.outside.http.sent.size() == 3);
}

TEST_CASE("tokens for vaults and for managed HSMs are not mixed") {
  Logins logins;
  REQUIRE(logins.token());
  logins.world.login = json_response(200, token_answer("hush-hsm"));
  const auto hsm = logins.credentials.token_for(*KeyReference::parse("azurekms://acme.managedhsm.azure.net/r"),
                                                logins.world.services.deadline());
  REQUIRE(hsm);
  CHECK((*hsm)->bearer.text() == "hush-hsm");
  CHECK((*logins.token())->bearer.text() == kBearer);
}

TEST_CASE("without AZURE_TENANT_ID the vault is asked for its tenant, without a token") {
  Logins logins;
  logins.world.outside.variables.erase("AZURE_TENANT_ID");
  logins.world.key = {401,
                      {{"WWW-Authenticate", "Bearer authorization=\"https://login.microsoftonline.com/" + kTenant +
                                                "\", resource=\"https://vault.azure.net\""}},
                      to_bytes(vault_refusal("Unauthorized", "", "AKV10000")),
                      {}};
  REQUIRE(logins.token());
  REQUIRE(logins.world.outside.http.sent.size() == 2);
  const auto& asked = logins.world.outside.http.sent.front();
  CHECK(asked.request.url == "https://acme.vault.azure.net/keys/release?api-version=7.4");
  CHECK(asked.header("Authorization").empty());
  CHECK(logins.login().request.url == "https://login.microsoftonline.com/" + kTenant + "/oauth2/v2.0/token");
}

TEST_CASE("a login for one vault's tenant is not used for another vault") {
  Logins logins;
  logins.world.outside.variables.erase("AZURE_TENANT_ID");
  for (const char* tenant : {"tenant-1", "tenant-2"}) {
    logins.world.key = {401,
                        {{"WWW-Authenticate", std::string("Bearer authorization=\"https://login.microsoftonline.com/") +
                                                  tenant + "\", resource=\"https://vault.azure.net\""}},
                        {},
                        {}};
    const auto token = logins.token();
    REQUIRE(token);
    CHECK((*token)->tenant == tenant);
    logins.vault = *KeyReference::parse("azurekms://other.vault.azure.net/release");
  }
}

TEST_CASE("a vault whose challenge is not its own gets no login [attack 29]") {
  struct Case {
    int status;
    std::string challenge;
    Cause cause;
  };
  const auto [status, challenge, cause] = GENERATE(values<Case>({
      {401, R"(Bearer authorization="https://login.microsoftonline.com/t", resource="https://management.azure.com")",
       Cause::wrong_answer},
      {401, R"(Bearer authorization="https://evil.example/t", resource="https://vault.azure.net")",
       Cause::wrong_answer},
      {401, "Basic realm=x", Cause::malformed_answer},
      {403, R"(Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net")",
       Cause::malformed_answer},
  }));
  Logins logins;
  logins.world.outside.variables.erase("AZURE_TENANT_ID");
  logins.world.key = {status, {{"WWW-Authenticate", challenge}}, {}, {}};
  const Error error = logins.error();
  CHECK(error.cause() == cause);
  CHECK(logins.world.outside.http.sent.size() == 1);
}

TEST_CASE("the authority may be set, and only to https") {
  struct Case {
    std::string set, url;
  };
  const auto [set, url] = GENERATE(values<Case>({
      {"https://login.microsoftonline.us/", "https://login.microsoftonline.us/"},
      {"https://login.private.example:8443", "https://login.private.example:8443/"},
      {"http://login.microsoftonline.com", ""},
      {"login.microsoftonline.com", ""},
      {"https://login.example/?x=", ""},
      {"https://user:hush@login.example/", ""},
  }));
  INFO(set);
  Logins logins;
  logins.world.outside.variables["AZURE_AUTHORITY_HOST"] = set;
  if (url.empty()) {
    const Error error = logins.error();
    CHECK(error.cause() == Cause::no_credentials);
    CHECK_THAT(error.message(), Catch::Contains("AZURE_AUTHORITY_HOST") && !Catch::Contains("hush"));
    CHECK(logins.world.outside.http.sent.empty());
  } else {
    REQUIRE(logins.token());
    CHECK_THAT(logins.login().request.url, Catch::StartsWith(url + kTenant));
  }
}

TEST_CASE("a tenant that is none is refused before it gets into a URL") {
  Logins logins;
  logins.world.outside.variables["AZURE_TENANT_ID"] = "common/../evil?";
  CHECK(logins.error().cause() == Cause::no_credentials);
  CHECK(logins.world.outside.http.sent.empty());
}

TEST_CASE("no credentials: every place that was looked at is named, in order") {
  Logins logins;
  logins.world.outside.variables.clear();
  const Error error = logins.error();
  CHECK(error.cause() == Cause::no_credentials);
  CHECK_THAT(error.message(),
             Catch::Matches(".*no credentials were found: the environment: AZURE_CLIENT_ID is not set; a workload "
                            "identity: AZURE_FEDERATED_TOKEN_FILE is not set; a managed identity: nothing answers at "
                            "169\\.254\\.169\\.254; the logins of az, azd and PowerShell: not supported.*"));
  CHECK_THAT(error.hint(), Catch::Contains("AZURE_CLIENT_SECRET"));
}

TEST_CASE("half of a configuration is told as what is missing") {
  Logins logins;
  logins.world.outside.variables = {{"AZURE_CLIENT_ID", "app-1"}, {"AZURE_FEDERATED_TOKEN_FILE", "/token"}};
  CHECK_THAT(
      logins.error().message(),
      Catch::Contains("neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is set; a workload identity: "
                      "AZURE_TENANT_ID is not set"));
  logins.world.outside.variables = {
      {"AZURE_CLIENT_ID", "app-1"}, {"AZURE_USERNAME", "me"}, {"AZURE_PASSWORD", "hush-password"}};
  const Error error = logins.error();
  CHECK(error.cause() == Cause::unsupported);
  CHECK_THAT(all_of(error), Catch::Contains("AZURE_USERNAME") && !Catch::Contains("hush"));
}

TEST_CASE("the kind of credentials can be chosen as in azidentity and sigstore") {
  struct Case {
    std::string name, value;
    Cause cause;  // none: the client secret logs in
    std::string words;
  };
  const auto [name, value, cause, words] = GENERATE(values<Case>({
      {"AZURE_TOKEN_CREDENTIALS", "prod", Cause::none, ""},
      {"AZURE_TOKEN_CREDENTIALS", "environmentcredential", Cause::none, ""},
      {"AZURE_TOKEN_CREDENTIALS", "WorkloadIdentityCredential", Cause::no_credentials, "found: a workload identity"},
      {"AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential", Cause::no_credentials, "found: a managed identity"},
      {"AZURE_TOKEN_CREDENTIALS", "dev", Cause::unsupported, "AZURE_TOKEN_CREDENTIALS is \"dev\""},
      {"AZURE_TOKEN_CREDENTIALS", "AzureCLICredential", Cause::unsupported, "hallmark starts none"},
      {"AZURE_TOKEN_CREDENTIALS", "magic", Cause::no_credentials, "no kind of credentials"},
      {"AZURE_AUTH_METHOD", "environment", Cause::none, ""},
      {"AZURE_AUTH_METHOD", "CLI", Cause::unsupported, "AZURE_AUTH_METHOD is \"CLI\""},
      {"AZURE_AUTH_METHOD", "magic", Cause::none, ""},
  }));
  INFO(name << "=" << value);
  Logins logins;
  logins.world.outside.variables[name] = value;
  const auto token = logins.token();
  if (cause == Cause::none) {
    CHECK(token);
  } else {
    REQUIRE_FALSE(token);
    CHECK(token.error().cause() == cause);
    CHECK_THAT(token.error().message(), Catch::Contains(words));
  }
}

TEST_CASE("a managed identity is used where nothing else is configured") {
  Logins logins;
  logins.world.outside.variables = {{"IDENTITY_ENDPOINT", "http://127.0.0.1:41741/msi/token/"},
                                    {"IDENTITY_HEADER", "hush-header"}};
  logins.world.outside.metadata.answer(
      [](const SentRequest&) -> Result<net::Response> { return json_response(200, token_answer()); });
  REQUIRE(logins.token());
  CHECK(logins.world.outside.http.sent.empty());
}

TEST_CASE("each refusal of Entra ID has its cause, and repeats nothing that was sent") {
  struct Case {
    int status;
    std::string error;
    std::int64_t code;
    Cause cause;
    std::string words;
  };
  const auto [status, error, code, cause, words] = GENERATE(values<Case>({
      {401, "invalid_client", 7000215, Cause::refused_credentials, "the client secret is wrong for application app-1"},
      {401, "invalid_client", 7000222, Cause::expired_credentials, "has expired"},
      {400, "unauthorized_client", 700016, Cause::refused_credentials, "there is no application app-1 in tenant"},
      {401, "invalid_client", 700027, Cause::refused_credentials, "certificate is not registered"},
      {401, "invalid_client", 700024, Cause::expired_credentials, "not within its time"},
      {400, "invalid_request", 70021, Cause::refused_credentials, "no federated credential"},
      {400, "invalid_request", 700213, Cause::refused_credentials, "subject"},
      {400, "invalid_request", 90002, Cause::refused_credentials, "there is no tenant of application"},
      {400, "invalid_resource", 500011, Cause::refused_credentials, "does not know this kind of vault"},
      {400, "access_denied", 53003, Cause::access_denied, "conditional access"},
      {400, "invalid_grant", 1234567, Cause::refused_credentials, "invalid_grant, AADSTS1234567"},
      {400, "hush-client-secret", 1234567, Cause::refused_credentials, "is refused (AADSTS1234567)"},
      {400, "temporarily_unavailable", 90033, Cause::unreachable, "just now"},
      {500, "server_error", 50000, Cause::unreachable, "just now"},
  }));
  INFO(error << " " << code);
  Logins logins;
  logins.world.login = json_response(status, entra_error(error, code, "you sent " + kClientSecret));
  const Error failure = logins.error();
  CHECK(failure.kind() == Outcome::key);
  CHECK(failure.cause() == cause);
  CHECK_THAT(failure.message(), Catch::StartsWith("Microsoft Entra ID: ") && Catch::Contains(words));
  CHECK(all_of(failure).find("hush") == std::string::npos);
}

TEST_CASE("a refusal without JSON or codes is told by its status") {
  for (const char* body : {"", "no JSON hush", "[]", R"({"error":7})", R"({"error":"invalid_client","error_codes":{}})",
                           R"({"error_description":"AADSTS7000215 hush"})"}) {
    Logins logins;
    logins.world.login = json_response(400, body);
    const Error error = logins.error();
    CHECK(error.cause() == Cause::refused_credentials);
    CHECK(all_of(error).find("hush") == std::string::npos);
  }
}

TEST_CASE("a federated token out of its time is told as a wrong clock where the clocks differ") {
  Logins logins;
  logins.world.login = json_response(401, entra_error("invalid_client", 700024));
  logins.world.login.headers.add("Date", "Sat, 28 Nov 2026 10:00:00 GMT");
  const Error error = logins.error();
  CHECK(error.cause() == Cause::clock_skew);
  CHECK_THAT(error.message(), Catch::Contains("2 h 0 min ahead of"));
}

TEST_CASE("what passes at Entra ID is asked again") {
  Logins logins;
  int asked = 0;
  logins.world.outside.http.answer([&asked](const SentRequest&) -> Result<net::Response> {
    return ++asked < 3 ? json_response(400, entra_error("temporarily_unavailable", 90033))
                       : json_response(200, token_answer());
  });
  REQUIRE(logins.token());
  CHECK(asked == 3);
}
