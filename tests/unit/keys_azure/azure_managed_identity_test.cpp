#include "keys/kms/azure_managed_identity.h"

#include <catch2/catch.hpp>

#include "unit/keys_azure/azure_world.h"

using namespace hallmark;
using namespace hallmark::keys;
using namespace hallmark::keys::azure;
using namespace hallmark::test;

namespace {

const std::string kIdentityHeader = "hush-identity-header";

struct Machine {
  KeyServices outside;
  Services services = outside.services();
  Looked looked;

  [[nodiscard]] Result<std::optional<Token>> ask() {
    return managed_identity(services, "https://vault.azure.net", services.deadline(), looked);
  }
};

std::string imds_token() {
  return R"({"access_token":")" + kBearer +
         R"(","client_id":"x","expires_in":"86399","expires_on":"1795953600","resource":"https://vault.azure.net","token_type":"Bearer"})";
}

}  // namespace

TEST_CASE("the metadata service of a machine gives a token, asked past every proxy") {
  Machine machine;
  const bool user_assigned = GENERATE(false, true);
  if (user_assigned) machine.outside.variables = {{"AZURE_CLIENT_ID", "user/assigned"}};
  machine.outside.metadata.answer([](const SentRequest& sent) -> Result<net::Response> {
    if (sent.header("Metadata").empty()) return json_response(400, R"({"error":"invalid_request"})");
    return json_response(200, imds_token());
  });
  const auto token = machine.ask();
  REQUIRE(token);
  REQUIRE(*token);
  CHECK((*token)->bearer.text() == kBearer);
  CHECK((*token)->tenant.empty());
  CHECK(machine.outside.http.sent.empty());
  REQUIRE(machine.outside.metadata.sent.size() == 2);  // whether it is there, and the token
  const auto& sent = machine.outside.metadata.sent.back();
  CHECK(sent.request.url ==
        "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault."
        "azure.net" +
            std::string(user_assigned ? "&client_id=user%2Fassigned" : ""));
  CHECK(sent.header("Metadata") == "true");
  CHECK_FALSE(sent.request.follow_redirects);
  CHECK_FALSE(machine.outside.metadata.sent.front().request.may_retry);
}

TEST_CASE("where there is no metadata service, or no identity, that is said and nothing is found") {
  struct Case {
    int status;
    std::string body, why;
  };
  const auto [status, body, why] = GENERATE(values<Case>({
      {0, "", "nothing answers at 169.254.169.254"},
      {400, R"({"error":"invalid_request","error_description":"Identity not found"})", "there is no identity"},
      {403, "connecting to 169.254.169.254:80: dial tcp: connect: network is unreachable.",
       "is no metadata service (HTTP 403)"},
  }));
  Machine machine;
  const int code = status;
  const std::string text = body;
  machine.outside.metadata.answer([code, text](const SentRequest&) -> Result<net::Response> {
    if (code == 0) return fail(Outcome::unreachable, "timed out");
    return net::Response{code, {}, to_bytes(text), {}};
  });
  const auto token = machine.ask();
  REQUIRE(token);
  CHECK_FALSE(*token);
  REQUIRE(machine.looked.size() == 1);
  CHECK_THAT(machine.looked[0], Catch::StartsWith("a managed identity: ") && Catch::Contains(why));
}

TEST_CASE("a metadata service that fails is an error, with its cause") {
  struct Case {
    int status;
    std::string body;
    Cause cause;
    std::string words;
  };
  const auto [status, body, cause, words] = GENERATE(values<Case>({
      {400, "{}", Cause::refused_credentials, "the identity app-1 (AZURE_CLIENT_ID) is not assigned here"},
      {500, "{}", Cause::unreachable, "just now"},
      {404, "{}", Cause::refused_credentials, "HTTP 404"},
      {200, "<html>sign in to the hotel's network</html>", Cause::malformed_answer, "not as documented"},
      {200, R"({"access_token":"a","expires_in":"60","resource":"https://graph.microsoft.com"})", Cause::wrong_answer,
       "for https://graph.microsoft.com"},
      {302, "", Cause::malformed_answer, "redirects"},
  }));
  INFO(status << " " << body);
  Machine machine;
  machine.outside.variables = {{"AZURE_CLIENT_ID", "app-1"}};
  const int code = status;
  const std::string text = body;
  machine.outside.metadata.answer([code, text](const SentRequest& sent) -> Result<net::Response> {
    if (sent.header("Metadata").empty()) return json_response(400, "{}");
    return json_response(code, text);
  });
  const auto token = machine.ask();
  REQUIRE_FALSE(token);
  CHECK(token.error().cause() == cause);
  CHECK_THAT(token.error().message(),
             Catch::StartsWith("the metadata service of the machine") && Catch::Contains(words));
}

