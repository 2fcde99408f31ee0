#include "keys/kms/aws_error.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using namespace hallmark::keys::aws;
using namespace std::chrono_literals;

namespace {
const Attempt kSigning{"AWS KMS", "kms:Sign", "alias/release in eu-north-1", "eu-north-1"};
}

TEST_CASE("each error of the service has its cause and its words") {
  struct Case {
    ErrorAnswer answer;
    Cause cause;
    std::string words;
  };
  const auto one = GENERATE(values<Case>({
      {{400, "UnrecognizedClientException", "The security token included in the request is invalid."},
       Cause::refused_credentials,
       "not known"},
      {{400, "InvalidSignatureException", "The request signature we calculated does not match"},
       Cause::refused_credentials,
       "signature of the request is wrong"},
      {{403, "SignatureDoesNotMatch", "x"}, Cause::refused_credentials, "signature of the request is wrong"},
      {{400, "InvalidSignatureException", "Signature expired: 20261128T100000Z is now earlier than 20261128T115500Z"},
       Cause::clock_skew,
       "too old or too new"},
      {{400, "InvalidSignatureException", "Signature not yet current: 20261128T140000Z"}, Cause::clock_skew, "too old"},
      {{400, "RequestExpired", ""}, Cause::clock_skew, "too old"},
      {{400, "MissingAuthenticationTokenException", ""}, Cause::refused_credentials, "without credentials"},
      {{400, "ExpiredTokenException", "The security token included in the request is expired"},
       Cause::expired_credentials,
       "have ended"},
      {{400, "AccessDeniedException", "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: kms:Sign"},
       Cause::access_denied,
       "may not kms:Sign with alias/release in eu-north-1"},
      {{400, "NotFoundException", "Alias arn:aws:kms:eu-north-1:1:alias/release is not found."},
       Cause::not_found,
       "there is no alias/release in eu-north-1"},
      {{400, "NotFoundException", "Invalid arn eu-west-1"},
       Cause::wrong_region,
       "the region that was asked, eu-north-1"},
      {{400, "DisabledException", "arn is disabled."}, Cause::disabled, "is disabled"},
      {{400, "KMSInvalidStateException", "arn is pending deletion."}, Cause::pending_deletion, "is to be deleted"},
      {{400, "KMSInvalidStateException", "arn is pending replica deletion."}, Cause::pending_deletion, "to be deleted"},
      {{400, "KMSInvalidStateException", "arn is pending import."}, Cause::disabled, "pending import"},
      {{400, "InvalidKeyUsageException", ""}, Cause::wrong_key, "not for signing"},
      {{400, "UnsupportedOperationException", ""}, Cause::wrong_key, "cannot do that"},
      {{400, "ThrottlingException", "Rate exceeded"}, Cause::throttled, "too many requests"},
      {{400, "LimitExceededException", ""}, Cause::throttled, "quota"},
      {{500, "KeyUnavailableException", ""}, Cause::unreachable, "not available"},
      {{500, "KMSInternalException", ""}, Cause::unreachable, "fails in itself"},
      {{503, "DependencyTimeoutException", ""}, Cause::unreachable, "out of time"},
      {{400, "RegionDisabledException", ""}, Cause::wrong_region, "not switched on"},
      {{400, "SerializationException", ""}, Cause::malformed_answer, "SerializationException"},
      {{403, "", ""}, Cause::access_denied, "403, without saying why"},
      {{401, "", ""}, Cause::access_denied, "401"},
      {{429, "", ""}, Cause::throttled, "429"},
      {{502, "", ""}, Cause::unreachable, "502"},
      {{418, "", ""}, Cause::malformed_answer, "418"},
  }));
  const Error error = explain(one.answer, kSigning, std::nullopt);
  const std::string all = error.message() + " | " + error.hint();
  INFO(all);
  CHECK(error.kind() == Outcome::key);
  CHECK(word(error.cause()) == word(one.cause));
  CHECK_THAT(all, Catch::Contains("AWS KMS: ") && Catch::Contains(one.words));
}

TEST_CASE("a clock that is wrong is named where credentials are refused, and nowhere else") {
  CHECK_THAT(explain({400, "InvalidSignatureException", "x"}, kSigning, 7380s).message(), Catch::Contains("2 h 3 min"));
  CHECK(explain({400, "UnrecognizedClientException", "x"}, kSigning, -7380s).cause() == Cause::clock_skew);
  CHECK(explain({400, "AccessDeniedException", "x"}, kSigning, 7380s).cause() == Cause::access_denied);
  CHECK(explain({400, "DisabledException", "x"}, kSigning, 7380s).cause() == Cause::disabled);
}

TEST_CASE("what the service says is quoted in bounds, and as text") {
  const Error error =
      explain({400, "AccessDeniedException", "\x1b[31m" + std::string(5000, 'x')}, kSigning, std::nullopt);
  CHECK(error.message().size() < 700);
  CHECK_THAT(error.message(), !Catch::Contains("\x1b"));
}

TEST_CASE("throttling and trouble of the service are worth another try") {
  CHECK(is_temporary({400, "ThrottlingException", ""}));
  CHECK(is_temporary({500, "KMSInternalException", ""}));
  CHECK_FALSE(is_temporary({400, "LimitExceededException", ""}));
  CHECK_FALSE(is_temporary({400, "AccessDeniedException", ""}));
  CHECK_FALSE(is_temporary({500, "", ""}));
}
