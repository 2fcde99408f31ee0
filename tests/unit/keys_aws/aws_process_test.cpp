#include "keys/kms/aws_process.h"

#include "unit/keys_aws/aws_fixture.h"

using namespace hallmark;
using namespace hallmark::keys::aws;
using test::check_failure;

namespace {

struct Fixture {
  test::TemporaryFolder home;
  test::KeyServices world;
  keys::Services services = world.services();
  Settings settings;
  [[nodiscard]] Scene scene() { return {services, settings, "eu-north-1", services.deadline()}; }
  std::string script(const std::string& text) {
    const auto file = home.put("tool with blank", "#!/bin/sh\n" + text);
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file.string();
  }
};

}  // namespace

TEST_CASE("a command is split as a shell splits words, and nothing more") {
  using Words = std::vector<std::string>;
  CHECK(split_command("tool --one  two\tthree\nfour") == Words{"tool", "--one", "two", "three", "four"});
  CHECK(split_command("\"C:/a b/tool\" 'it''s' a\\ b \"q\\\"q\" ''") == Words{"C:/a b/tool", "its", "a b", "q\"q", ""});
  CHECK(split_command("tool $HOME `id` | cat; x") == Words{"tool", "$HOME", "`id`", "|", "cat;", "x"});
  CHECK(split_command("'a\\b'") == Words{"a\\b"});
  CHECK(split_command("tool 'open").empty());
  CHECK(split_command("").empty());
}

TEST_CASE("a program's credentials are taken") {
  Fixture f;
  f.world.variables = {{"PATH", "/usr/bin:/bin"}, {"AWS_PROFILE", "release"}, {"OTHER_SECRET", "hush"}};
  const std::string file = f.script(
      "[ \"$AWS_PROFILE $OTHER_SECRET $1\" = 'release  a b' ] || exit 3\n"
      "echo '{\"Version\": 1, \"AccessKeyId\": \"ASIA1\", \"SecretAccessKey\": \"hush-1\", \"SessionToken\": "
      "\"hush-2\", \"Expiration\": \"2026-11-28T13:00:00+00:00\"}'\n");
  const auto got = process_credentials(f.scene(), "'" + file + "' \"a b\"");
  REQUIRE(got);
  CHECK(got->access_key_id == "ASIA1");
  CHECK(got->session_token.text() == "hush-2");
  CHECK(got->expiration == *base::parse_time("2026-11-28T13:00:00Z"));
}

TEST_CASE("a program that fails is named, and what it printed is not shown") {
  Fixture f;
  check_failure(process_credentials(f.scene(), "/nowhere/tool").error(), Cause::no_credentials,
                "/nowhere/tool is not there");
  check_failure(process_credentials(f.scene(), "relative/tool").error(), Cause::no_credentials, "is not there");
  check_failure(process_credentials(f.scene(), "no-such-tool").error(), Cause::no_credentials, "looked for in PATH");
  check_failure(process_credentials(f.scene(), "").error(), Cause::no_credentials, "names no program");
  check_failure(process_credentials(f.scene(), "tool 'x").error(), Cause::no_credentials, "does not end");
  const std::string file = f.script("echo hush; echo hush >&2; exit 7\n");
  check_failure(process_credentials(f.scene(), "'" + file + "'").error(), Cause::no_credentials, "ended with 7");
}

TEST_CASE("a program is found in PATH, but in none of its relative folders") {
  Fixture f;
  f.script("echo '{\"Version\": 1, \"AccessKeyId\": \"A\", \"SecretAccessKey\": \"hush\"}'\n");
  f.world.variables["PATH"] = ":.:relative:" + f.home.path().string();
  CHECK(process_credentials(f.scene(), "'tool with blank'"));
  f.world.variables["PATH"] = ":.:relative";
  CHECK_FALSE(process_credentials(f.scene(), "'tool with blank'"));
}

TEST_CASE("output that is no credentials is refused") {
  const auto [text, words] = GENERATE(values<std::pair<std::string, std::string>>({
      {"", "credential_process"},
      {"hush", "not as documented"},
      {"[]", "expected an object"},
      {"{}", "Version"},
      {R"({"Version": 2, "AccessKeyId": "A", "SecretAccessKey": "hush"})", "version 2"},
      {R"({"Version": "1", "AccessKeyId": "A", "SecretAccessKey": "hush"})", "Version"},
      {R"({"Version": 1, "AccessKeyId": "", "SecretAccessKey": "hush"})", "no access key id"},
      {R"({"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "hush", "Expiration": "hush"})", "no time"},
  }));
  check_failure(read_process_answer(as_bytes(text)).error(), Cause::malformed_answer, words);
}