TEST_CASE("an answer that passes is waited for: 404, 410 and 500 of a metadata service") {
  const int status = GENERATE(404, 410, 500);
  Machine machine;
  int asked = 0;
  machine.outside.metadata.answer([status, &asked](const SentRequest& sent) -> Result<net::Response> {
    if (sent.header("Metadata").empty()) return json_response(400, "{}");
    return ++asked < 3 ? json_response(status, "{}") : json_response(200, imds_token());
  });
  const auto token = machine.ask();
  REQUIRE(token);
  CHECK(*token);
  CHECK(asked == 3);
}

TEST_CASE("an app's identity is asked for with its header, which goes nowhere else") {
  Machine machine;
  machine.outside.variables = {{"IDENTITY_ENDPOINT", "http://169.254.130.2:8081/msi/token?a=b"},
                               {"IDENTITY_HEADER", kIdentityHeader},
                               {"AZURE_CLIENT_ID", "app-1"}};
  machine.outside.metadata.answer([](const SentRequest&) -> Result<net::Response> {
    return json_response(
        200,
        R"({"access_token":"abc","expires_on":"1795953600","resource":"https://vault.azure.net","token_type":"Bearer"})");
  });
  const auto token = machine.ask();
  REQUIRE(token);
  REQUIRE(*token);
  REQUIRE(machine.outside.metadata.sent.size() == 1);
  const auto& sent = machine.outside.metadata.sent.front();
  CHECK(sent.request.url ==
        "http://169.254.130.2:8081/msi/token?a=b&api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net"
        "&client_id=app-1");
  CHECK(sent.header("X-IDENTITY-HEADER") == kIdentityHeader);
  CHECK(machine.outside.http.sent.empty());
}

TEST_CASE("an identity endpoint that is not near gets no header [attack 29] [attack 34]") {
  const auto endpoint = GENERATE(values<std::string>({
      "http://evil.example/msi/token",
      "http://metadata/msi/token",
      "http://10.0.0.1/msi/token",
      "http://169.254.169.254.evil.example/msi/token",
      "https://evil.example@127.0.0.1/msi/token",
      "file:///etc/passwd",
      "nonsense",
  }));
  Machine machine;
  machine.outside.variables = {{"IDENTITY_ENDPOINT", endpoint}, {"IDENTITY_HEADER", kIdentityHeader}};
  const auto token = machine.ask();
  REQUIRE_FALSE(token);
  CHECK(token.error().cause() == Cause::unsupported);
  CHECK_THAT(token.error().message(), Catch::Contains("neither a loopback nor a link-local address"));
  CHECK(all_of(token.error()).find(kIdentityHeader) == std::string::npos);
  CHECK(machine.outside.metadata.sent.empty());
  CHECK(machine.outside.http.sent.empty());
}

TEST_CASE("places that Azure's SDKs know and hallmark does not are named") {
  using Variables = std::map<std::string, std::string>;
  struct Case {
    Variables variables;
    std::string name;
  };
  const auto [variables, name] = GENERATE(values<Case>({
      {{{"IDENTITY_ENDPOINT", "https://localhost:2377/x"},
        {"IDENTITY_HEADER", kIdentityHeader},
        {"IDENTITY_SERVER_THUMBPRINT", "aa"}},
       "Service Fabric"},
      {{{"MSI_ENDPOINT", "http://localhost:50342"}}, "Cloud Shell"},
      {{{"MSI_ENDPOINT", "http://localhost:50342"}, {"MSI_SECRET", "hush-msi"}}, "Azure Machine Learning"},
      {{{"IDENTITY_ENDPOINT", "http://localhost:40342/x"}, {"IMDS_ENDPOINT", "http://localhost:40342"}}, "Azure Arc"},
  }));
  Machine machine;
  machine.outside.variables = variables;
  const auto token = machine.ask();
  REQUIRE_FALSE(token);
  CHECK(token.error().cause() == Cause::unsupported);
  CHECK_THAT(token.error().message(), Catch::Contains(name));
  CHECK(all_of(token.error()).find("hush") == std::string::npos);
  CHECK(machine.outside.metadata.sent.empty());
}
