#include "keys/kms/gcp_aws_signature.h"

#include <catch2/catch.hpp>

#include "base/time.h"

using namespace hallmark;
using namespace hallmark::keys;

namespace {

GcpAwsKey key(std::string_view id, std::string_view secret) {
  return {std::string(id), Secret::copy_of(secret), Secret()};
}

}  // namespace

TEST_CASE("a request is signed as AWS's documentation has it") {
  GcpAwsRequest request{"GET", "", {}, "us-east-1", "service", *base::parse_time("2015-08-30T12:36:00Z")};
  CHECK(aws_date(request.at) == "20150830T123600Z");
  request.headers = {{"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}};
  const GcpAwsKey example = key("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  const std::string begin = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/";
  // The test suite of Signature Version 4: get-vanilla, post-vanilla.
  CHECK(aws_authorization(request, example) ==
        begin +
            "service/aws4_request, SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  request.method = "POST";
  CHECK(aws_authorization(request, example) ==
        begin +
            "service/aws4_request, SignedHeaders=host;x-amz-date, "
            "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  // "Signature Version 4 signing process", its example of IAM.
  request = {"GET", "Action=ListUsers&Version=2010-05-08", {}, "us-east-1", "iam", request.at};
  request.headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"},
                     {"host", "iam.amazonaws.com"},
                     {"x-amz-date", "20150830T123600Z"}};
  CHECK(aws_authorization(request, example) ==
        begin +
            "iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST_CASE("GetCallerIdentity is signed as Google's libraries sign it") {
  GcpAwsRequest request{"POST",
                        "Action=GetCallerIdentity&Version=2011-06-15",
                        {{"host", "sts.us-east-2.amazonaws.com"}, {"x-amz-date", "20200811T065522Z"}},
                        "us-east-2",
                        "sts",
                        *base::parse_time("2020-08-11T06:55:22Z")};
  const std::string begin = "AWS4-HMAC-SHA256 Credential=accessKeyID/20200811/us-east-2/sts/aws4_request, ";
  CHECK(aws_authorization(request, key("accessKeyID", "secret")) ==
        begin +
            "SignedHeaders=host;x-amz-date, "
            "Signature=bff58112d4696faecff9c104c8b7b963141e8b3cc4ba46a0664938fe6d112e41");
  request.headers.emplace_back("x-amz-security-token", "sessionTok");
  CHECK(aws_authorization(request, key("accessKeyID", "secret")) ==
        begin +
            "SignedHeaders=host;x-amz-date;x-amz-security-token, "
            "Signature=48541de09ff691ab53f9e017f5123ce338fecbadc1b278480bab3af221ca4f38");
}
