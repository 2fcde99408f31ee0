#include "keys/kms/aws_profile.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using namespace hallmark::keys::aws;

namespace {
Profiles both(std::string_view config, std::string_view credentials) {
  Profiles profiles;
  REQUIRE(profiles.add_config(config, "config"));
  REQUIRE(profiles.add_credentials(credentials, "credentials"));
  return profiles;
}
}  // namespace

TEST_CASE("profiles are read from both files") {
  const auto profiles = both(
      "# a comment\n"
      "ignored = before any section\n"
      "[default]\n"
      "region = eu-north-1 ; where we are\n"
      "output=json\r\n"
      "\n"
      "[profile release]\n"
      "Role_ARN = arn:aws:iam::123456789012:role/release\n"
      "source_profile = \"base\"\n"
      "services = ours\n"
      "s3 =\n"
      "  max_concurrent_requests = 20\n"
      "[services ours]\n"
      "kms =\n"
      "    endpoint_url = https://kms.corp.example\n"
      "[sso-session x]\n"
      "sso_region = us-east-1\n"
      "[unprefixed]\n"
      "region = never-1\n",
      "[default]\n"
      "aws_access_key_id = AKIA#1;2\n"
      "aws_secret_access_key = a/b+c=\n"
      "region = us-east-1\n"
      "[base]\n"
      "aws_access_key_id: not-a-property = x\n");
  REQUIRE(profiles.profile("default") != nullptr);
  CHECK(value_of(*profiles.profile("default"), "region") == "us-east-1");
  CHECK(value_of(*profiles.profile("default"), "output") == "json");
  CHECK(value_of(*profiles.profile("default"), "aws_access_key_id") == "AKIA#1;2");
  CHECK(value_of(*profiles.profile("default"), "aws_secret_access_key") == "a/b+c=");
  const Section& release = *profiles.profile("release");
  CHECK(value_of(release, "role_arn") == "arn:aws:iam::123456789012:role/release");
  CHECK(value_of(release, "source_profile") == "base");
  CHECK(value_of(release, "s3.max_concurrent_requests") == "20");
  CHECK(value_of(release, "nothing").empty());
  CHECK(value_of(*profiles.services("ours"), "kms.endpoint_url") == "https://kms.corp.example");
  CHECK(profiles.profile("unprefixed") == nullptr);
  CHECK(profiles.services("release") == nullptr);
}

TEST_CASE("a value goes on in lines that are indented") {
  const auto profiles = both("[profile p]\ncredential_process = tool\n  --one\n  --two\n", "");
  CHECK(value_of(*profiles.profile("p"), "credential_process") == "tool\n--one\n--two");
}

TEST_CASE("a line that is none is named by its number, without its text") {
  const auto [text, words] = GENERATE(values<std::pair<std::string, std::string>>({
      {"[default]\nhush-secret\n", "line 2 is neither [SECTION] nor KEY = VALUE"},
      {"[default\nregion = x\n", "line 1 begins with [ and has no ]"},
      {"[default]\n= hush\n", "line 2 is neither"},
      {"[default]\nregion = a\x01hush\n", "line 2 holds a control byte"},
      {"[default]\ns3 =\n  hush\n", "line 3 is neither"},
  }));
  Profiles profiles;
  const auto done = profiles.add_credentials(text, "/home/u/.aws/credentials");
  REQUIRE_FALSE(done);
  CHECK(done.error().cause() == Cause::no_credentials);
  CHECK_THAT(done.error().message(), Catch::Contains("/home/u/.aws/credentials, " + words));
  CHECK_THAT(done.error().message(), !Catch::Contains("hush"));
}
