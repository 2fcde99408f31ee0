#include "keys/kms/aws_key.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using namespace hallmark::keys::aws;

TEST_CASE("what KMS makes by CreateKey is read, with the members that are not used") {
  const auto json = base::Json::parse(as_bytes(R"({"KeyMetadata": {"AWSAccountId": "123456789012",
    "Arn": "arn:aws:kms:us-west-2:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab", "CreationDate": 1.7e9,
    "KeyState": "Enabled", "Origin": "EXTERNAL", "MultiRegion": true, "MultiRegionConfiguration": {}}})"),
                                      "answer");
  REQUIRE(json);
  const auto description = read_description(*json);
  REQUIRE(description);
  CHECK(description->state == "Enabled");
  CHECK(description->origin == "EXTERNAL");
  CHECK(description->multi_region);
  CHECK(description->arn.region == "us-west-2");
}

TEST_CASE("a description without what is needed is malformed") {
  for (const char* text :
       {"{}", R"({"KeyMetadata": []})", R"({"KeyMetadata": {"Arn": "x", "KeyState": "Enabled"}})",
        R"({"KeyMetadata": {"Arn": "arn:aws:kms:us-west-2:123456789012:key/1234abcd12ab34cd56ef1234567890ab"}})"}) {
    const auto description = read_description(*base::Json::parse(as_bytes(text), "answer"));
    REQUIRE_FALSE(description);
    CHECK(description.error().cause() == Cause::malformed_answer);
  }
}

TEST_CASE("PSS is no kind of key that KMS makes") { CHECK(key_spec({KeyAlgorithm::rsa_pss, 2048}).empty()); }
