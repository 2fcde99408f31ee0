#include "keys/kms/aws_reference.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using keys::aws::Arn;
using keys::aws::Reference;

namespace {
constexpr const char* kId = "1234abcd-12ab-34cd-56ef-1234567890ab";
const std::string kKeyArn = std::string("arn:aws:kms:eu-north-1:123456789012:key/") + kId;
}  // namespace

TEST_CASE("a reference is taken apart as cosign takes it") {
  struct Case {
    std::string text, endpoint, key, alias;
  };
  const auto one = GENERATE_COPY(values<Case>({
      {"awskms:///alias/release", "", "alias/release", "alias/release"},
      {"awskms:///alias/team/a_b-C", "", "alias/team/a_b-C", "alias/team/a_b-C"},
      {std::string("awskms:///") + kId, "", kId, ""},
      {"awskms:///1234ABCD12AB34CD56EF1234567890AB", "", "1234ABCD12AB34CD56EF1234567890AB", ""},
      {"awskms:///mrk-1234abcd12ab34cd56ef1234567890ab", "", "mrk-1234abcd12ab34cd56ef1234567890ab", ""},
      {"awskms:///" + kKeyArn, "", kKeyArn, ""},
      {"awskms:///arn:aws-cn:kms:cn-north-1:123456789012:alias/x", "", "arn:aws-cn:kms:cn-north-1:123456789012:alias/x",
       "alias/x"},
      {"awskms://localhost:4566/alias/x", "localhost:4566", "alias/x", "alias/x"},
      {"awskms://[::1]:4566/alias/x", "[::1]:4566", "alias/x", "alias/x"},
      {"awskms://vpce-1a-2b.kms.eu-west-1.vpce.amazonaws.com/" + kKeyArn, "vpce-1a-2b.kms.eu-west-1.vpce.amazonaws.com",
       kKeyArn, ""},
  }));
  const auto reference = Reference::parse(one.text);
  REQUIRE(reference);
  CHECK(reference->endpoint() == one.endpoint);
  CHECK(reference->key() == one.key);
  CHECK(reference->alias() == one.alias);
  CHECK(reference->text() == one.text);
}

TEST_CASE("a reference that is none names the right form") {
  const auto [text, words] = GENERATE(values<std::pair<std::string, std::string>>({
      {"awskms:alias/release", "does not begin with awskms://"},
      {"gcpkms:///alias/release", "does not begin with awskms://"},
      {"awskms://alias", "has no slash before the key"},
      {"awskms:///", "names neither a key id, nor alias/NAME"},
      {"awskms:///release", "names neither"},
      {"awskms:///alias/", "names neither"},
      {"awskms:///alias/a b", "names neither"},
      {"awskms:///alias/a?b", "names neither"},
      {"awskms:///1234abcd-12ab-34cd-56ef-1234567890a", "names neither"},
      {"awskms:///1234abcd-12ab-34cd-56ef-1234567890abc", "names neither"},
      {"awskms:///arn:aws:kms:eu-north-1:12345678901:alias/x", "names neither"},
      {"awskms:///arn:aws:kms:EU:123456789012:alias/x", "names neither"},
      {"awskms:///arn:aws:kms:evil.example/x-:123456789012:alias/x", "names neither"},
      {"awskms:///arn:aws:s3:eu-north-1:123456789012:alias/x", "names neither"},
      {"awskms:///arn:google:kms:eu-north-1:123456789012:alias/x", "names neither"},
      {"awskms:///arn:aws:kms:eu-north-1:123456789012:grant/x", "names neither"},
      {"awskms://user@localhost/alias/x", "has a user or password in it"},
      {"awskms://local host/alias/x", "names no HOST[:PORT]"},
      {"awskms://localhost:0/alias/x", "names no HOST[:PORT]"},
      {"awskms://local?host/alias/x", "names no HOST[:PORT]"},
      {"awskms:///alias/" + std::string(5000, 'a'), "too long"},
  }));
  const auto reference = Reference::parse(text);
  REQUIRE_FALSE(reference);
  CHECK(reference.error().kind() == Outcome::key);
  CHECK_THAT(reference.error().message(), Catch::Contains(words));
  CHECK_THAT(reference.error().hint(), Catch::Contains("awskms:///alias/NAME"));
  CHECK(reference.error().message().size() < 400);
}

TEST_CASE("a password in a reference of AWS KMS is shown by no error [attack 48]") {
  const auto text =
      GENERATE(as<std::string>(), "awskms://u:hush@localhost:4566/alias/x", "awskms://u:hu/sh@localhost/alias/x",
               "awskms://u:hush@localhost", "awskms:u:hush@localhost/alias/x", "awskms:///alias/x?token=hush");
  CAPTURE(text);
  const auto reference = Reference::parse(text);
  REQUIRE_FALSE(reference);
  CHECK(reference.error().kind() == Outcome::key);
  CHECK_THAT(reference.error().message(), Catch::Contains("AWS KMS: awskms:") && Catch::Contains("…"));
  CHECK_THAT(reference.error().message(), !Catch::Contains("hush") && !Catch::Contains("hu/sh"));
}

TEST_CASE("an answer may be about the key that was asked for, and no other [attack 49]") {
  const auto arn = [](const std::string& text) { return *Arn::parse(text); };
  const Arn same = arn(kKeyArn);
  const Arn other = arn("arn:aws:kms:eu-north-1:123456789012:key/99999999-12ab-34cd-56ef-1234567890ab");
  const Arn elsewhere = arn("arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab");
  const Arn of_others = arn("arn:aws:kms:eu-north-1:999999999999:key/1234abcd-12ab-34cd-56ef-1234567890ab");
  const auto may_be = [](const std::string& text, const Arn& answered) {
    return Reference::parse("awskms:///" + text)->may_be(answered);
  };
  CHECK(may_be(kId, same));
  CHECK_FALSE(may_be(kId, other));
  CHECK(may_be(kKeyArn, same));
  CHECK_FALSE(may_be(kKeyArn, other));
  CHECK_FALSE(may_be(kKeyArn, elsewhere));
  CHECK_FALSE(may_be(kKeyArn, of_others));
  CHECK(may_be("alias/x", other));
  CHECK_FALSE(may_be("alias/x", arn("arn:aws:kms:eu-north-1:123456789012:alias/x")));
  CHECK(may_be("arn:aws:kms:eu-north-1:123456789012:alias/x", other));
  CHECK_FALSE(may_be("arn:aws:kms:eu-north-1:123456789012:alias/x", of_others));
}
