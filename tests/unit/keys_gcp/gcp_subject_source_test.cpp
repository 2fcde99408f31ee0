#include "keys/kms/gcp_subject_source.h"

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include "base/try.h"
#include "google.h"

using namespace hallmark;
using namespace hallmark::keys;

namespace {

// An external account whose token is where `source` says, in a world of its own.
struct Federated {
  test::TemporaryFolder folder{};
  test::KeyServices world{};

  Result<Secret> token(const std::string& source, const std::string& more = "") {
    const std::string text = test::external_file(source, more);
    const auto credentials = GcpCredentials::parse(as_bytes(text), "wif.json");
    REQUIRE(credentials);
    const Services services = world.services();
    HM_TRY(GcpSubject subject, subject_token(std::get<GcpExternalAccount>(credentials->login),
                                             credentials->impersonation, services, services.deadline()));
    CHECK(subject.secrets == std::vector<std::string>{std::string(subject.token.text())});
    return std::move(subject.token);
  }
  std::string program(const std::string& script) {
    const auto file = folder.put("idp", "#!/bin/sh\n" + script + "\n");
    ::chmod(file.c_str(), 0700);
    return R"({"executable":{"command":")" + file.string() + R"( --audience  x"}})";
  }
};

std::string printed(const std::string& more) {
  return R"({"version":1,"success":true,"token_type":"urn:ietf:params:oauth:token-type:jwt",)" + more + "}";
}

}  // namespace

TEST_CASE("a token in a file, as it is or in a member of JSON") {
  Federated world;
  const auto file = world.folder.put("token", std::string("\n ") + test::kSubjectToken + "\r\n");
  CHECK(world.token(R"({"file":")" + file.string() + "\"}")->text() == test::kSubjectToken);
  const auto json = world.folder.put("token.json", std::string(R"({"id":1,"value":")") + test::kSubjectToken + "\"}");
  CHECK(
      world.token(R"({"file":")" + json.string() + R"(","format":{"type":"json","subject_token_field_name":"value"}})")
          ->text() == test::kSubjectToken);
}

TEST_CASE("a file without a token says so [attack 48]") {
  Federated world;
  const auto [text, format, words] = GENERATE(table<std::string, std::string, std::string>({
      {" \n", "", "no token is there"},
      {std::string("a\0b", 3), "", "is no token"},
      {R"({"value":"hush-subject"})", R"(,"format":{"type":"json","subject_token_field_name":"other"})",
       "other: missing"},
      {R"({"value":7})", R"(,"format":{"type":"json","subject_token_field_name":"value"})", "expected a string"},
      {R"(hush)", R"(,"format":{"type":"json","subject_token_field_name":"value"})", "token"},
      {std::string(70'000, 'x'), "", "token"},
  }));
  const auto file = world.folder.put("token", text);
  const auto token = world.token(R"({"file":")" + file.string() + "\"" + format + "}");
  REQUIRE_FALSE(token);
  CHECK(token.error().kind() == Outcome::key);
  CHECK(token.error().cause() == Cause::no_credentials);
  CHECK_THAT(token.error().message(), Catch::Contains(words));
  CHECK(test::is_hushed(token.error()));
}

TEST_CASE("a file that is not there is no credentials") {
  Federated world;
  const auto token = world.token(R"({"file":"/nonexistent/token"})");
  REQUIRE_FALSE(token);
  CHECK(token.error().cause() == Cause::no_credentials);
  CHECK_THAT(token.error().message(), Catch::Contains("/nonexistent/token"));
}

TEST_CASE("a token from an https URL is asked for with its headers, through the proxies") {
  Federated world;
  world.world.http.answer(
      [](const auto&) { return test::json_response(200, std::string(R"({"value":")") + test::kSubjectToken + "\"}"); });
  const auto token =
      world.token(std::string(R"({"url":"https://idp.example/t?audience=a","headers":{"Authorization":")") +
                  test::kHeaderSecret + R"("},"format":{"type":"json","subject_token_field_name":"value"}})");
  REQUIRE(token);
  CHECK(token->text() == test::kSubjectToken);
  REQUIRE(world.world.http.sent.size() == 1);
  CHECK(world.world.http.sent[0].request.method == "GET");
  CHECK(world.world.http.sent[0].header("Authorization") == test::kHeaderSecret);
  CHECK_FALSE(world.world.http.sent[0].request.follow_redirects);
  CHECK(world.world.metadata.sent.empty());
}

