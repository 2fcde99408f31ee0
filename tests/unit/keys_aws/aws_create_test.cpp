#include "unit/keys_aws/aws_fixture.h"

using namespace hallmark;
using test::check_failure;
using test::FakeKms;
using test::kArn;
using test::kms_error;

namespace {
const net::Response kNotFound = kms_error(400, "NotFoundException", "Alias is not found.");
constexpr const char* kNew = "awskms:///alias/new";
}  // namespace

TEST_CASE("a key is made, and its alias after it is known to be free") {
  FakeKms kms;
  kms.instead["DescribeKey"] = kNotFound;
  const auto key = keys::aws_kms(kms.services)->create(kNew, {KeyAlgorithm::ecdsa_p256, 256});
  REQUIRE(key);
  CHECK(*key == kms.signer->public_key());
  CHECK(kms.asked() == std::vector<std::string>{"DescribeKey", "CreateKey", "CreateAlias", "GetPublicKey"});
  CHECK(*kms.body_of(1).find("KeySpec")->as_string() == "ECC_NIST_P256");
  CHECK(*kms.body_of(1).find("KeyUsage")->as_string() == "SIGN_VERIFY");
  CHECK(*kms.body_of(2).find("AliasName")->as_string() == "alias/new");
  CHECK(*kms.body_of(2).find("TargetKeyId")->as_string() == kArn);
  CHECK(*kms.body_of(3).find("KeyId")->as_string() == kArn);
  CHECK_FALSE(kms.world.http.sent[1].request.may_retry);
  CHECK_FALSE(kms.world.http.sent[2].request.may_retry);
}

TEST_CASE("what cannot be made is refused before anything is") {
  struct Case {
    std::string reference;
    keys::KeyType type;
    std::string words;
  };
  const auto one = GENERATE_COPY(values<Case>({
      {"awskms:///1234abcd-12ab-34cd-56ef-1234567890ab", {}, "by an alias"},
      {"awskms:///" + kArn, {}, "by an alias"},
      {kNew, {KeyAlgorithm::rsa_pss, 3072}, "makes no rsa-pss-3072 keys"},
      {kNew, {KeyAlgorithm::rsa_pkcs1, 1024}, "makes no rsa-1024 keys"},
  }));
  FakeKms kms;
  check_failure(keys::aws_kms(kms.services)->create(one.reference, one.type).error(), Cause::unsupported, one.words);
  CHECK(kms.world.http.sent.empty());
}

TEST_CASE("an alias that is taken is left as it is") {
  FakeKms kms;
  check_failure(keys::aws_kms(kms.services)->create(kNew, {}).error(), Cause::exists,
                "alias/new exists already and leads to " + kArn);
  CHECK(kms.asked() == std::vector<std::string>{"DescribeKey"});
}

TEST_CASE("whether an alias is free is known, or nothing is made") {
  FakeKms kms;
  kms.instead["DescribeKey"] = kms_error(400, "AccessDeniedException", "no");
  check_failure(keys::aws_kms(kms.services)->create(kNew, {}).error(), Cause::access_denied, "kms:DescribeKey");
  CHECK(kms.asked() == std::vector<std::string>{"DescribeKey"});
}

TEST_CASE("a key that was made and got no alias is named") {
  FakeKms kms;
  kms.instead["DescribeKey"] = kNotFound;
  kms.instead["CreateAlias"] = kms_error(400, "AccessDeniedException", "no");
  const auto key = keys::aws_kms(kms.services)->create(kNew, {});
  check_failure(key.error(), Cause::access_denied, kArn + " was made, but the alias was not");
  check_failure(key.error(), Cause::access_denied, "schedule-key-deletion");
}

TEST_CASE("neither making is tried a second time") {
  for (const char* action : {"CreateKey", "CreateAlias"}) {
    FakeKms kms;
    kms.instead["DescribeKey"] = kNotFound;
    kms.instead[action] = kms_error(400, "ThrottlingException", "slower");
    check_failure(keys::aws_kms(kms.services)->create(kNew, {}).error(), Cause::throttled, "too many requests");
    CHECK(kms.asked().back() == action);
    CHECK(kms.asked().size() == (std::string(action) == "CreateKey" ? 2 : 3));
  }
}

TEST_CASE("every kind of key that KMS makes has its spec") {
  const auto [type, spec] = GENERATE(values<std::pair<keys::KeyType, std::string>>({
      {{KeyAlgorithm::ecdsa_p384, 384}, "ECC_NIST_P384"},
      {{KeyAlgorithm::ecdsa_p521, 521}, "ECC_NIST_P521"},
      {{KeyAlgorithm::rsa_pkcs1, 2048}, "RSA_2048"},
      {{KeyAlgorithm::rsa_pkcs1, 3072}, "RSA_3072"},
      {{KeyAlgorithm::rsa_pkcs1, 4096}, "RSA_4096"},
      {{KeyAlgorithm::ed25519, 256}, "ECC_NIST_EDWARDS25519"},
  }));
  FakeKms kms;
  kms.instead["DescribeKey"] = kNotFound;
  (void)keys::aws_kms(kms.services)->create(kNew, type);
  CHECK(*kms.body_of(1).find("KeySpec")->as_string() == spec);
}
