#include "keys/kms/aws_endpoint.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using namespace hallmark::keys::aws;

TEST_CASE("endpoints are those of the SDKs' table") {
  struct Case {
    std::string service, region;
    bool fips, dual_stack;
    std::string url;
  };
  const auto one = GENERATE(values<Case>({
      {"kms", "eu-north-1", false, false, "https://kms.eu-north-1.amazonaws.com"},
      {"kms", "us-east-1", true, false, "https://kms-fips.us-east-1.amazonaws.com"},
      {"kms", "us-east-1", false, true, "https://kms.us-east-1.api.aws"},
      {"kms", "us-east-1", true, true, "https://kms-fips.us-east-1.api.aws"},
      {"kms", "cn-north-1", false, false, "https://kms.cn-north-1.amazonaws.com.cn"},
      {"kms", "us-gov-west-1", true, false, "https://kms-fips.us-gov-west-1.amazonaws.com"},
      {"kms", "us-iso-east-1", false, false, "https://kms.us-iso-east-1.c2s.ic.gov"},
      {"kms", "us-isob-east-1", false, false, "https://kms.us-isob-east-1.sc2s.sgov.gov"},
      {"kms", "eusc-de-east-1", false, false, "https://kms.eusc-de-east-1.amazonaws.eu"},
      {"sts", "eu-north-1", false, false, "https://sts.eu-north-1.amazonaws.com"},
      {"sts", "us-gov-west-1", true, false, "https://sts.us-gov-west-1.amazonaws.com"},
  }));
  const auto url = endpoint_of(one.service, one.region, {one.fips, one.dual_stack, ""});
  REQUIRE(url);
  CHECK(*url == one.url);
}

TEST_CASE("an endpoint of one's own is HTTPS, or on this machine") {
  CHECK(*endpoint_of("kms", "eu-north-1", {false, false, "https://kms.corp.example:8443/"}) ==
        "https://kms.corp.example:8443");
  CHECK(*endpoint_of("kms", "eu-north-1", {false, false, "http://127.0.0.1:5000"}) == "http://127.0.0.1:5000");
  CHECK(*endpoint_of("kms", "", {true, false, "https://kms-fips.us-east-1.amazonaws.com"}) ==
        "https://kms-fips.us-east-1.amazonaws.com");
  const auto [choice, words] = GENERATE(values<std::pair<EndpointChoice, std::string>>({
      {{false, false, "http://kms.corp.example"}, "plain HTTP"},
      {{false, false, "http://169.254.169.254"}, "plain HTTP"},
      {{false, false, "https://kms.corp.example/path"}, "no URL of a host alone"},
      {{false, false, "https://user:pw@kms.corp.example"}, "has a user or password in it"},
      {{false, false, "kms.corp.example"}, "no URL of a host alone"},
      {{false, false, "ftp://kms.corp.example"}, "no URL of a host alone"},
      {{true, false, "https://kms.corp.example"}, "FIPS endpoints are wanted"},
  }));
  const auto url = endpoint_of("kms", "eu-north-1", choice);
  REQUIRE_FALSE(url);
  CHECK(url.error().cause() == Cause::unsupported);
  CHECK_THAT(url.error().message(), Catch::Contains(words));
}

TEST_CASE("a password in an endpoint is shown by no error [attack 48]") {
  const auto* text =
      GENERATE("https://u:hush@kms.corp.example", "http://u:hush@kms.corp.example", "u:hush@kms.corp.example",
               "https://kms.corp.example/?token=hush", "https://u:hu/hush@kms.corp.example");
  const auto url = endpoint_of("kms", "eu-north-1", {false, false, text});
  REQUIRE_FALSE(url);
  CHECK(url.error().kind() == Outcome::key);
  CHECK_THAT(url.error().message(), Catch::Contains("kms.corp.example") && !Catch::Contains("hush"));
}

TEST_CASE("a region is a word, not a part of another host's name") {
  for (const char* text : {"", "eu", "evil.example/", "eu-north-1.evil", "EU-NORTH-1", "eu north-1", "-eu", "a@b-c"}) {
    const auto url = endpoint_of("kms", text, {});
    REQUIRE_FALSE(url);
    CHECK(url.error().cause() == Cause::wrong_region);
  }
}

TEST_CASE("the host of an endpoint tells its region, where it is AWS's") {
  CHECK(*region_of_host("kms.eu-north-1.amazonaws.com") == "eu-north-1");
  CHECK(*region_of_host("kms-fips.us-gov-east-1.amazonaws.com") == "us-gov-east-1");
  CHECK(*region_of_host("vpce-0a1b-2c3d.kms.eu-west-3.vpce.amazonaws.com") == "eu-west-3");
  CHECK(*region_of_host("kms.cn-northwest-1.amazonaws.com.cn") == "cn-northwest-1");
  CHECK(*region_of_host("kms.us-east-1.api.aws") == "us-east-1");
  for (const char* host : {"localhost", "kms.eu-north-1.example", "kms.amazonaws.com", "xkms.eu-north-1.amazonaws.com",
                           "sts.eu-north-1.amazonaws.com", "kms.eu-north-1.amazonaws.com.evil.example"})
    CHECK_FALSE(region_of_host(host));
}