TEST_CASE("a token of a metadata service near by is never asked for through a proxy") {
  Federated world;
  world.world.metadata.answer([](const auto&) { return test::json_response(200, test::kSubjectToken); });
  CHECK(
      world.token(R"({"url":"http://169.254.169.254/metadata/identity/oauth2/token","headers":{"Metadata":"True"}})"));
  CHECK(world.world.metadata.sent.size() == 1);
  CHECK(world.world.http.sent.empty());
}

TEST_CASE("an identity provider that refuses, redirects or answers with something else [attack 48]") {
  Federated world;
  const auto [status, body, cause] = GENERATE(table<int, std::string, Cause>({
      {403, "hush", Cause::refused_credentials},
      {500, "hush", Cause::unreachable},
      {302, "", Cause::malformed_answer},
      {200, "[\"hush\"]", Cause::malformed_answer},
      {200, "", Cause::malformed_answer},
  }));
  world.world.http.answer([&](const auto&) { return test::json_response(status, body); });
  const auto token =
      world.token(std::string(R"({"url":"https://idp.example/t?key=hush","headers":{"Authorization":")") +
                  test::kHeaderSecret + R"("},"format":{"type":"json","subject_token_field_name":"value"}})");
  REQUIRE_FALSE(token);
  CHECK(word(token.error().cause()) == word(cause));
  CHECK(test::is_hushed(token.error()));
}

TEST_CASE("a program is not run unless that is allowed") {
  Federated world;
  const auto token = world.token(world.program("touch " + (world.folder / "ran").string()));
  REQUIRE_FALSE(token);
  CHECK(token.error().cause() == Cause::no_credentials);
  CHECK_THAT(token.error().hint(), Catch::Contains("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1"));
  CHECK(test::text_of(world.folder / "ran").empty());
}

TEST_CASE("a program that is allowed is told what to answer, and nothing else of the environment") {
  Federated world;
  world.world.variables["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"] = "1";
  world.world.variables["PATH"] = "/usr/bin:/bin";
  world.world.variables["SECRET"] = "hush";
  const std::string script = "env >" + (world.folder / "env").string() + "; echo \"$@\" >" +
                             (world.folder / "arguments").string() + "; echo '" +
                             printed(std::string(R"("id_token":")") + test::kSubjectToken + "\"") + "'";
  const auto token = world.token(world.program(script), test::kImpersonate);
  REQUIRE(token);
  CHECK(token->text() == test::kSubjectToken);
  CHECK(test::text_of(world.folder / "arguments") == "--audience x\n");
  const std::string environment = test::text_of(world.folder / "env");
  CHECK_THAT(environment,
             Catch::Contains("GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE=urn:ietf:params:oauth:token-type:jwt\n") &&
                 Catch::Contains("GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE=//iam.googleapis.com/") &&
                 Catch::Contains("GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL=signer@shop.iam.gserviceaccount.com\n") &&
                 Catch::Contains("GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE=0\n") && !Catch::Contains("SECRET"));
}

TEST_CASE("a program that fails is an error that shows nothing it said [attack 48]") {
  Federated world;
  world.world.variables["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"] = "1";
  const auto [script, cause, words] = GENERATE(table<std::string, Cause, std::string>({
      {"echo hush; exit 3", Cause::no_credentials, "exit code 3"},
      {"echo hush", Cause::no_credentials, "answer"},
      {R"(echo '{"version":1,"success":false,"code":"401","message":"hush"}')", Cause::refused_credentials,
       "failed with code 401"},
  }));
  const auto token = world.token(world.program(script));
  REQUIRE_FALSE(token);
  CHECK(word(token.error().cause()) == word(cause));
  CHECK_THAT(token.error().message(), Catch::Contains(words));
  CHECK(test::is_hushed(token.error()));
  CHECK(world.token(R"({"executable":{"command":"/nonexistent/idp"}})").error().cause() == Cause::no_credentials);
}

TEST_CASE("what a program left in its output file is taken while it lasts") {
  Federated world;
  world.world.variables["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"] = "1";
  world.world.variables["PATH"] = "/usr/bin:/bin";
  const auto kept = world.folder / "kept.json";
  const auto at = [&](std::int64_t seconds) {
    return printed(R"("expiration_time":)" +
                   std::to_string(world.world.clock.now().time_since_epoch().count() + seconds) +
                   std::string(R"(,"id_token":")") + test::kSubjectToken + "\"");
  };
  std::string source = world.program("echo run >>" + (world.folder / "runs").string() + "; echo '" + at(60) + "'");
  source.insert(source.size() - 2, R"(,"output_file":")" + kept.string() + "\"");
  const auto runs = [&] { return test::text_of(world.folder / "runs").size() / 4; };

  CHECK(world.token(source));  // no file yet
  CHECK(runs() == 1);
  world.folder.put("kept.json", at(60));
  CHECK(world.token(source));
  CHECK(runs() == 1);
  world.folder.put("kept.json", at(-1));
  CHECK(world.token(source));
  CHECK(runs() == 2);
  world.folder.put("kept.json", R"({"version":1,"success":false,"code":"1","message":"m"})");
  CHECK(world.token(source));
  CHECK(runs() == 3);
  world.folder.put("kept.json", "");
  CHECK(world.token(source));
  CHECK(runs() == 4);
  world.folder.put("kept.json", "hush");
  const auto broken = world.token(source);
  REQUIRE_FALSE(broken);
  CHECK_THAT(broken.error().message(), Catch::Contains("kept.json"));
}

TEST_CASE("what a program prints is read as documented") {
  const Time now = test::StandingClock().now();
  CHECK(token_of_executable(as_bytes(printed(R"("id_token":"t")")), false, now)->text() == "t");
  CHECK(
      token_of_executable(
          as_bytes(
              R"({"version":1,"success":true,"token_type":"urn:ietf:params:oauth:token-type:saml2","saml_response":"s"})"),
          false, now)
          ->text() == "s");
  const auto [text, words] = GENERATE(table<std::string, std::string>({
      {"{}", "version"},
      {R"({"version":2})", "version is 2"},
      {R"({"version":1})", "success: missing"},
      {R"({"version":1,"success":1})", "expected true or false"},
      {R"({"version":1,"success":false})", "code: missing"},
      {R"({"version":1,"success":true})", "token_type: missing"},
      {R"({"version":1,"success":true,"token_type":"x"})", "token_type is not known"},
      {printed(R"("x":1)"), "id_token: missing"},
      {printed(R"("id_token":"")"), "id_token is empty"},
      {printed(R"("id_token":"t","expiration_time":1)"), "has expired"},
  }));
  const auto token = token_of_executable(as_bytes(text), false, now);
  REQUIRE_FALSE(token);
  CHECK_THAT(token.error().message(), Catch::Contains(words));
  CHECK_THAT(token_of_executable(as_bytes(printed(R"("id_token":"t")")), true, now).error().message(),
             Catch::Contains("expiration_time: missing"));
}
