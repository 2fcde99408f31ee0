#include "unit/keys_aws/aws_fixture.h"

using namespace hallmark;
using test::check_failure;
using test::FakeKms;
using test::kms_error;

namespace {

constexpr const char* kAlias = "awskms:///alias/release";

keys::Known right(const keys::KeyInfo& info, keys::KeyRight::Action action) {
  for (const auto& one : info.rights) {
    if (one.action == action) return one.held;
  }
  throw std::runtime_error("no such right");
}

}  // namespace

TEST_CASE("a key is described without any effect") {
  FakeKms kms;
  kms.message = "hallmark: may this key sign?";
  kms.instead["Sign"] = kms_error(412, "DryRunOperationException", "would have succeeded");
  const auto info = keys::aws_kms(kms.services)->inspect(kAlias);
  REQUIRE(info);
  CHECK(info->is_private);
  CHECK(info->format == "awskms");
  CHECK(info->place == "AWS KMS in eu-north-1, account 123456789012, multi-Region, in CloudHSM");
  CHECK(info->name == test::kArn);
  CHECK(*info->public_key == kms.signer->public_key());
  CHECK(info->exportable == keys::Known::no);
  CHECK(right(*info, keys::KeyRight::Action::read_public_key) == keys::Known::yes);
  CHECK(right(*info, keys::KeyRight::Action::sign) == keys::Known::yes);
  CHECK(right(*info, keys::KeyRight::Action::delete_key) == keys::Known::unknown);
  CHECK(kms.asked() == std::vector<std::string>{"GetPublicKey", "DescribeKey", "Sign"});
  CHECK(kms.body_of(2).find("DryRun")->as_bool() == true);
}

TEST_CASE("the right to sign is what the service says, or unknown") {
  const auto [status, code, held] = GENERATE(values<std::tuple<int, std::string, keys::Known>>({
      {412, "DryRunOperationException", keys::Known::yes},
      {400, "AccessDeniedException", keys::Known::no},
      {400, "ThrottlingException", keys::Known::unknown},
      {400, "ValidationException", keys::Known::unknown},
  }));
  FakeKms kms;
  kms.services.timeout = std::chrono::milliseconds(50);
  kms.instead["Sign"] = kms_error(status, code, "");
  const auto info = keys::aws_kms(kms.services)->inspect(kAlias);
  REQUIRE(info);
  CHECK(right(*info, keys::KeyRight::Action::sign) == held);
}

TEST_CASE("who may not describe a key still learns where it lives") {
  FakeKms kms;
  kms.instead["Sign"] = kms_error(400, "AccessDeniedException", "");
  kms.instead["DescribeKey"] = kms_error(400, "AccessDeniedException", "");
  const auto info = keys::aws_kms(kms.services)->inspect(kAlias);
  REQUIRE(info);
  CHECK(info->place == "AWS KMS in eu-north-1, account 123456789012");
}

TEST_CASE("a description of another key is not believed [attack 49]") {
  FakeKms kms;
  kms.changed["DescribeKey"] = base::Json::object(
      {{"KeyMetadata",
        base::Json::object({{"Arn", "arn:aws:kms:eu-north-1:123456789012:alias/x"}, {"KeyState", "Enabled"}})}});
  check_failure(keys::aws_kms(kms.services)->inspect(kAlias).error(), Cause::malformed_answer, "Arn is no key ARN");
  FakeKms other;
  other.changed["DescribeKey"] = base::Json::object(
      {{"KeyMetadata",
        base::Json::object({{"Arn", "arn:aws:kms:eu-north-1:123456789012:key/99999999-12ab-34cd-56ef-1234567890ab"},
                            {"KeyState", "Enabled"}})}});
  check_failure(keys::aws_kms(other.services)->inspect("awskms:///" + test::kArn).error(), Cause::wrong_answer,
                "described");
}

TEST_CASE("an alias that was moved in between is told [attack 49]") {
  FakeKms kms;
  kms.changed["DescribeKey"] = base::Json::object(
      {{"KeyMetadata",
        base::Json::object({{"Arn", "arn:aws:kms:eu-north-1:123456789012:key/99999999-12ab-34cd-56ef-1234567890ab"},
                            {"KeyState", "Enabled"}})}});
  check_failure(keys::aws_kms(kms.services)->inspect(kAlias).error(), Cause::wrong_answer, "and described");
}

TEST_CASE("a key that is switched off is an error with its cause") {
  FakeKms kms;
  kms.instead["GetPublicKey"] = kms_error(400, "DisabledException", "is disabled");
  check_failure(keys::aws_kms(kms.services)->inspect(kAlias).error(), Cause::disabled, "is disabled");
}
